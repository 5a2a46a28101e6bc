// Rules that change while the program runs: the next requests follow, a restart does not forget, and the command line applies files as its
// help says.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, eventually, patienceMs, startStack, type Stack } from '../support/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-rules-'));
const stateDir = join(folder, 'state');
const program = resolve(import.meta.dirname, '../../src/cli/rules.ts');
const ask = {
  model: 'assistant',
  temperature: 0,
  max_tokens: 4,
  messages: [{ role: 'user', content: 'hi' }],
};
const solo = { id: 'solo', match: { model: 'assistant' }, target: 'tiny-chat-solo@1' };
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ stateDir });
});

afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function admin(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

async function servedBy(): Promise<string | null> {
  const reply = await chat(stack, ask);
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return reply.headers.get('x-pilotlight-model');
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function rules(...args: readonly string[]): Promise<Ran> {
  const { promise, resolve: done } = Promise.withResolvers<Ran>();
  const child = spawn(process.execPath, [program, ...args, '--url', stack.url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (err += piece));
  child.once('close', (code) => done({ code, out, err }));
  return promise;
}

function tenantFile(name: string, content: unknown): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ id: 'demo', name: 'Demo', keys: [], rules: content }));
  return path;
}

// That it takes an isolate five seconds at most is a law of `RuleSnapshots`, told in time that no machine lengthens.
test('a publication turns the next requests, a rollback turns them back', async () => {
  expect(await servedBy()).toBe('tiny-chat@1');
  await admin('PUT', '/tenants/demo/rules', { rules: [solo] });
  await eventually(
    'requests by the new rules',
    patienceMs,
    async () => (await servedBy()) === 'tiny-chat-solo@1',
  );
  await admin('POST', '/tenants/demo/rules/rollback', { version: 0 });
  await eventually('requests by the old rules', patienceMs, async () => (await servedBy()) === 'tiny-chat@1');
});

test('a file is shown, applied once, and not applied when it is wrong', async () => {
  const file = tenantFile('good', [solo]);
  const dry = await rules('apply', file, '--dry-run');
  expect({ code: dry.code, out: dry.out }).toMatchObject({
    code: 3,
    out: expect.stringContaining('+ rules[solo]'),
  });
  expect((await rules('diff', file)).code).toBe(3);
  const applied = await rules('apply', file, '--comment', 'from the test', '--by', 'ci');
  expect(applied).toMatchObject({ code: 0, out: expect.stringContaining('published as version 3'), err: '' });
  expect(await rules('apply', file)).toMatchObject({ code: 0, out: expect.stringContaining('no change') });
  expect((await rules('diff', file)).code).toBe(0);
  expect((await rules('list', 'demo')).out).toMatch(/^\* +3 .* ci {2}from the test\n +2 /m);

  const missing = await rules('apply', tenantFile('missing', [{ ...solo, target: 'gpt-9' }]));
  expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('rules[0].target') });
  const broken = await rules('apply', file, tenantFile('broken', [{ id: 'a' }]));
  expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('rules[0].target') });
  expect(await rules('apply', join(folder, 'nothing.json'))).toMatchObject({ code: 2 });
  expect(await rules('list', 'nobody')).toMatchObject({
    code: 1,
    err: expect.stringContaining('tenant_not_found'),
  });
  expect(await rules('list', 'demo', '--token', 'wrong')).toMatchObject({ code: 1 });
  expect(await rules('push', file)).toMatchObject({ code: 2 });
  expect(await admin('GET', '/tenants/demo/rules')).toMatchObject({
    version: 3,
    by: 'ci',
    comment: 'from the test',
  });
});

test('explain, dry-run, show, rollback and status say what the API says', async () => {
  const explained = await rules('explain', 'demo', '{"model":"assistant"}');
  expect(explained).toMatchObject({ code: 0, out: expect.stringContaining('solo') });
  const dry = await rules('dry-run', 'demo', tenantFile('none', []), '{"model":"assistant"}', '--json');
  const { plan } = JSON.parse(dry.out) as { plan: { attempts: { target: string }[] } };
  expect(plan.attempts[0]?.target).toBe('tiny-chat@1');
  expect(JSON.parse((await rules('show', 'demo')).out)).toMatchObject({ rules: [solo] });
  expect(JSON.parse((await rules('show', 'demo', '--version', '0')).out)).toMatchObject({ rules: [] });
  expect((await rules('diff', 'demo', '--from', '0')).code).toBe(3);
  expect(await rules('rollback', 'demo', '3')).toMatchObject({
    code: 0,
    out: expect.stringContaining('says that already'),
  });
  expect(JSON.parse((await rules('status', 'demo')).out)).toMatchObject({
    snapshot: { version: 3, source: 'published' },
  });
});

test('a restart forgets nothing: the first request is by the published rules', async () => {
  await stack.stop();
  stack = await startStack({ stateDir });
  expect(await servedBy()).toBe('tiny-chat-solo@1');
  const { counts } = await admin('GET', '/rules-status');
  expect(counts).toMatchObject({ servedUnconfirmed: 0, failed: 0 });
});
