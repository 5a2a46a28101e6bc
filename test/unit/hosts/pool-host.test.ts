// The loop around the pool's decisions: written before acted upon, one alarm, outcomes come back as events, rest stays rest.
import { describe, expect, test } from 'vitest';
import { diffStates, PoolHost, type PoolPorts, type PoolWrite } from '../../../src/hosts/pool-host.ts';
import { emptyLedger, type PoolLedger, type Replica } from '../../../src/core/pool/pool-state.ts';
import type { BackendFailure, ReplicaSighting } from '../../../src/core/pool/sighting.ts';
import type { Result } from '../../../src/core/base/result.ts';
import { settings } from '../pool/pool-bench.ts';
import { acquire, makeLease, makeReplica, makeSighting, makeState, t0 } from '../pool/pool-fixtures.ts';

type Outcome<T> = (outcome: Result<T, BackendFailure>) => void;

/** The outside world, which writes down what it is asked to do, and answers when it is told to. */
class World {
  readonly log: string[] = [];
  readonly writes: PoolWrite[] = [];
  readonly answers: string[] = [];
  readonly commands: { readonly waitMs: number; readonly done: Outcome<ReplicaSighting | null> }[] = [];
  readonly lists: Outcome<readonly ReplicaSighting[]>[] = [];
  nowMs = t0;
  alarmMs: number | null = null;
  failWrites = false;
  ledger: PoolLedger = emptyLedger;
  rows: readonly Replica[] = [];

  open(rows: readonly Replica[] = [], floor = 0): PoolHost {
    this.rows = rows;
    this.ledger = { ...emptyLedger, generation: rows.length };
    return new PoolHost({ ...settings, floor }, this.#ports());
  }

  #ports(): PoolPorts {
    return {
      now: () => this.nowMs,
      read: () => ({ ledger: this.ledger, replicas: this.rows }),
      write: (change) => {
        if (this.failWrites) throw new Error('disk full');
        this.log.push('write');
        this.writes.push(change);
      },
      setAlarm: (wakeMs) => {
        this.log.push(wakeMs === null ? 'clear alarm' : 'set alarm');
        this.alarmMs = wakeMs;
      },
      command: ({ command, waitMs }, done) => {
        this.log.push(command);
        this.commands.push({ waitMs, done });
      },
      list: (done) => {
        this.log.push('list');
        this.lists.push(done);
      },
      answer: (waiterId, answer) =>
        void this.answers.push(`${waiterId}: ${answer.ok ? 'granted' : answer.error.kind}`),
      tell: () => void this.log.push('tell'),
    };
  }
}

test('the row is written and the alarm set before anything is done', () => {
  const world = new World();
  world.open().handle(acquire('q'));
  expect(world.log).toEqual(['set alarm', 'write', 'start', 'list', 'tell']);
  expect(world.writes).toMatchObject([
    { put: [{ id: 'm-1-here-1', phase: 'starting' }], ledger: { generation: 1 } },
  ]);
});

test('several events are decided in their order and written once, before anything is done', () => {
  const world = new World();
  const host = world.open();
  host.handleAll([acquire('q1'), acquire('q2')]);
  expect(world.log.filter((each) => each === 'write')).toHaveLength(1);
  expect(world.log.slice(0, 2)).toEqual(['set alarm', 'write']);
  const one = new World();
  const other = one.open();
  other.handle(acquire('q1'));
  other.handle(acquire('q2'));
  // What came together is one change of the level of use, told after the arrivals.
  expect({ ...host.state, journal: null }).toEqual({ ...other.state, journal: null });
  expect(host.state.journal.events.map(({ kind }) => kind)).toEqual(['arrival', 'arrival', 'level']);
  expect(world.commands).toHaveLength(one.commands.length);
  const told = world.log.length;
  host.handleAll([]);
  expect(world.log).toHaveLength(told);
});

