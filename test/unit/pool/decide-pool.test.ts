import { describe, expect, test } from 'vitest';
import { PoolBench, sightingOf } from './pool-bench.ts';
import {
  acquire,
  commandsOf,
  decide,
  effectsOf,
  makeLease,
  makePlan,
  makeReplica,
  makeState,
  makeWaiter,
  phasesOf,
  t0,
} from './pool-fixtures.ts';
import { doubtMs } from '../../../src/core/pool/pool-settings.ts';
import { turnsMax } from '../../../src/core/pool/pool-state.ts';

const kinds = (effects: readonly { kind: string }[]) => effects.map(({ kind }) => kind);

describe('a request', () => {
  test('at a pool at rest starts one replica, by an id and generation that are in the state', () => {
    const bench = new PoolBench();
    const effects = bench.ask('a');
    expect(effects).toContainEqual({
      kind: 'command',
      command: 'start',
      replicaId: 'm-1-here-1',
      generation: 1,
    });
    expect(bench.sole()).toMatchObject({ id: 'm-1-here-1', phase: 'starting', generation: 1 });
  });

  test('that waited for a start is cold, for a wake parked, and one that found it hot is hot', () => {
    const bench = new PoolBench();
    const cold = bench.warm();
    expect(cold.warmth).toBe('cold');
    const [hot] = bench.ask('b');
    expect(hot).toMatchObject({ kind: 'grant', grant: { warmth: 'hot' } });
    bench.release(cold);
    if (hot?.kind === 'grant') bench.release(hot.grant);
    bench.feed({ kind: 'woke' }, 10_000);
    bench.answer('parked', 10);
    bench.ask('c');
    expect(bench.answer('ready', 20)).toMatchObject([{ kind: 'grant', grant: { warmth: 'parked' } }]);
  });

  test('asked twice under one id waits once', () => {
    const bench = new PoolBench();
    bench.ask('a');
    bench.ask('a');
    expect(bench.state.waiting).toHaveLength(1);
  });

  test('that is cancelled, or past its deadline, waits no longer', () => {
    const bench = new PoolBench();
    bench.ask('a');
    bench.ask('b', 't', 100);
    bench.feed({ kind: 'cancel', waiterId: 'a' });
    expect(bench.feed({ kind: 'woke' }, 100)).toContainEqual({
      kind: 'refuse',
      waiterId: 'b',
      refusal: { kind: 'deadline' },
    });
    expect(bench.state.waiting).toEqual([]);
  });

  test('beyond the queue is refused, and the tenant with the longest queue pays', () => {
    const bench = new PoolBench({ replicasMax: 1 });
    for (const id of ['a1', 'a2', 'a3', 'a4']) bench.ask(id, 'a');
    expect(bench.ask('a5', 'a')).toContainEqual({
      kind: 'refuse',
      waiterId: 'a5',
      refusal: { kind: 'queue-full', retryAfterMs: expect.any(Number) },
    });
    expect(bench.ask('b1', 'b')).toContainEqual({
      kind: 'refuse',
      waiterId: 'a4',
      refusal: { kind: 'queue-full', retryAfterMs: expect.any(Number) },
    });
    expect(bench.state.waiting.map(({ id }) => id)).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  test('of the tenant whose turn is longest ago goes first, however many another one has waiting', () => {
    const bench = new PoolBench({ replicasMax: 1, slots: 1 });
    let held = bench.warm();
    for (const id of ['t2', 't3']) bench.ask(id, 't');
    for (const id of ['u1', 'u2']) bench.ask(id, 'u');
    const served: string[] = [];
    for (let turn = 1; turn <= 4; turn += 1) {
      const [next] = bench.release(held);
      if (next?.kind !== 'grant') throw new Error('no grant');
      served.push(next.waiterId);
      held = next.grant;
    }
    expect(served).toEqual(['u1', 't2', 'u2', 't3']);
  });
});

describe('an idle replica', () => {
  test('is parked after its window and stopped after the next, and then the pool is at rest', () => {
    const bench = new PoolBench();
    bench.release(bench.warm());
    expect(bench.feed({ kind: 'woke' }, 9_999).filter(({ kind }) => kind === 'command')).toEqual([]);
    expect(bench.feed({ kind: 'woke' }, 1)).toContainEqual({
      kind: 'command',
      command: 'park',
      replicaId: 'm-1-here-1',
      generation: 1,
    });
    bench.answer('parked');
    expect(bench.feed({ kind: 'woke' }, 20_000)).toContainEqual({
      kind: 'command',
      command: 'stop',
      replicaId: 'm-1-here-1',
      generation: 1,
    });
    bench.answer('ready', 30);
    expect(bench.state.replicas.size).toBe(0);
    expect(bench.wakeMs).toBeNull();
    const { busyMs, idleMs, loadingMs, parkedMs } = bench.state.ledger.past.life;
    expect([busyMs, idleMs, loadingMs, parkedMs]).toEqual([0, 10_000, 500, 20_030]);
  });

  test('that a floor or a plan holds stays hot', () => {
    const floored = new PoolBench({ floor: 1 });
    floored.release(floored.warm());
    floored.feed({ kind: 'woke' }, 60_000);
    expect(floored.sole().phase).toBe('hot');
    const planned = new PoolBench();
    planned.release(planned.warm());
    planned.feed({ kind: 'plan', plan: makePlan(1, { untilMs: planned.nowMs + 30_000 }) });
    planned.feed({ kind: 'woke' }, 20_000);
    expect(planned.sole().phase).toBe('hot');
    planned.feed({ kind: 'woke' }, 10_000);
    expect(planned.sole().phase).toBe('parking');
  });

  test('of a kind that cannot park is stopped', () => {
    const bench = new PoolBench({ parking: false });
    bench.release(bench.warm());
    bench.feed({ kind: 'woke' }, 10_000);
    expect(bench.sole().phase).toBe('stopping');
  });

  test('that is leased is never parked', () => {
    const bench = new PoolBench();
    const grant = bench.warm();
    for (let beat = 0; beat < 6; beat += 1)
      bench.feed({ kind: 'beat', leaseIds: [grant.leaseId], reused: 1 }, 5_000);
    expect(bench.sole().phase).toBe('hot');
    expect(bench.state.ledger.served).toMatchObject({ cold: 1, hot: 6 });
  });

  test('whose lease nobody renews is free after the lease ran out', () => {
    const bench = new PoolBench();
    bench.warm();
    bench.feed({ kind: 'woke' }, 30_000);
    expect(bench.sole().leases).toEqual([]);
  });
});

describe('when something fails', () => {
  test('a start that fails refuses who waits, blocks starts for a while that doubles, and says why', () => {
    const bench = new PoolBench();
    bench.ask('a');
    expect(bench.answer('failed')).toContainEqual({
      kind: 'refuse',
      waiterId: 'a',
      refusal: { kind: 'cannot-start', retryAfterMs: 1000 },
    });
    expect(bench.state.ledger.backoff).toMatchObject({ failures: 1, reason: 'no weights' });
    bench.answer('ready');
    expect(kinds(bench.ask('b'))).toEqual(['refuse']);
    bench.feed({ kind: 'woke' }, 1_000);
    bench.ask('c');
    bench.answer('failed');
    expect(bench.state.ledger.backoff).toMatchObject({ failures: 2, untilMs: bench.nowMs + 2_000 });
  });

  test('a backend out of reach refuses who waits after the grace time, and is asked again', () => {
    const bench = new PoolBench();
    bench.ask('a');
    const { id: replicaId, generation } = bench.sole();
    const down = { ok: false as const, failure: { kind: 'unreachable' as const, message: 'refused' } };
    bench.feed({ kind: 'command-done', command: 'start', replicaId, generation, result: down });
    expect(bench.state.waiting).toHaveLength(1);
    expect(kinds(bench.feed({ kind: 'woke' }, 250))).toContain('command');
    expect(bench.feed({ kind: 'woke' }, 2_000)).toContainEqual({
      kind: 'refuse',
      waiterId: 'a',
      refusal: { kind: 'backend-down', retryAfterMs: 2000 },
    });
    expect(bench.sole().phase).toBe('stopping');
  });

  test('a replica that a request could not reach gets no slot until the list says that it lives', () => {
    const bench = new PoolBench();
    const grant = bench.warm();
    expect(kinds(bench.release(grant, 'replica-failed', 5))).toContain('list');
    expect(bench.sole().phase).toBe('draining');
    bench.feed({
      kind: 'listed',
      askedMs: bench.nowMs,
      result: { ok: true, sightings: [sightingOf(bench.sole(), 'ready')] },
    });
    expect(bench.sole().phase).toBe('hot');
  });

  test('while others serve, one look answers for all whose replica has died', () => {
    const leases = [makeLease('x'), makeLease('y')];
    const replicas = [makeReplica('hot', { leases }), makeReplica('hot', { generation: 2 })];
    const failed = (leaseId: string) => ({ kind: 'release', leaseId, outcome: 'replica-failed' }) as const;
    const first = decide(makeState(replicas), failed('x'));
    expect(kinds(first.effects)).not.toContain('list');
    expect(first.wakeMs).toBe(t0 + doubtMs);
    const second = decide(first.state, failed('y'), { atMs: t0 + doubtMs - 1 });
    expect(kinds(second.effects)).not.toContain('list');
    const look = decide(second.state, { kind: 'woke' }, { atMs: t0 + doubtMs });
    expect(kinds(look.effects)).toEqual(['list']);
  });

  test('a replica that the list does not know is buried and replaced for who waits', () => {
    const bench = new PoolBench({ slots: 1, replicasMax: 1 });
    bench.warm();
    bench.ask('b');
    bench.feed({ kind: 'listed', askedMs: bench.nowMs + 1, result: { ok: true, sightings: [] } }, 2);
    expect(bench.sole()).toMatchObject({ generation: 2, phase: 'starting' });
  });

  test('a replica that only the list knows is stopped', () => {
    const bench = new PoolBench();
    const orphan = sightingOf({ id: 'm-1-here-9', generation: 9 }, 'ready');
    bench.warm();
    const effects = bench.feed({ kind: 'listed', askedMs: 0, result: { ok: true, sightings: [orphan] } });
    expect(effects).toContainEqual({
      kind: 'command',
      command: 'stop',
      replicaId: 'm-1-here-9',
      generation: 9,
    });
  });

  test('news of another generation, or of a phase that is over, changes nothing', () => {
    const bench = new PoolBench();
    bench.warm();
    const before = bench.state.replicas;
    const late = { ok: true as const, sighting: sightingOf(bench.sole(), 'failed') };
    bench.feed({
      kind: 'command-done',
      command: 'start',
      replicaId: bench.sole().id,
      generation: 7,
      result: late,
    });
    bench.feed({
      kind: 'command-done',
      command: 'park',
      replicaId: bench.sole().id,
      generation: 1,
      result: late,
    });
    expect(bench.state.replicas).toEqual(before);
  });

  test('a clock that runs backwards charges nothing twice and nothing negative', () => {
    const bench = new PoolBench();
    const grant = bench.warm();
    bench.nowMs -= 400;
    bench.release(grant);
    expect(bench.sole().life.busyMs).toBe(0);
    expect(bench.state.nowMs).toBe(1_500);
  });
});

describe('each event', () => {
  test('restarted: every command under way is sent again, the list is compared, the planner is told', () => {
    const phases = ['starting', 'parking', 'waking', 'stopping', 'hot', 'parked'] as const;
    const replicas = phases.map((phase, index) => makeReplica(phase, { generation: index + 1 }));
    const decision = decide(makeState(replicas), { kind: 'restarted' }, { settings: { replicasMax: 6 } });
    expect(commandsOf(decision)).toEqual(
      ['start', 'park', 'wake', 'stop'].map((command, index) => `${command} m-1-here-${index + 1}`),
    );
    expect(decision.effects.slice(-2)).toEqual([{ kind: 'list' }, { kind: 'tell' }]);
  });

  test('restarted or woken at rest: nothing at all', () => {
    for (const kind of ['restarted', 'woke'] as const) {
      expect(decide(makeState([]), { kind })).toMatchObject({ effects: [], wakeMs: null });
    }
  });

  test('acquire: the planner is told when the pool leaves rest, and only then', () => {
    const first = decide(makeState([]), acquire('p'));
    expect(effectsOf(first, 'tell')).toHaveLength(1);
    expect(effectsOf(decide(first.state, acquire('q')), 'tell')).toEqual([]);
  });

  test('acquire: a slot that is free is granted at once, for the time of a lease', () => {
    const decision = decide(makeState([makeReplica('hot')]), acquire('q'));
    expect(decision.effects).toEqual([
      {
        kind: 'grant',
        waiterId: 'q',
        grant: {
          leaseId: 'm-1-here-1.1',
          replicaId: 'm-1-here-1',
          endpoint: 'http://replica-1',
          warmth: 'hot',
          expiresMs: t0 + 30_000,
          contended: false,
          verdict: decision.state.care.verdict,
        },
      },
      { kind: 'tell' },
    ]);
    expect(decision.state.ledger).toMatchObject({ granted: 1, served: { hot: 1 } });
  });

  test('acquire: one that comes too late starts nothing', () => {
    const decision = decide(makeState([]), acquire('q', { deadlineMs: t0 }));
    expect(decision).toMatchObject({
      effects: [{ kind: 'refuse', refusal: { kind: 'deadline' } }],
      wakeMs: null,
    });
  });

  test('acquire: asked again under the same id while it waits, it is one arrival', () => {
    const once = decide(makeState([]), acquire('q'));
    const twice = decide(once.state, acquire('q'));
    expect(twice.state.waiting).toHaveLength(1);
    expect(twice.state.journal.events.filter(({ kind }) => kind === 'arrival')).toHaveLength(1);
  });

  test('acquire: tenants without number leave a bounded memory of turns', () => {
    const bench = new PoolBench();
    bench.release(bench.warm());
    for (let tenant = 0; tenant < turnsMax + 20; tenant += 1) {
      const [grant] = bench.ask(`q${tenant}`, `t${tenant}`);
      if (grant?.kind !== 'grant') throw new Error('no grant');
      bench.release(grant.grant);
    }
    expect(bench.state.turns.size).toBe(turnsMax);
    expect(bench.state.turns.has(`t${turnsMax + 19}`)).toBe(true);
  });

  test('cancel: of nobody changes nothing; of the last who waits, the pool does not wake for it', () => {
    const state = makeState([makeReplica('starting')], {
      waiting: [makeWaiter('q', { deadlineMs: t0 + 5 })],
    });
    expect(decide(state, { kind: 'cancel', waiterId: 'x' }).wakeMs).toBe(t0 + 5);
    expect(decide(state, { kind: 'cancel', waiterId: 'q' }).wakeMs).toBe(t0 + 10_000);
  });

  test('release: a late one never frees the slot that was granted since', () => {
    const full = makeReplica('hot', { leases: [makeLease('m-1-here-1.7')], leaseCounter: 7 });
    const freed = decide(makeState([full]), { kind: 'release', leaseId: 'm-1-here-1.7', outcome: 'served' });
    const again = decide(freed.state, acquire('q'));
    const late = decide(again.state, { kind: 'release', leaseId: 'm-1-here-1.7', outcome: 'served' });
    expect([...late.state.replicas.values()]).toMatchObject([{ leases: [{ id: 'm-1-here-1.8' }] }]);
  });

  test('release: a failed replica takes no more requests and loses none that run; the failure is counted', () => {
    const hot = makeReplica('hot', { leases: [makeLease('x'), makeLease('y')] });
    const decision = decide(makeState([hot]), { kind: 'release', leaseId: 'x', outcome: 'replica-failed' });
    expect([...decision.state.replicas.values()]).toMatchObject([
      { phase: 'draining', leases: [{ id: 'y' }] },
    ]);
    expect(decision.state.ledger.served.failed).toBe(1);
    expect(effectsOf(decision, 'list')).toHaveLength(1);
  });

  test('release: the idle window begins with the last one', () => {
    const hot = makeReplica('hot', { leases: [makeLease('x'), makeLease('y')] });
    const one = decide(
      makeState([hot]),
      { kind: 'release', leaseId: 'x', outcome: 'served' },
      { atMs: t0 + 5 },
    );
    const both = decide(one.state, { kind: 'release', leaseId: 'y', outcome: 'served' }, { atMs: t0 + 9 });
    expect([one, both].map(({ state }) => state.replicas.get('m-1-here-1'))).toMatchObject([
      { idleSinceMs: t0 },
      { idleSinceMs: t0 + 9, life: { busyMs: 9 } },
    ]);
  });

  test('beat: renews what it names and nothing else, and counts what was served without asking', () => {
    const hot = makeReplica('hot', { leases: [makeLease('x'), makeLease('y')] });
    const beat = { kind: 'beat', leaseIds: ['x', 'gone'], reused: 12 } as const;
    const decision = decide(makeState([hot]), beat, { atMs: t0 + 100 });
    expect([...decision.state.replicas.values()][0]?.leases.map(({ expiresMs }) => expiresMs - t0)).toEqual([
      30_100, 30_000,
    ]);
    expect(decision.state.ledger).toMatchObject({
      served: { hot: 12 },
      granted: 0,
    });
    expect(decision.state.journal.events).toContainEqual(
      expect.objectContaining({ kind: 'arrival', count: 12 }),
    );
  });

  test('plan: brings up what it asks for, within the maximum, and ends by itself', () => {
    const plan = (hot: number) => ({ kind: 'plan', plan: makePlan(hot, { untilMs: t0 + 90_000 }) }) as const;
    expect(phasesOf(decide(makeState([]), plan(9)))).toEqual(['starting', 'starting']);
    const held = decide(makeState([makeReplica('hot')]), plan(1));
    const before = decide(held.state, { kind: 'woke' }, { atMs: t0 + 89_999 });
    expect(before.wakeMs).toBe(t0 + 90_000);
    expect(phasesOf(decide(before.state, { kind: 'woke' }, { atMs: t0 + 90_000 }))).toEqual(['parking']);
  });
});
