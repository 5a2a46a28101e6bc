// A pool leaves out the replica that is at fault and no other, keeps at least half of those that answer, blames the target only for what
// several do, and lets one probe at a time through while the target is open. H1-H3 hold whatever is reported.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noBlame, noteBlame } from '../../../src/core/resilience/blame.ts';
import { decideHealth, type HealthEvent } from '../../../src/core/resilience/decide-health.ts';
import { noFirstTokens, noteFirstTokens, overdueAfterMs } from '../../../src/core/resilience/first-tokens.ts';
import { heldIn } from '../../../src/core/resilience/outlier.ts';
import {
  durableHealth,
  noHealth,
  probeDue,
  servingReplicas,
  verdictOf,
  type PoolHealth,
} from '../../../src/core/resilience/pool-health.ts';

const ids = ['r1', 'r2', 'r3', 'r4'];
const pool = (replicaIds: readonly string[] = ids): PoolHealth =>
  decideHealth(noHealth('tiny@1', 0), { kind: 'members', replicaIds }, 0).health;
const report = (
  replicaId: string,
  run: string,
  firstTokensMs: readonly number[] = [],
  beatenMs?: readonly number[],
): HealthEvent => ({
  kind: 'reports',
  reports: [{ replicaId, run, okAgeMs: 0, firstTokensMs, ...(beatenMs !== undefined && { beatenMs }) }],
});
const after = (health: PoolHealth, nowMs: number, ...events: HealthEvent[]): PoolHealth =>
  events.reduce((each, event) => decideHealth(each, event, nowMs).health, health);
const ask = (replicaId: string): HealthEvent => ({ kind: 'ask-probe', replicaId, holder: 'x' });
const times = (ms: number, count = 20): number[] => Array.from({ length: count }, (_, at) => ms + (at % 3));

describe('one bad replica', () => {
  test('is left out alone; its idle slots are to go back; the target stays closed', () => {
    const health = after(pool(), 100, report('r2', 'hhh'));
    expect([...servingReplicas(health)]).toEqual(['r1', 'r3', 'r4']);
    expect(verdictOf(health)).toMatchObject({ targetOpen: false, probeDueMs: null, ejected: ['r2'] });
  });

  test('is left out when it is slow beside the others, however slow the others are', () => {
    const health = after(
      pool(),
      100,
      ...ids.map((id) => report(id, 'ooo', times(id === 'r3' ? 1_000 : 100))),
    );
    expect([...servingReplicas(health)]).toEqual(['r1', 'r2', 'r4']);
    expect(health.replicas['r3']?.circuit).toMatchObject({ cause: 'outlier-slow' });
    const allSlow = after(pool(), 100, ...ids.map((id) => report(id, 'ooo', times(1_000))));
    expect(servingReplicas(allSlow).size).toBe(4);
  });

  test('is left out when it fails beside the others', () => {
    const fine = ['r1', 'r2', 'r4'].map((id) => report(id, 'oooooooooooo'));
    const health = after(pool(), 100, ...fine, report('r3', 'ofofofooofooooo'));
    expect(health.replicas['r3']?.circuit).toMatchObject({ phase: 'open', cause: 'outlier-errors' });
  });

  test('of which isolates think well because nobody told them what is overdue is seen through its times', () => {
    const usual = ids.map((id) => report(id, 'o', times(100)));
    const health = after(pool(), 100, ...usual, report('r1', 'oooooo', [2_000, 2_100]));
    expect(health.replicas['r1']?.circuit).toMatchObject({ phase: 'open', cause: 'slow' });
  });

  test('is not usual however long it is slow, until it has been so for hundreds of requests', () => {
    let health = after(
      pool(['r1']),
      100,
      report('r1', 'o', times(100, 20)),
      report('r1', 'o', times(100, 20)),
    );
    const usualMs = verdictOf(health).firstTokenMsP50 ?? 0;
    for (let at = 0; at < 10; at += 1) health = after(health, 200, report('r1', 's', times(2_000, 10)));
    expect(verdictOf(health).firstTokenMsP50).toBeLessThan(1.2 * usualMs);
    for (let at = 0; at < 200; at += 1) health = after(health, 300, report('r1', 's', times(2_000, 10)));
    expect(verdictOf(health).firstTokenMsP50).toBeGreaterThan(10 * usualMs);
  });

  test('is not left out again for what it did before it was', () => {
    const usual = ids.map((id) => report(id, 'oo', times(id === 'r3' ? 1_000 : 100)));
    const slow = after(pool(), 100, ...usual);
    const asked = decideHealth(slow, ask('r3'), 1_000);
    const back = after(asked.health, 1_100, {
      kind: 'probe-done',
      permits: asked.permits ?? [],
      outcome: 'ok',
    });
    expect(servingReplicas(after(back, 1_200, report('r1', 'oo', times(100)))).size).toBe(4);
  });

  test('does not decide what is usual', () => {
    const health = after(pool(), 100, ...ids.map((id) => report(id, 'o', times(id === 'r1' ? 4_000 : 100))));
    expect(verdictOf(health).firstTokenMsP95).toBeLessThan(130);
    expect(verdictOf(health).overdueMs).toBeGreaterThanOrEqual(250);
    expect(verdictOf(health).overdueMs).toBeLessThan(400);
  });

  test('by which others were faster moves nothing that is usual, however often a second replica had to be asked', () => {
    let health = after(
      pool(['r1']),
      100,
      report('r1', 'o', times(150, 20)),
      report('r1', 'o', times(150, 20)),
    );
    const usual = verdictOf(health);
    for (let at = 0; at < 200; at += 1)
      health = after(health, 200, report('r1', 's', [], times(320, 5)), report('r1', 'o', times(150, 1)));
    expect(verdictOf(health).firstTokenMsP95).toBeCloseTo(usual.firstTokenMsP95 ?? 0, 0);
  });

  test('is left out by the times in which others were faster as by its own', () => {
    const usual = ids.map((id) =>
      report(id, 'oo', id === 'r3' ? [] : times(100), id === 'r3' ? times(1_000) : []),
    );
    expect(after(pool(), 100, ...usual).replicas['r3']?.circuit).toMatchObject({ cause: 'outlier-slow' });
  });

  test('is nobody when it is alone, and nobody can tell of two that are new', () => {
    const health = after(pool(['r1']), 100, report('r1', 'oo', times(5_000)));
    expect(servingReplicas(health).size).toBe(1);
    expect(overdueAfterMs([noteFirstTokens(noFirstTokens, [100])])).toBeNull();
  });
});

