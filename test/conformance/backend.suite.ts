// What the pool relies on in every backend that runs replicas directly. An implementation calls `describeBackend` with a harness.
import { afterAll, beforeAll, describe, expect, test as runTest, vi } from 'vitest';
import type { Backend, ReplicaReport, StartCommand } from '../../src/backends/backend.ts';
import { classOf } from '../../src/core/pool/failure-class.ts';
import { must } from '../../src/core/base/assert.ts';

export interface BackendHarness {
  open(): Promise<void>;
  close(): Promise<void>;
  backend(): Backend;
  /** The same backend with credentials that are wrong. */
  strangers(): Backend;
  /** Tells one life's process or container from another's. */
  identify(report: ReplicaReport): unknown;
  /** Live processes (or containers) of this replica and generation. */
  countLives(id: string, generation: number): number;
  /** The status that a ready replica answers a question for its health with; left out: asked at its endpoint. */
  reach?(report: ReplicaReport): Promise<number>;
  /** Ends the replica behind the backend's back. */
  kill(report: ReplicaReport): void;
  readonly replicasMax: number;
  /** Versions that start well, never get ready, cannot start, have no parking, and always say that a request runs. */
  readonly versions: Readonly<Record<'good' | 'hangs' | 'cannotStart' | 'noParking' | 'busy', string>>;
  /** What the reason of `cannotStart` says. */
  readonly cannotStartReason: RegExp;
  /** Of the tests below, by name: those that do not apply, and why. */
  readonly skips?: Readonly<Record<string, string>>;
}

/** Bound of every wait in this suite; a replica of the suite is there in a fraction of it. */
const waitMs = 10_000;
let serial = 0;

