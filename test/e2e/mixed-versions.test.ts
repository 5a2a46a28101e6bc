// Two versions at once, as every deployment has them for a while: the version before (a bundle that is kept under test/fixtures/releases)
// and the sources as they are, the Worker of one in front of the objects of the other, over the same storage, there and back. Covers what
// a tenant and an operator do over HTTP, a follower over a WebSocket, the cron (version-scenario.ts), and objects of the two that call each
// other. Does not cover versions that are two releases apart.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { spawnAgent, workerOf, writeAgentFiles, type BarePrograms } from '../support/bare-programs.ts';
import {
  bundleWorker,
  findFreePort,
  pilotlightObjects,
  startRawWorker,
  waitForHttp,
} from '../support/raw-workerd.ts';
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

/** What was answered is on disk: a Worker that is killed has lost nothing, and keeps nobody waiting for open followers. */
afterEach(async () => {
  const ended = worker === null ? Promise.resolve() : once(worker, 'exit');
  worker?.kill('SIGKILL');
  await ended;
  worker = null;
});

afterAll(async () => {
  await endChild(agent);
  rmSync(stateDir, { recursive: true, force: true });
});

/** Which classes of objects come from the second module; the Worker and the rest come from the first. */
const allClasses = Object.values(pilotlightObjects);
/** What runs and sessions call. */
const calledClasses = ['PoolObject', 'PlannerObject', 'IndexObject', 'TenantObject'];

interface Mix {
  readonly edge: string;
  readonly objects: string;
  readonly classes?: readonly string[];
}

/** Starts the Worker of one module in front of the objects of another, over the storage that is there. */
async function deploy({ edge, objects, classes = allClasses }: Mix): Promise<Deployment> {
  const cronPort = await findFreePort();
  const other = { modulePath: objects, classes };
  worker = startRawWorker({ ...workerOf(programs), modulePath: edge, other, cronPort }, [], { quiet: true });
  const url = `http://127.0.0.1:${programs.port}`;
  await waitForHttp(`${url}/healthz`, startMsMax);
  const cronUrl = `http://127.0.0.1:${cronPort}`;
  return { url, cronUrl, key: 'sk-pilotlight-dev', adminToken: 'admin-pilotlight-dev' };
}

/** A round of everything, after all that earlier rounds have left was found. */
async function round(name: string, mix: Mix): Promise<void> {
  const at = await deploy(mix);
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
    await round('a', { edge: before, objects: before });
  });

  test('the Worker before is served by the objects of now, which find what those before have left', async () => {
    await round('b', { edge: before, objects: now });
  });

  test('the Worker of now is served by the objects before, which find what those of now have left', async () => {
    await round('c', { edge: now, objects: before });
  });

  test('runs and sessions of now call pools, indexes and rules of before', async () => {
    await round('d', { edge: now, objects: before, classes: calledClasses });
  });

  test('runs and sessions of before call pools, indexes and rules of now', async () => {
    await round('e', { edge: before, objects: now, classes: calledClasses });
  });

  test('the version of now serves, and finds everything', async () => {
    await round('f', { edge: now, objects: now });
    expect(lefts).toHaveLength(6);
  });
});

describe('a change that the other version does not understand is found:', () => {
  // The bundler may have numbered the names of arguments.
  test.each([
    [
      'a call of a session with another name',
      /\bpage\((?=tenant\d*, afterSeq\d*\) \{\s+return this\.#host\.page)/,
      'pageOf(',
      /sessions\/.*\/messages: 500/,
    ],
    [
      'a call of a pool with another name',
      /\bacquire\((?=pool\d*, waiter\d*\) \{)/,
      'acquireSlot(',
      /\/messages: 50\d/,
    ],
    [
      'an answer of a run in another form',
      /\bview\(tenant\d*\) \{/,
      '$& return "{}";',
      /\/v1\/runs\/.*: 500/,
    ],
    [
      'a call of the planner with another name',
      /\bplanAll\((?=nowMs\d*\) \{)/,
      'planEverything(',
      /outcome of the cron: .*is /,
    ],
    ['rows of a session under another name', /\bFROM messages\b/g, 'FROM messages_of_now', /\/messages: 500/],
  ])('%s', async (_what, find, replace, words) => {
    const source = readFileSync(now, 'utf8');
    const planted = join(stateDir, 'planted.js');
    writeFileSync(planted, source.replace(find, replace));
    expect(source.search(find), 'the text to be changed is there').toBeGreaterThan(0);
    expect(lefts).toHaveLength(6);
    await expect(round('planted', { edge: before, objects: planted })).rejects.toThrow(words);
  });
});