describe('the floor', () => {
  const failing = ids.map((id) => report(id, 'fff'));

  test('keeps half of the replicas in, those that were left out last, when all fail; and the target is open', () => {
    let health = pool();
    for (const [at, event] of failing.entries()) health = after(health, 100 + at, event);
    expect([...servingReplicas(health)]).toEqual(['r3', 'r4']);
    expect(verdictOf(health).targetOpen).toBe(true);
  });

  test('keeps nobody in who refuses connections', () => {
    const health = after(pool(), 100, ...ids.map((id) => report(id, 'hhh')));
    expect(servingReplicas(health).size).toBe(0);
    expect(heldIn(Object.values(health.replicas)).size).toBe(0);
  });

  test('lets one go that serves well again', () => {
    let health = pool();
    for (const [at, event] of failing.entries()) health = after(health, 100 + at, event);
    health = after(health, 3_000, report('r4', 'ooooo'));
    expect(health.replicas['r4']?.circuit.phase).toBe('closed');
    expect(verdictOf(health).targetOpen).toBe(false);
  });
});

describe('the target', () => {
  test('says when it may be probed: once its own circuit is due and a replica, where none serves, and not before', () => {
    for (let tries = 0; tries < 40; tries += 1) {
      let health = after(pool(['r1', 'r2']), 100, report('r1', 'fff'), report('r2', 'fff'));
      for (let probes = 0; probes < tries; probes += 1) {
        const dueMs = verdictOf(health).probeDueMs ?? 0;
        const asked = decideHealth(health, ask(probeDue(health, dueMs) ?? ''), dueMs);
        const permits = asked.permits ?? [];
        health = after(asked.health, dueMs + 50, { kind: 'probe-done', permits, outcome: 'failure' });
      }
      const dueMs = verdictOf(health).probeDueMs ?? 0;
      expect(probeDue(health, dueMs)).not.toBeNull();
      expect(probeDue(health, dueMs - 1)).toBeNull();
    }
  });

  test('opens for three failures in a row of several replicas', () => {
    const health = after(pool(), 100, report('r1', 'f'), report('r2', 'f'), report('r3', 'f'));
    expect(health.target).toMatchObject({ phase: 'open', cause: 'failures' });
  });

  test('opens with its only replica', () => {
    const health = after(pool(['r1']), 100, report('r1', 'hhh'));
    expect(verdictOf(health).targetOpen).toBe(true);
  });

  test('closes when there is no replica any more, because the pool starts one', () => {
    const health = after(pool(['r1']), 100, report('r1', 'hhh'), { kind: 'members', replicaIds: [] });
    expect(verdictOf(health).targetOpen).toBe(false);
  });

  test('is probed by one request in the whole pool, whose success closes both circuits', () => {
    const dead = after(pool(['r1', 'r2']), 100, report('r1', 'hhh'), report('r2', 'hhh'));
    expect(probeDue(dead, 101)).toBeNull();
    const due = probeDue(dead, 400);
    expect(due).not.toBeNull();
    const asked = decideHealth(dead, ask(due ?? ''), 400);
    expect(asked.permits?.map(({ circuitId }) => circuitId)).toEqual(['tiny@1', due]);
    expect(probeDue(asked.health, 401)).toBeNull();
    for (const id of ['r1', 'r2']) expect(decideHealth(asked.health, ask(id), 401).permits).toBeNull();
    const passed = decideHealth(
      asked.health,
      { kind: 'probe-done', permits: asked.permits ?? [], outcome: 'ok' },
      450,
    );
    expect(passed.changed).toBe(true);
    expect([...servingReplicas(passed.health)]).toEqual([due]);
    expect(verdictOf(passed.health).targetOpen).toBe(false);
  });

  test('needs no permit for a replica that serves', () => {
    expect(decideHealth(pool(), ask('r1'), 10).permits).toEqual([]);
    expect(decideHealth(pool(), ask('nobody'), 10).permits).toBeNull();
  });

  test('is opened and closed by an operator', () => {
    const open = after(pool(), 10, { kind: 'force', replicaId: null, open: true, by: 'ada' });
    expect(open.target.history.at(-1)).toMatchObject({ cause: 'operator', detail: 'ada' });
    expect(
      verdictOf(after(open, 20, { kind: 'force', replicaId: null, open: false, by: 'ada' })).targetOpen,
    ).toBe(false);
  });
});