test('what cannot be written is not done, and the pool stays as it was', () => {
  const world = new World();
  const host = world.open();
  world.failWrites = true;
  expect(() => host.handle(acquire('q'))).toThrow('disk full');
  expect(world.commands).toEqual([]);
  expect(host.state.replicas.size).toBe(0);
  world.failWrites = false;
  host.handle(acquire('q'));
  expect(world.commands).toHaveLength(1);
});

test('a slot that comes back beside a request for one goes to whoever has waited longest', () => {
  const world = new World();
  const host = world.open([makeReplica('hot', { leases: [makeLease('x'), makeLease('y')] })]);
  host.handle(acquire('waits'));
  host.handleAll([{ kind: 'release', leaseId: 'x', outcome: 'served' }, acquire('comes')]);
  expect(world.answers).toEqual(['waits: granted']);
});

test('an alarm that is early enough stays: it is moved only to come sooner', () => {
  const world = new World();
  const host = world.open([makeReplica('hot')]);
  world.lists[0]?.({ ok: true, value: [makeSighting()] });
  const first = world.alarmMs ?? 0;
  expect(first).toBeGreaterThan(world.nowMs);
  world.log.length = 0;
  world.nowMs += 1;
  host.handle(acquire('q'));
  expect(world.answers).toEqual(['q: granted']);
  expect(world.log).not.toContain('set alarm');
  expect(world.alarmMs).toBe(first);
  world.nowMs = first;
  host.wake();
  expect(world.alarmMs).toBeGreaterThan(first);
});

test('an alarm whose time has passed is set anew', () => {
  const world = new World();
  const host = world.open([makeReplica('hot')]);
  world.nowMs = (world.alarmMs ?? 0) + 1;
  host.handle(acquire('q'));
  expect(world.alarmMs).toBeGreaterThan(world.nowMs);
});

test('the alarm is cleared only after the last row is gone', () => {
  const world = new World();
  const host = world.open([makeReplica('stopping')]);
  world.log.length = 0;
  host.wake();
  world.commands[0]?.done({ ok: true, value: null });
  expect(host.state.replicas.size).toBe(0);
  expect(world.log.slice(-2)).toEqual(['write', 'clear alarm']);
  expect(world.alarmMs).toBeNull();
});

describe('an object that is built anew', () => {
  test('at rest does nothing: no alarm, no call, no write', () => {
    const world = new World();
    const host = world.open();
    expect(host.view().nextWakeMs).toBeNull();
    expect(world.log).toEqual([]);
    const floored = new World();
    expect(floored.open([], 1).view().replicas).toEqual([]);
    expect(floored.log).toEqual([]);
  });

  test('with rows sends every command again, compares the list, and says that it is awake', () => {
    const world = new World();
    world.open([makeReplica('waking'), makeReplica('hot', { generation: 2 })]);
    expect(world.log).toEqual(['set alarm', 'write', 'wake', 'list', 'tell']);
  });

  test('keeps the leases that were out', () => {
    const host = new World().open([makeReplica('hot', { leases: [makeLease('x')] })]);
    expect(host.view().replicas).toMatchObject([{ leasedSlots: 1 }]);
  });
});

describe('outcomes come back as events', () => {
  test('of a command: the waiting request gets its slot', () => {
    const world = new World();
    world.open().handle(acquire('q'));
    world.nowMs += 700;
    world.commands[0]?.done({ ok: true, value: makeSighting() });
    expect(world.answers).toEqual(['q: granted']);
  });

  test('of a command that failed: the waiting request hears it', () => {
    const world = new World();
    world.open().handle(acquire('q'));
    world.commands[0]?.done({ ok: false, error: { kind: 'cannot-start', message: 'no weights' } });
    expect(world.answers).toEqual(['q: cannot-start']);
  });

  test('of a list: judged by the moment it was asked for', () => {
    const world = new World();
    const host = world.open([
      makeReplica('hot', { phaseSinceMs: t0 + 5, createdMs: t0 + 5, chargedToMs: t0 + 5 }),
    ]);
    world.nowMs = t0 + 900;
    world.lists[0]?.({ ok: true, value: [] });
    expect(host.state.replicas.size).toBe(0);
  });

  test('of a list that failed: the pool knows that its backend is away', () => {
    const world = new World();
    const host = world.open([makeReplica('hot')]);
    world.lists[0]?.({ ok: false, error: { kind: 'unreachable', message: 'refused' } });
    expect(host.view().backend).toEqual({ downSinceMs: t0, reason: 'refused' });
  });

  test('twice: the second changes nothing', () => {
    const world = new World();
    const host = world.open();
    host.handle(acquire('q'));
    world.commands[0]?.done({ ok: true, value: makeSighting() });
    const before = host.state;
    world.commands[0]?.done({ ok: true, value: makeSighting() });
    expect(host.state).toEqual(before);
    expect(world.answers).toHaveLength(1);
  });
});