export function describeBackend(name: string, harness: BackendHarness): void {
  const prefix = `t-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const order = (version: string, generation = 1): StartCommand => {
    serial += 1;
    return { id: `${prefix}-${serial}`, generation, pool: `${prefix}~local`, version, waitMs };
  };

  /** What does not apply is reported with its reason, never left out silently. */
  const test = (title: string, check: () => Promise<void>): void => {
    const reason = harness.skips?.[title];
    if (reason === undefined) runTest(title, check);
    else runTest.skip(`${title} (not here: ${reason})`, check);
  };

  describe(`backend ${name}`, () => {
    beforeAll(() => harness.open(), 30_000);
    afterAll(() => harness.close(), 30_000);

    describe('start', () => {
      test('answers when the replica is ready, with its endpoint and its timings', async () => {
        const command = order(harness.versions.good);
        const report = await startReady(harness.backend(), command);
        expect(report).toMatchObject({ id: command.id, generation: 1, pool: command.pool, reason: null });
        expect(report.version).toBe(harness.versions.good);
        expect(report.readyMs).toBeGreaterThan(0);
        expect(report.spawnMs).toBeGreaterThan(0);
        expect(report.loadMs).toBeGreaterThanOrEqual(0);
        const reached = await (harness.reach ?? askHealth)(report);
        expect(reached).toBe(200);
        await stopAll(harness.backend(), command);
      });

      test('sent again reports the same life and begins no other', async () => {
        const command = order(harness.versions.good);
        const first = await startReady(harness.backend(), command);
        const second = await startReady(harness.backend(), command);
        expect(harness.identify(second)).toBe(harness.identify(first));
        expect(harness.countLives(command.id, 1)).toBe(1);
        await stopAll(harness.backend(), command);
      });

      test('sent ten times at once begins one life', async () => {
        const command = order(harness.versions.good);
        const all = await Promise.all(
          Array.from({ length: 10 }, () => startReady(harness.backend(), command)),
        );
        expect(new Set(all.map((each) => harness.identify(each))).size).toBe(1);
        expect(harness.countLives(command.id, 1)).toBe(1);
        await stopAll(harness.backend(), command);
      });

      test('of an older generation is refused and names the one that is known', async () => {
        const command = order(harness.versions.good, 7);
        const first = await startReady(harness.backend(), command);
        const old = await harness.backend().start({ ...command, generation: 6 });
        expect(old).toMatchObject({ ok: false, error: { kind: 'stale-generation', knownGeneration: 7 } });
        const known = await startReady(harness.backend(), command);
        expect(harness.identify(known)).toBe(harness.identify(first));
        await stopAll(harness.backend(), command);
      });

      test('of a newer generation ends the old life before the new one begins', async () => {
        const command = order(harness.versions.good);
        const first = await startReady(harness.backend(), command);
        const second = await startReady(harness.backend(), { ...command, generation: 2 });
        expect(harness.identify(second)).not.toBe(harness.identify(first));
        expect(harness.countLives(command.id, 1)).toBe(0);
        expect(harness.countLives(command.id, 2)).toBe(1);
        await stopAll(harness.backend(), { ...command, generation: 2 });
      });

      test('of a replica that hangs answers after waitMs that it is loading, and it can be stopped', async () => {
        const command = { ...order(harness.versions.hangs), waitMs: 300 };
        const reply = await harness.backend().start(command);
        expect(reply).toMatchObject({ ok: true, value: { condition: 'loading' } });
        expect(harness.countLives(command.id, 1)).toBe(1);
        const waiting = harness.backend().start({ ...command, waitMs });
        expect(await harness.backend().stop(command)).toMatchObject({ ok: true });
        // Whichever of the two came first: the one that waits is answered, and never that the replica is ready.
        expect(await waiting).not.toMatchObject({ ok: true, value: { condition: 'ready' } });
        expect(harness.countLives(command.id, 1)).toBe(0);
      });

      test('of a replica that cannot start is a failed replica with its reason, begun once', async () => {
        const command = order(harness.versions.cannotStart);
        const reply = await harness.backend().start(command);
        expect(reply).toMatchObject({ ok: true, value: { condition: 'failed' } });
        if (reply.ok) expect(reply.value.reason).toMatch(harness.cannotStartReason);
        const again = await harness.backend().start(command);
        expect(again).toEqual(reply);
        await stopAll(harness.backend(), command);
      });

      test('of a version that nobody configured cannot start', async () => {
        const reply = await harness.backend().start(order('no-such-model@1'));
        expect(reply).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
      });

      test('above the capacity is refused, however many ask at once, and works again when one is gone', async () => {
        const commands = Array.from({ length: harness.replicasMax + 3 }, () => order(harness.versions.good));
        const replies = await Promise.all(commands.map((command) => harness.backend().start(command)));
        const refused = replies.filter((reply) => !reply.ok);
        expect(refused).toHaveLength(3);
        for (const reply of refused) expect(!reply.ok && classOf(reply.error.kind)).toBe('capacity');
        const capacity = await harness.backend().capacity();
        expect(capacity).toMatchObject({ ok: true, value: { replicas: harness.replicasMax } });
        const begun = commands.filter((_, at) => replies[at]?.ok === true);
        const [first, ...others] = begun;
        await stopAll(harness.backend(), must(first, 'a replica that started'));
        const late = order(harness.versions.good);
        await startReady(harness.backend(), late);
        await stopAll(harness.backend(), late, ...others);
      });
    });

    describe('park, wake, drain', () => {
      test('a replica is parked and woken again in the same life, any number of times', async () => {
        const command = order(harness.versions.good);
        const { pid } = await startReady(harness.backend(), command);
        for (let round = 0; round < 2; round += 1) {
          for (const _ of ['once', 'again']) {
            const parked = await harness.backend().park(command);
            expect(parked).toMatchObject({ ok: true, value: { condition: 'parked', pid } });
          }
          for (const _ of ['once', 'again']) {
            const woken = await harness.backend().wake(command);
            expect(woken).toMatchObject({ ok: true, value: { condition: 'ready', pid } });
          }
        }
        const listed = await listOf(harness.backend(), command);
        expect(listed.wakeMs).toBeGreaterThanOrEqual(0);
        await stopAll(harness.backend(), command);
      });

      test('a draining replica is reported as such', async () => {
        const command = order(harness.versions.good);
        await startReady(harness.backend(), command);
        const drained = await harness.backend().drain(command);
        expect(drained).toMatchObject({ ok: true, value: { condition: 'draining' } });
        await stopAll(harness.backend(), command);
      });

      test('parking under a request is refused as busy, and the replica stays ready', async () => {
        const command = order(harness.versions.busy);
        await startReady(harness.backend(), command);
        expect(await harness.backend().park(command)).toMatchObject({ ok: false, error: { kind: 'busy' } });
        expect((await listOf(harness.backend(), command)).condition).toBe('ready');
        await stopAll(harness.backend(), command);
      });

      test('a program without parking says that parking is unsupported, and stays ready', async () => {
        const command = order(harness.versions.noParking);
        await startReady(harness.backend(), command);
        const parked = await harness.backend().park(command);
        expect(parked).toMatchObject({ ok: false, error: { kind: 'unsupported' } });
        expect((await listOf(harness.backend(), command)).condition).toBe('ready');
        await stopAll(harness.backend(), command);
      });

      test('another generation or an unknown replica is refused', async () => {
        const command = order(harness.versions.good, 3);
        await startReady(harness.backend(), command);
        for (const verb of ['park', 'wake', 'drain'] as const) {
          const older = await harness.backend()[verb]({ ...command, generation: 2 });
          expect(older).toMatchObject({ error: { kind: 'stale-generation', knownGeneration: 3 } });
          const unknown = await harness.backend()[verb]({ id: 'nobody', generation: 1 });
          expect(unknown).toMatchObject({ error: { kind: 'not-found' } });
        }
        await stopAll(harness.backend(), command);
      });
    });

    describe('stop', () => {
      test('answers when the process is gone; a second stop finds nothing', async () => {
        const command = order(harness.versions.good);
        await startReady(harness.backend(), command);
        expect(await harness.backend().stop(command)).toEqual({ ok: true, value: null });
        expect(harness.countLives(command.id, 1)).toBe(0);
        const again = await harness.backend().stop(command);
        expect(again).toMatchObject({ ok: false, error: { kind: 'not-found' } });
      });

      test('of an older generation leaves the newer life alone', async () => {
        const command = order(harness.versions.good, 5);
        await startReady(harness.backend(), command);
        const old = await harness.backend().stop({ id: command.id, generation: 4 });
        expect(old).toMatchObject({ ok: false, error: { kind: 'not-found' } });
        expect(harness.countLives(command.id, 5)).toBe(1);
        await stopAll(harness.backend(), command);
      });

      test('ends a life for good: the same start that comes late is refused', async () => {
        const command = order(harness.versions.good);
        expect((await harness.backend().stop(command)).ok).toBe(false);
        const late = await harness.backend().start(command);
        expect(late).toMatchObject({ ok: false, error: { kind: 'stale-generation', knownGeneration: 1 } });
        expect(harness.countLives(command.id, 1)).toBe(0);
      });
    });

    describe('list', () => {
      test('gives the replicas of one pool, and none of another', async () => {
        const mine = order(harness.versions.good);
        const other = { ...order(harness.versions.good), pool: `${prefix}-other~local` };
        await Promise.all([startReady(harness.backend(), mine), startReady(harness.backend(), other)]);
        const listed = await harness.backend().list(mine.pool);
        expect(listed.ok && listed.value.map((each) => each.id)).toEqual([mine.id]);
        await stopAll(harness.backend(), mine, other);
        expect(await harness.backend().list(mine.pool)).toEqual({ ok: true, value: [] });
      });

      test('a replica that died is failed, with a reason, until it is deleted, and is not begun again', async () => {
        const command = order(harness.versions.good);
        harness.kill(await startReady(harness.backend(), command));
        const failed = await vi.waitUntil(
          async () => {
            const report = await listOf(harness.backend(), command);
            return report.condition === 'failed' ? report : null;
          },
          { timeout: waitMs, interval: 10 },
        );
        expect(failed.reason).not.toBeNull();
        const again = await harness.backend().start(command);
        expect(again).toMatchObject({ ok: true, value: { condition: 'failed' } });
        expect(harness.countLives(command.id, 1)).toBe(0);
        expect((await harness.backend().stop(command)).ok).toBe(true);
        expect(await harness.backend().list(command.pool)).toEqual({ ok: true, value: [] });
      });
    });

    test('strangers are refused every call', async () => {
      const stranger = harness.strangers();
      const command = order(harness.versions.good);
      const replies = await Promise.all([
        stranger.start(command),
        stranger.park(command),
        stranger.wake(command),
        stranger.drain(command),
        stranger.stop(command),
        stranger.list(command.pool),
        stranger.capacity(),
      ]);
      for (const reply of replies)
        expect(reply).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
    });
  });
}

async function askHealth({ endpoint }: ReplicaReport): Promise<number> {
  return (await fetch(`${endpoint}/health`)).status;
}

async function startReady(backend: Backend, command: StartCommand): Promise<ReplicaReport> {
  const reply = await backend.start(command);
  expect(reply).toMatchObject({ ok: true, value: { condition: 'ready' } });
  return must(reply.ok ? reply.value : null, 'a report');
}

async function stopAll(backend: Backend, ...commands: readonly StartCommand[]): Promise<void> {
  const replies = await Promise.all(commands.map((command) => backend.stop(command)));
  for (const reply of replies) expect(reply.ok).toBe(true);
}

async function listOf(backend: Backend, command: StartCommand): Promise<ReplicaReport> {
  const listed = await backend.list(command.pool);
  const found = listed.ok ? listed.value.find((each) => each.id === command.id) : undefined;
  return must(found, `replica ${command.id} in the list`);
}
