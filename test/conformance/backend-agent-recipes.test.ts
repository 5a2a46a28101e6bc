// llama-server and Ollama as commands of the agent, by the example files that ship: the same flags, variables, ready paths and names of
// models, with a stand-in in the place of each program that refuses what the program does not have.
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { must } from '../../src/core/base/assert.ts';
import type { ReplicaReport } from '../../src/backends/backend.ts';
import type { ModelVersion } from '../../src/core/registry/model.ts';
import { wireModelOf } from '../../src/core/routing/wire-model.ts';
import { AgentProgram } from '../support/agent-program.ts';
import { exampleVersions } from '../support/example-models.ts';

const doubles = resolve(import.meta.dirname, '../support/doubles');

const versions = ['llama-server', 'ollama'].flatMap((program) =>
  exampleVersions(`${program}.json`).map((version) => withDouble(version, program)),
);

function asEntry(version: ModelVersion): Omit<ModelVersion, 'economicsFrom'> {
  const { economicsFrom: _economicsFrom, ...entry } = version;
  return entry;
}

function withDouble(version: ModelVersion, program: string): ModelVersion {
  const { launch } = version;
  if (launch.kind !== 'command') throw new Error(launch.kind);
  const command = [process.execPath, resolve(doubles, `${program}.ts`), ...launch.command.slice(1)];
  return { ...version, launch: { ...launch, command } };
}
/** As a file of models has them: what its reader fills in is not for such a file to say. */
const entries = versions.map(asEntry);
const absent = {
  ...must(entries.at(-1), 'the last one'),
  id: 'absent@1',
  startTimeoutMs: 1_000,
};
const agent = new AgentProgram([
  ...entries,
  { ...absent, launch: { ...absent.launch, protocol: { kind: 'ollama', model: 'not-pulled' } } },
]);
beforeAll(async () => void (await agent.start()));
afterAll(() => agent.dispose());

const patient = { timeout: 30_000, interval: 20 };
let serial = 0;

async function start(version: string, waitMs = 20_000) {
  serial += 1;
  const ref = { id: `r-${process.pid}-${serial}`, generation: 1 };
  const started = await agent.backend().start({ ...ref, pool: `${version}~local`, version, waitMs });
  return { ref, report: must(started.ok ? started.value : null, 'a report') };
}

async function ask({ endpoint, version }: ReplicaReport, path: string, more: object = {}) {
  const body = JSON.stringify({ model: wireModelOf({ versions, aliases: {} }, version), ...more });
  const reply = await fetch(endpoint + path, { method: 'POST', body });
  return { status: reply.status, body: (await reply.json()) as { readonly model?: string } };
}

describe('llama-server', () => {
  test.each([
    ['gemma@1', '/v1/chat/completions', 8_192],
    ['nomic-embed@1', '/v1/embeddings', 2_048],
  ])(
    '%s is started with its slots, answers under its name, is not parked, and is gone',
    async (id, path, context) => {
      const { ref, report } = await start(id);
      // It listens while it loads, and says so: what it took to listen is not what it took to load.
      expect(report).toMatchObject({ condition: 'ready', reason: null });
      expect(report.loadMs).toBeGreaterThan(0);
      expect(await ask(report, path)).toMatchObject({ status: 200, body: { model: id } });
      const props: unknown = await (await fetch(`${report.endpoint}/props`)).json();
      expect(props).toEqual({ model_alias: id, total_slots: 4, n_ctx: context });
      expect(await agent.backend().park(ref)).toMatchObject({ error: { kind: 'unsupported' } });
      expect(await agent.backend().stop(ref)).toEqual({ ok: true, value: null });
    },
  );
});

describe('Ollama', () => {
  const chat = '/v1/chat/completions';
  const loaded = async ({ endpoint }: ReplicaReport): Promise<number> => {
    const reply = (await (await fetch(`${endpoint}/api/ps`)).json()) as { models: readonly unknown[] };
    return reply.models.length;
  };
  const running = async ({ endpoint }: ReplicaReport): Promise<unknown> =>
    (await fetch(`${endpoint}/double/running`)).json();

  test('is ready once its model is in memory, and answers to the name that it knows it by', async () => {
    const { ref, report } = await start('llama3@1');
    expect(report).toMatchObject({ condition: 'ready' });
    expect(await loaded(report)).toBe(1);
    expect(await ask(report, chat)).toMatchObject({ status: 200, body: { model: 'llama3.2:latest' } });
    await agent.backend().stop(ref);
  });

  test('is parked by unloading its model, and woken by loading it', async () => {
    const { ref, report } = await start('llama3@1');
    expect(await agent.backend().park(ref)).toMatchObject({
      value: { condition: 'parked', pid: report.pid },
    });
    expect(await loaded(report)).toBe(0);
    expect(await agent.backend().wake(ref)).toMatchObject({ value: { condition: 'ready', pid: report.pid } });
    expect(await loaded(report)).toBe(1);
    await agent.backend().stop(ref);
  });

  test('is not parked under a request, which is answered', async () => {
    const { ref, report } = await start('llama3@1');
    const answer = ask(report, chat, { user: 'held' });
    await vi.waitFor(async () => expect(await running(report)).toEqual({ running: 1 }), patient);
    expect(await agent.backend().park(ref)).toMatchObject({ error: { kind: 'busy' } });
    await fetch(`${report.endpoint}/double/let-go`, { method: 'POST' });
    expect(await answer).toMatchObject({ status: 200 });
    await agent.backend().stop(ref);
  });

  test('without its model is never ready', async () => {
    const { ref, report } = await start('absent@1', 500);
    expect(report).toMatchObject({ condition: 'loading' });
    await agent.backend().stop(ref);
  });
});
