// What the pool relies on in every backend when what is behind it is slow, fails, repeats itself or forgets. The calls of an implementation
// pass a front that meets them with faults; it calls `describeBackendFaults` with a harness.
import { afterAll, afterEach, beforeAll, describe, expect, test as runTest, vi } from 'vitest';
import type { Backend, BackendError, StartCommand } from '../../src/backends/backend.ts';
import type { Result } from '../../src/core/base/result.ts';
import { classOf, type FailureClass } from '../../src/core/pool/failure-class.ts';
import type { FaultFront, FrontCall } from '../support/fault-front.ts';

export interface BackendFaultsHarness {
  open(): Promise<void>;
  close(): Promise<void>;
  /** Every call that it makes passes the front, and is given up after `callMs`. */
  backend(): Backend;
  readonly callMs: number;
  front(): FaultFront;
  /** Whether a call is the one that begins a replica, and the one that ends it. */
  isStart(call: FrontCall): boolean;
  isStop(call: FrontCall): boolean;
  /** Live processes, containers or rights of this replica and generation. */
  countLives(id: string, generation: number): number;
  /** Containers that the place was told to keep, where it is told: what is kept will run, sooner or later. */
  held?(): number;
  readonly version: string;
  /** What refuses for want of room, and how that is said where it is not said at the first call. */
  readonly room: { take(): Promise<void> | void; give(): Promise<void> | void };
  /** Whoever keeps the lives is killed and started again over what it has on disk. */
  restart(): Promise<void>;
  /** What a refused key looks like here. */
  readonly unauthorized: { readonly status: number; readonly body: string };
  /** Of the tests below, by name: those that do not apply, and why. */
  readonly skips?: Readonly<Record<string, string>>;
}

/** Bound of every wait in this suite. */
const waitMs = 15_000;
let serial = 0;

