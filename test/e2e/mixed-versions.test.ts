// Two versions at once, as every deployment has them for a while: the version before (a bundle that is kept under test/fixtures/releases)
// and the sources as they are, the Worker of one in front of the objects of the other, over the same storage, there and back. Covers what
// a tenant and an operator do over HTTP (version-scenario.ts). Does not cover the cron, WebSockets, and two versions of objects that call
// each other.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { spawnAgent, workerOf, writeAgentFiles, type BarePrograms } from '../support/bare-programs.ts';
import { bundleWorker, findFreePort, startRawWorker, waitForHttp } from '../support/raw-workerd.ts';
import { endChild } from '../support/stack.ts';
import { findAgain, useEverything, type Deployment, type Left } from '../support/version-scenario.ts';

const kept = resolve(import.meta.dirname, '../fixtures/releases');
const stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-mixed-'));
const startMsMax = 30_000;
const before = join(stateDir, 'before.js');
let now: string;
let programs: BarePrograms;
let agent: ChildProcess;
let worker: ChildProcess | null = null;
let lefts: readonly Left[] = [];

beforeAll(async () => {
  writeFileSync(before, brotliDecompressSync(readFileSync(join(kept, 'previous.js.br'))));
  now = bundleWorker(join(stateDir, 'now'));
  const [port, agentPort] = [await findFreePort(), await findFreePort()];
  const models = { versions: [], aliases: {} };
  programs = { stateDir, modulePath: now, models, port, agentPort, agentToken: 'mixed-token' };
  writeAgentFiles(programs);
  agent = spawnAgent(programs, 'errors');
  await waitForHttp(`http://127.0.0.1:${agentPort}/healthz`, startMsMax);
});

afterEach(async () => {
  if (worker !== null) await endChild(worker);
  worker = null;
});

afterAll(async () => {
  await endChild(agent);
  rmSync(stateDir, { recursive: true, force: true });
});

/** Starts the Worker of one module in front of the objects of another, over the storage that is there. */
async function deploy(edge: string, objects: string): Promise<Deployment> {
  const options = { ...workerOf(programs), modulePath: edge, objectsModulePath: objects };
  worker = startRawWorker(options, [], { quiet: true });
  const url = `http://127.0.0.1:${programs.port}`;
  await waitForHttp(`${url}/healthz`, startMsMax);
  return { url, key: 'sk-pilotlight-dev', adminToken: 'admin-pilotlight-dev' };
}

/** A round of everything, after all that earlier rounds have left was found. */
async function round(name: string, edge: string, objects: string): Promise<void> {
  const at = await deploy(edge, objects);
  const found: Left[] = [];
  for (const left of lefts) found.push(await findAgain(at, left));
  lefts = [...found, await useEverything(at, name)];
}

test('the bundle that is kept is the one that its record names', () => {
  const record = JSON.parse(readFileSync(join(kept, 'previous.json'), 'utf8')) as { readonly sha256: string };
  expect(createHash('sha256').update(readFileSync(before)).digest('hex')).toBe(record.sha256);
});

describe('over one storage, one after the other,', () => {
  test('the version before serves', async () => {
    await round('a', before, before);
  });

  test('the Worker before is served by the objects of now, which find what those before have left', async () => {
    await round('b', before, now);
  });

  test('the Worker of now is served by the objects before, which find what those of now have left', async () => {
    await round('c', now, before);
  });

  test('the version of now serves, and finds everything', async () => {
    await round('d', now, now);
    expect(lefts).toHaveLength(4);
  });
});

describe('a change that the other version does not understand is found:', () => {
  // The bundler may have numbered the names of arguments.
  test.each([
    [
      'a call of a session with another name',
      /\bpage\((?=tenant\d*, afterSeq\d*\) \{\s+return this\.#host\.page)/,
      'pageOf(',
    ],
    ['a call of a pool with another name', /\bacquire\((?=pool\d*, waiter\d*\) \{)/, 'acquireSlot('],
    ['an answer of a run in another form', /\bview\(tenant\d*\) \{/, '$& return "{}";'],
    ['rows of a session under another name', /\bFROM messages\b/g, 'FROM messages_of_now'],
  ])('%s', async (_what, find, replace) => {
    const source = readFileSync(now, 'utf8');
    const planted = join(stateDir, 'planted.js');
    writeFileSync(planted, source.replace(find, replace));
    expect(source.search(find), 'the text to be changed is there').toBeGreaterThan(0);
    expect(lefts).toHaveLength(4);
    await expect(round('planted', before, planted)).rejects.toThrow(/: /);
  });
});
