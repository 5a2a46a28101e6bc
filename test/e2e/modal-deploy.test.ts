// `npm run modal:deploy` as a program, with a stand-in for Modal's command that writes down how it was called.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-modal-deploy-'));
const calls = join(folder, 'calls');
const tokens = { MODAL_TOKEN_ID: 'ak-1', MODAL_TOKEN_SECRET: 'as-1' };
const url = 'https://acme--pilotlight-chat-vllm-serve.modal.run';

beforeEach(() => rmSync(calls, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

function putModal(version: string, end = 0): void {
  const script = [
    '#!/bin/sh',
    `[ "$1" = --version ] && { echo "modal client version: ${version}"; exit 0; }`,
    `echo "$@" >> '${calls}'`,
    `echo "├── Created web function Vllm.serve => ${url}"`,
    `exit ${end}`,
  ];
  writeFileSync(join(folder, 'modal'), script.join('\n'));
  chmodSync(join(folder, 'modal'), 0o755);
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = tokens) {
  const ran = spawnSync(process.execPath, [join(root, 'src/cli/modal-deploy.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: `${folder}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder, ...env },
  });
  return { code: ran.status, words: ran.stdout + ran.stderr };
}

test('an app is deployed by Modal’s command; its URL and the lines that serve it are printed', () => {
  putModal('1.6.4');
  const { code, words } = run(['chat', '--env', 'staging']);
  expect(code, words).toBe(0);
  expect(readFileSync(calls, 'utf8')).toBe('deploy gpu-workers/modal/vllm_chat.py --env staging\n');
  expect(words).toContain(`url       ${url}`);
  expect(words).toContain('"kind": "modal-function"');
  expect(words).toContain('MODAL_PROXY_ID');
});

test('a dry run says what is missing and what would be done, and calls nothing', () => {
  putModal('1.6.4');
  const { code, words } = run(['chat', '--dry-run'], {});
  expect(code).toBe(0);
  expect(words).toContain('missing   a token');
  expect(words).toContain('command   modal deploy gpu-workers/modal/vllm_chat.py');
  expect(existsSync(calls)).toBe(false);
});

test.each([
  ['without a token', '1.6.4', {}, 'modal setup'],
  ['with a command that is too old', '0.73.1', tokens, 'this is "modal client version: 0.73.1"'],
])('%s nothing is deployed', (_, version, env, said) => {
  putModal(version);
  const { code, words } = run(['chat'], env);
  expect(code).toBe(1);
  expect(words).toContain(said);
  expect(existsSync(calls)).toBe(false);
});

test('the token that modal setup wrote is one', () => {
  putModal('1.6.4');
  const file = join(folder, 'modal.toml');
  writeFileSync(file, '[default]\ntoken_id = "ak-1"\ntoken_secret = "as-1"\n');
  expect(run(['rerank'], { MODAL_CONFIG_PATH: file }).code).toBe(0);
});

test('a deployment that fails is a failure', () => {
  putModal('1.6.4', 3);
  expect(run(['chat'])).toMatchObject({
    code: 1,
    words: expect.stringContaining('modal deploy ended with 3'),
  });
});

test('an app that there is not is refused with the help', () => {
  expect(run(['diffusion'])).toMatchObject({
    code: 2,
    words: expect.stringContaining('npm run modal:deploy -- APP'),
  });
});
