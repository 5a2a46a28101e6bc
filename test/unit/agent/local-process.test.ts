// The driver without HTTP above it: calls that come in the very same moment, which a network would space out.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalProcessDriver } from '../../../gpu-workers/agent/local-process.ts';
import { ReplicaBook } from '../../../gpu-workers/agent/replica-book.ts';
import { catalogue } from '../../../gpu-workers/models.ts';
import type { StartCommand } from '../../../src/backends/backend.ts';
import { must } from '../../../src/core/base/assert.ts';
import { findReplicaPids } from '../../support/agent-program.ts';

const root = resolve(import.meta.dirname, '../../..');
const program = [process.execPath, resolve(root, 'test/support/agent-fixture-server.ts')];
const version = {
  ...must(catalogue.versions[0], 'a version'),
  id: 'fixture@1',
  launch: { kind: 'command', command: program, env: { FIXTURE: 'good' }, readyPath: '/health' },
} as const;
const replicasMax = 3;
const prefix = `d-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;

let dir = '';
let driver: LocalProcessDriver;
const lines: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pilotlight-driver-'));
  const opened = ReplicaBook.open(dir);
  if (!opened.ok) throw new Error(opened.error);
  const models = { versions: [version], aliases: {} };
  driver = new LocalProcessDriver({
    ...opened.value,
    catalogue: models,
    replicasMax,
    root,
    log: (line) => lines.push(line),
  });
});
afterEach(async () => {
  await driver.close();
  expect(findReplicaPids(prefix)).toEqual([]);
  rmSync(dir, { recursive: true, force: true });
  lines.length = 0;
});

function order(name: string, generation = 1): StartCommand {
  return { id: `${prefix}-${name}`, generation, pool: 'p', version: version.id, waitMs: 10_000 };
}

test('ten starts of one life in one moment begin one process', async () => {
  const replies = await Promise.all(Array.from({ length: 10 }, () => driver.start(order('a'))));
  expect(new Set(replies.map((reply) => (reply.ok ? reply.value.pid : reply.error.kind))).size).toBe(1);
  expect(findReplicaPids(prefix)).toHaveLength(1);
});

test('starts of several generations in one moment leave the newest life alone', async () => {
  const generations = [3, 1, 5, 2, 4];
  const replies = await Promise.all(generations.map((generation) => driver.start(order('a', generation))));
  expect(replies[2]).toMatchObject({ ok: true, value: { generation: 5, condition: 'ready' } });
  for (const at of [3, 4])
    expect(replies[at]).toMatchObject({ error: { kind: 'stale-generation', knownGeneration: 5 } });
  expect(findReplicaPids(prefix)).toHaveLength(1);
  expect(findReplicaPids(`${prefix}-a:5`)).toHaveLength(1);
});

test('the capacity holds when all ask in one moment', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const replies = await Promise.all(names.map((name) => driver.start(order(name))));
  expect(replies.filter((reply) => reply.ok)).toHaveLength(replicasMax);
  expect(replies.filter((reply) => !reply.ok && reply.error.kind === 'no-capacity')).toHaveLength(4);
  expect(driver.capacity()).toEqual({ replicasMax, replicas: replicasMax });
});

test('a start that its own stop overtook does not begin, and a stop of what begins ends it', async () => {
  const [stopped, started] = await Promise.all([driver.stop(order('a')), driver.start(order('a'))]);
  expect(stopped).toMatchObject({ ok: false, error: { kind: 'not-found' } });
  expect(started).toMatchObject({ ok: false, error: { kind: 'stale-generation' } });
  const [begun, ended] = await Promise.all([driver.start(order('b')), driver.stop(order('b'))]);
  expect(begun).not.toMatchObject({ ok: true, value: { condition: 'ready' } });
  expect(ended.ok || ended.error.kind === 'not-found').toBe(true);
  expect(findReplicaPids(prefix)).toEqual([]);
});

test('a close that comes with starts leaves nothing, and nothing begins after it', async () => {
  const starts = [driver.start(order('a')), driver.start(order('b'))];
  await driver.close();
  expect(findReplicaPids(prefix)).toEqual([]);
  await Promise.all(starts);
  expect(await driver.start(order('c'))).toMatchObject({ ok: false, error: { kind: 'timeout' } });
});

test('nothing begins that cannot be written down first, and it works again once the disk does', async () => {
  rmSync(dir, { recursive: true });
  expect(await driver.start(order('a'))).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  expect(findReplicaPids(prefix)).toEqual([]);
  expect(driver.capacity().replicas).toBe(0);
  mkdirSync(dir);
  expect(await driver.start(order('a'))).toMatchObject({ ok: true, value: { condition: 'ready' } });
});

test('an operator reads when a replica starts, is ready, is parked and awake, and stops', async () => {
  const ref = order('a');
  await driver.start(ref);
  await driver.park(ref);
  await driver.wake(ref);
  await driver.stop(ref);
  const [starting, ready, parked, awake, stopped] = lines;
  expect(lines).toHaveLength(5);
  expect(starting).toMatch(/^replica \S+ starting fixture@1 \(generation 1, pid [0-9]+\)$/);
  expect(ready).toMatch(/ready in [0-9]+ ms \(spawn [0-9]+, load 7\)$/);
  expect(parked).toMatch(/ parked$/);
  expect(awake).toMatch(/ awake in [0-9]+ ms$/);
  expect(stopped).toMatch(/ stopped in [0-9]+ ms$/);
});