export function describeBackendFaults(name: string, harness: BackendFaultsHarness): void {
  const prefix = `f-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const order = (generation = 1): StartCommand => {
    serial += 1;
    const { version } = harness;
    return { id: `${prefix}-${serial}`, generation, pool: `${prefix}~local`, version, waitMs: 8_000 };
  };
  const backend = (): Backend => harness.backend();
  const lives = (command: StartCommand): number => harness.countLives(command.id, command.generation);

  /** As the pool does it: the same command again while nobody knows whether it was heard. */
  const insist = async <T>(
    call: () => Promise<Result<T, BackendError>>,
  ): Promise<Result<T, BackendError>> => {
    const untilMs = Date.now() + waitMs;
    for (;;) {
      const reply = await call();
      if (reply.ok || classOf(reply.error.kind) !== 'transient' || Date.now() > untilMs) return reply;
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const startReady = async (command: StartCommand): Promise<void> => {
    await vi.waitUntil(
      async () => {
        const reply = await insist(() => backend().start(command));
        expect(reply).toMatchObject({ ok: true });
        return reply.ok && reply.value.condition === 'ready';
      },
      { timeout: waitMs, interval: 20 },
    );
  };
  const stopped = async (command: StartCommand): Promise<void> => {
    const reply = await insist(() => backend().stop(command));
    if (!reply.ok) expect(reply.error.kind).toBe('not-found');
    await vi.waitUntil(() => lives(command) === 0, { timeout: waitMs, interval: 20 });
  };

  /** What does not apply is reported with its reason, never left out silently. */
  const test = (title: string, check: () => Promise<void>): void => {
    const reason = harness.skips?.[title];
    if (reason === undefined) runTest(title, check);
    else runTest.skip(`${title} (not here: ${reason})`, check);
  };

  describe(`backend under faults: ${name}`, () => {
    beforeAll(() => harness.open(), 60_000);
    afterAll(() => harness.close(), 30_000);
    afterEach(async () => {
      harness.front().clear();
      await harness.room.give();
      await harness.front().settled();
    });

    describe('slow', () => {
      test('when every call takes long, a start begins one life and its stop ends it', async () => {
        harness.front().add({ how: 'late', ms: 60 });
        const command = order();
        await startReady(command);
        expect(lives(command)).toBe(1);
        await stopped(command);
      });
    });

    describe('errors', () => {
      test('a start that meets errors of a server is transient, and the same one again begins one life', async () => {
        const command = order();
        harness.front().add({ how: 'answer', status: 503, body: '{"error":"busy"}', times: 1 });
        expect(failed(await backend().start(command))).toBe('transient');
        await startReady(command);
        expect(lives(command)).toBe(1);
        await stopped(command);
      });

      test('a stop that meets errors of a server is not taken for done, and the same one again ends it', async () => {
        const command = order();
        await startReady(command);
        harness.front().add({ how: 'answer', status: 502, body: '{}' });
        expect(failed(await backend().stop(command))).toBe('transient');
        harness.front().clear();
        await stopped(command);
      });

      test('an answer that makes no sense is transient, and never thrown', async () => {
        const command = order();
        harness.front().add({ how: 'answer', status: 200, body: '<html>not for you</html>' });
        expect(failed(await backend().start(command))).toBe('transient');
        harness.front().clear();
        await stopped(command);
      });

      test('a key that is refused is told as such, and nothing was begun', async () => {
        const command = order();
        const { status, body } = harness.unauthorized;
        harness.front().add({ how: 'answer', status, body });
        expect(failed(await backend().start(command))).toBe('auth');
        harness.front().clear();
        expect(lives(command)).toBe(0);
        await stopped(command);
      });
    });

    describe('lost answers', () => {
      test('a start whose answer was lost is found by the same one again', async () => {
        const command = order();
        harness.front().add({ how: 'lost-answer', meets: (call) => harness.isStart(call), times: 1 });
        expect(failed(await backend().start(command))).toBe('transient');
        await startReady(command);
        expect(lives(command)).toBe(1);
        await stopped(command);
      });

      test('a stop whose answer was lost has ended it, whatever the same one again is told', async () => {
        const command = order();
        await startReady(command);
        harness.front().add({ how: 'lost-answer', meets: (call) => harness.isStop(call), times: 1 });
        await backend().stop(command);
        await stopped(command);
      });
    });

    describe('duplicates', () => {
      test('a start and a stop that arrive twice begin one life and end it', async () => {
        harness.front().add({ how: 'twice' });
        const command = order();
        await startReady(command);
        expect(lives(command)).toBe(1);
        await stopped(command);
        await harness.front().settled();
        expect(lives(command)).toBe(0);
      });
    });

    describe('out of order', () => {
      test('a start that arrives after its own stop leaves nothing behind', async () => {
        const command = order();
        // Carried out when its caller has long given it up.
        harness.front().add({
          how: 'late',
          ms: harness.callMs + 300,
          meets: (call) => harness.isStart(call),
          times: 1,
        });
        const starting = backend().start({ ...command, waitMs: 50 });
        await vi.waitUntil(() => harness.front().calls.some((call) => harness.isStart(call)), {
          timeout: waitMs,
        });
        await insist(() => backend().stop(command));
        await starting;
        await harness.front().settled();
        // Nobody says it again.
        await vi.waitUntil(() => lives(command) === 0, { timeout: waitMs, interval: 20 });
        expect(await backend().list(command.pool)).toEqual({ ok: true, value: [] });
        expect(lives(command)).toBe(0);
        expect(harness.held?.() ?? 0).toBe(0);
      });
    });

    describe('hanging', () => {
      test('a start that is never answered ends within its time, and can be stopped', async () => {
        const command = { ...order(), waitMs: 100 };
        harness.front().add({ how: 'never', meets: (call) => harness.isStart(call), times: 1 });
        expect(failed(await backend().start(command))).toBe('transient');
        await stopped(command);
      });

      test('a list that is never answered ends within its time', async () => {
        const command = order();
        await startReady(command);
        harness.front().add({ how: 'never' });
        expect(failed(await backend().list(command.pool))).toBe('transient');
        harness.front().clear();
        await stopped(command);
      });
    });

    describe('no room', () => {
      test('is told as such, leaves nothing behind, and the same replica starts once there is room', async () => {
        const command = { ...order(), waitMs: 300 };
        await harness.room.take();
        expect(failed(await insist(() => backend().start(command)))).toBe('capacity');
        expect(lives(command)).toBe(0);
        expect(harness.held?.() ?? 0).toBe(0);
        expect(await backend().list(command.pool)).toEqual({ ok: true, value: [] });
        await harness.room.give();
        const later = { ...command, generation: 2, waitMs: 8_000 };
        await startReady(later);
        await stopped(later);
      });
    });

    describe('lost state', () => {
      test('after a restart the list is whole: what it names serves or can be stopped, and nothing is begun twice', async () => {
        const command = order();
        await startReady(command);
        await harness.restart();
        const listed = await insist(() => backend().list(command.pool));
        expect(listed).toMatchObject({ ok: true });
        const named = listed.ok ? listed.value : [];
        expect(named.length).toBeLessThanOrEqual(1);
        expect(lives(command)).toBe(named.length);
        for (const each of named) expect(each).toMatchObject({ id: command.id, generation: 1 });
        const next = { ...command, generation: 2 };
        await startReady(next);
        expect(lives(next)).toBe(1);
        await stopped(next);
      });
    });
  });
}

function failed(reply: Result<unknown, BackendError>): FailureClass | 'ok' {
  return reply.ok ? 'ok' : classOf(reply.error.kind);
}
