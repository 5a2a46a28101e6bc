import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { must } from '../../../src/core/base/assert.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { readApps } from '../../../src/cli/modal-deploy/apps.ts';
import { findMissing } from '../../../src/cli/modal-deploy/find-missing.ts';
import { findUrl, renderModelLines } from '../../../src/cli/modal-deploy/model-lines.ts';
import { modalDeployHelp, parseModalDeploy } from '../../../src/cli/modal-deploy/options.ts';

const apps = readApps(resolve(import.meta.dirname, '../../../gpu-workers/modal/apps.json'));
const names = Object.keys(apps);

describe('what it is told', () => {
  test('is one app, perhaps an environment, perhaps to change nothing', () => {
    expect(parseModalDeploy(['chat'], names)).toEqual({
      ok: true,
      value: { app: 'chat', environment: null, dryRun: false },
    });
    expect(parseModalDeploy(['rerank', '--env', 'staging', '--dry-run'], names)).toEqual({
      ok: true,
      value: { app: 'rerank', environment: 'staging', dryRun: true },
    });
    expect(parseModalDeploy(['--help'], names)).toEqual({ ok: true, value: 'help' });
  });

  test.each([
    [[], 'name one app: chat, embeddings, rerank'],
    [['chat', 'rerank'], 'name one app'],
    [['diffusion'], 'there is no app "diffusion"'],
    [['chat', '--env', 'a b'], '--env must be a name'],
    [['chat', '--force'], '--force'],
  ])('%j is refused in words', (args, words) => {
    const parsed = parseModalDeploy(args, names);
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok) expect(parsed.error).toContain(words);
  });

  test('can be read in its help, with each app', () => {
    for (const name of names) expect(modalDeployHelp(apps)).toContain(name);
  });
});

test.each(names)('the lines for %s are a catalogue, or say why there is none', (name) => {
  const app = must(apps[name], name);
  const url = `https://acme--${app.app}-vllm-serve.modal.run`;
  const lines = renderModelLines(app, url);
  expect(lines).toContain(url);
  if (app.task === 'rerank') return expect(lines).toContain('routes no reranking');
  const parsed = parseCatalogue(lines.slice(lines.indexOf('{'), lines.lastIndexOf('}') + 1));
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      versions: [{ id: app.version, slots: app.slots, launch: { app: app.app, function: app.function } }],
    },
  });
});

test.each([
  [
    '├── 🔨 Created web function Vllm.serve => https://acme--pilotlight-chat-vllm-serve.modal.run',
    'acme--pilotlight-chat-vllm-serve',
  ],
  ['\u001B[32m https://acme-dev--a.modal.run \u001B[0m (label truncated)', 'acme-dev--a'],
])('the address is found in what Modal’s command prints', (words, host) => {
  expect(findUrl(words)).toBe(`https://${host}.modal.run`);
});

test('no address is made up', () => {
  expect(findUrl('View Deployment: https://modal.com/apps/acme/main/deployed/pilotlight-chat')).toBeNull();
});

test('a machine without Modal’s command and without a token hears of both, each with its remedy', () => {
  const env = { PATH: join(import.meta.dirname, 'nowhere'), HOME: join(import.meta.dirname, 'nowhere') };
  const missing = findMissing(env);
  expect(missing.map(({ what }) => what)).toEqual(["Modal's command", expect.stringContaining('a token')]);
  expect(missing.map(({ remedy }) => remedy).join()).toMatch(/pip install.*modal setup/s);
  const tokens = { MODAL_TOKEN_ID: 'ak-1', MODAL_TOKEN_SECRET: 'as-1' };
  expect(findMissing({ ...env, ...tokens })).toHaveLength(1);
});