describe('blame', () => {
  test('is held back while one replica of several fails alone, and falls on the target with the second', () => {
    const first = noteBlame(noBlame, { replicaId: 'a', run: 'ff' }, 3, 0);
    expect(first.run).toBe('');
    expect(noteBlame(first.blame, { replicaId: 'b', run: 'f' }, 3, 10).run).toBe('fff');
    expect(noteBlame(first.blame, { replicaId: 'b', run: 'of' }, 3, 10).run).toBe('of');
    expect(noteBlame(first.blame, { replicaId: 'b', run: 'f' }, 3, 5_000).run).toBe('');
    expect(noteBlame(noBlame, { replicaId: 'a', run: 'ff' }, 1, 0).run).toBe('ff');
  });
});

describe('whatever is reported', () => {
  const id = fc.constantFrom(...ids, '__proto__', 'nobody');
  const run = fc.array(fc.constantFrom('o', 'f', 'h', 's', 't'), { maxLength: 6 }).map((all) => all.join(''));
  const events: fc.Arbitrary<HealthEvent> = fc.oneof(
    fc
      .tuple(id, run, fc.array(fc.nat(3_000), { maxLength: 8 }))
      .map(([replicaId, letters, ms]) => report(replicaId, letters, ms)),
    id.map(ask),
    fc.subarray(ids).map((replicaIds): HealthEvent => ({ kind: 'members', replicaIds })),
    fc.record({
      kind: fc.constant('force' as const),
      replicaId: id,
      open: fc.boolean(),
      by: fc.constant('x'),
    }),
    fc.constant<HealthEvent>({ kind: 'woke' }),
  );

  test('half of those that answer serve, one probe at most is out while the target is open, the state is plain and small', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(events, fc.nat(700)), { maxLength: 50 }), (story) => {
        let health = pool();
        let nowMs = 0;
        for (const [event, waitMs] of story) {
          nowMs += waitMs;
          const decision = decideHealth(health, event, nowMs);
          health = decision.health;
          const circuits = Object.values(health.replicas).map(({ circuit }) => circuit);
          const answering = circuits.filter(({ cause }) => cause !== 'hard' && cause !== 'operator');
          const serving = servingReplicas(health);
          const left = answering.filter((circuit) => serving.has(circuit.id));
          expect(left.length).toBeGreaterThanOrEqual(Math.ceil(answering.length / 2));
          if (decision.permits?.some(({ circuitId }) => circuitId === health.target.id) === true)
            expect(health.target.probe.given).not.toBeNull();
          expect(JSON.parse(JSON.stringify(health))).toEqual(health);
          expect(JSON.stringify(durableHealth(health)).length).toBeLessThan(16_000);
          if (decision.wakeMs === null)
            expect(circuits.every(({ phase, id: each }) => phase === 'closed' || serving.has(each))).toBe(
              true,
            );
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a restart keeps who is left out, and forgets what was measured', () => {
    const health = durableHealth(after(pool(), 100, report('r2', 'hhh'), report('r1', 'of', times(100))));
    expect([...servingReplicas(health)]).toEqual(['r1', 'r3', 'r4']);
    expect(health.replicas['r1']?.circuit.run).toBe('');
    expect(verdictOf(health).firstTokenMsP50).toBeNull();
  });
});