test('a start may be held open for one poll, and never beyond the time that a start may take', () => {
  const waits = [0, 15_000, 30_000, 90_000].map((ageMs) => {
    const world = new World();
    world.open([makeReplica('starting', { phaseSinceMs: t0 - ageMs })]);
    return world.commands[0]?.waitMs;
  });
  expect(waits).toEqual([20_000, 15_000, 0, 0]);
});

test('the alarm is set when the wake changes, not with every event; one that fired is set anew', () => {
  const world = new World();
  const host = world.open([makeReplica('hot')]);
  const sets = (): number => world.log.filter((each) => each === 'set alarm').length;
  const before = sets();
  host.handle({ kind: 'cancel', waiterId: 'nobody' });
  expect(sets()).toBe(before);
  host.wake();
  expect(sets()).toBe(before + 1);
  expect(host.wakeMs).toBe(world.alarmMs);
});

test('a view never charges less than was charged before, on whichever clock', () => {
  const world = new World();
  const host = world.open([makeReplica('hot')]);
  world.nowMs = t0 + 5_000;
  host.handle({ kind: 'woke' });
  world.nowMs = t0 + 1_000;
  expect(host.view().life.lifetimeMs).toBe(5_000);
});

describe('a report to the planner', () => {
  test('tells what happened since the last, again until it was heard, and neither writes nor wakes', () => {
    const world = new World();
    const host = world.open();
    host.handle(acquire('q'));
    const log = [...world.log];
    const first = host.report(0);
    expect(first.events.map(({ kind }) => kind)).toEqual(['arrival', 'level']);
    expect(host.report(0)).toEqual(first);
    expect(host.report(first.seq).events).toEqual([]);
    expect(host.state.journal.events).toEqual([]);
    world.nowMs += 700;
    world.commands[0]?.done({ ok: true, value: makeSighting() });
    expect(host.report(first.seq)).toMatchObject({ nowMs: t0 + 700, busy: 1, loadMs: 700, coldWaitMs: 700 });
    expect(world.log.slice(0, log.length)).toEqual(log);
  });

  test('of a pool at rest leaves it at rest', () => {
    const world = new World();
    expect(world.open([], 1).report(0)).toMatchObject({ seq: 0, events: [], hot: 0 });
    expect(world.log).toEqual([]);
  });
});

describe('what is written', () => {
  const state = makeState([makeReplica('hot'), makeReplica('parked', { generation: 2 })]);

  test('is nothing when nothing durable changed', () => {
    expect(diffStates(state, state)).toBeNull();
    expect(diffStates(state, { ...state, nowMs: t0 + 9, waiting: [] })).toBeNull();
  });

  test('is the rows that differ, those that are gone, and the ledger when it differs', () => {
    const changed = makeReplica('hot', { leases: [makeLease('x')] });
    const after = { ...state, replicas: new Map([[changed.id, changed]]) };
    expect(diffStates(state, after)).toEqual({ ledger: null, put: [changed], drop: ['m-1-here-2'] });
    const ledger = { ...state.ledger, granted: 1 };
    expect(diffStates(state, { ...state, ledger })).toEqual({ ledger, put: [], drop: [] });
  });
});
