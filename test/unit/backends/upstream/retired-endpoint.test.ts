// A fixed endpoint that has left the configuration: its pool ends what it held without asking anybody.
import { expect, test } from 'vitest';
import { makeRetiredEndpoint } from '../../../../src/backends/upstream/retired-endpoint.ts';
import type { ManagedLife } from '../../../../src/backends/managed/managed-place.ts';
import { parseCatalogue } from '../../../../src/core/registry/parse-catalogue.ts';
import { must } from '../../../../src/core/base/assert.ts';

const launch = { kind: 'openai', baseUrl: 'https://gone.example.com/v1', model: 'm' };
const price = { inputMicrosPerMTok: 0, outputMicrosPerMTok: 0 };
const parsed = parseCatalogue(JSON.stringify({ versions: [{ id: 'gone@1', task: 'chat', price, launch }] }));
const version = must(parsed.ok ? parsed.value.versions[0] : undefined, 'a version');
const life = { pool: 'gone@1~here', generation: 1, startedMs: 0, readyMs: 0, ending: false };

test('what a retired fixed endpoint held is stopped at once, and nothing starts there again', async () => {
  let lives: readonly ManagedLife[] = [
    { ...life, id: 'a' },
    { ...life, id: 'b' },
  ];
  const backend = makeRetiredEndpoint(version, {
    read: () => lives,
    write: (next) => {
      lives = next;
    },
  });
  expect(await backend.list(life.pool)).toEqual({ ok: true, value: [] });
  expect(await backend.stop({ id: 'a', generation: 1 })).toEqual({ ok: true, value: null });
  expect(lives.map(({ id }) => id)).toEqual(['b']);
  const command = { id: 'c', generation: 1, pool: life.pool, version: version.id, waitMs: 0 };
  expect(await backend.start(command)).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
});
