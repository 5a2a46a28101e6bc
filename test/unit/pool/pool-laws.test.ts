// Laws of the pool: whatever happens in whatever order, P1 to P15 hold, nobody is answered twice, the alarm neither runs hot nor is
// lost, the pool comes to rest, and tenants that all want more than there is get equal shares.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PoolCommand } from '../../../src/core/pool/pool-events.ts';
import type { ReplicaPhase } from '../../../src/core/pool/pool-view.ts';
import type { ReplicaSighting } from '../../../src/core/pool/sighting.ts';
import { ChaosPool, drawnSettings, moves } from './pool-chaos.ts';
import { PoolBench } from './pool-bench.ts';
import { makeSighting } from './pool-fixtures.ts';

const floor = fc.nat(2);

test('P1 to P15 hold after every event, each request is answered once at most, and every life is charged whole', () => {
  fc.assert(
    fc.property(drawnSettings, floor, moves, (figures, floor, drawn) => {
      const pool = new ChaosPool({ ...figures, floor: Math.min(floor, figures.replicasMax) });
      for (const move of drawn) pool.perform(move);
    }),
    { numRuns: 700 },
  );
}, 20_000);

test('a pool that hears nothing any more does not wake in a loop', () => {
  fc.assert(
    fc.property(drawnSettings, floor, moves, (figures, floor, drawn) => {
      const pool = new ChaosPool({ ...figures, floor: Math.min(floor, figures.replicasMax) });
      for (const move of drawn) pool.perform(move);
      const untilMs = pool.state.nowMs + 60_000;
      let wakes = 0;
      while (pool.last.wakeMs !== null && pool.last.wakeMs < untilMs) {
        pool.perform({ kind: 'wake' });
        wakes += 1;
      }
      // Per row a command each 40 s and two ends of windows; a list each 10 s; an end for each lease, deadline, block and plan.
      const rows = pool.state.replicas.size;
      expect(wakes).toBeLessThan(60 + 10 * rows);
    }),
    { numRuns: 500 },
  );
}, 20_000);

/** What an honest backend answers at once. */
function answerOf(command: PoolCommand): ReplicaSighting['condition'] | null {
  return command === 'stop' ? null : command === 'park' ? 'parked' : 'ready';
}

const seenAs: Record<ReplicaPhase, ReplicaSighting['condition']> = {
  starting: 'loading',
  hot: 'ready',
  draining: 'ready',
  parking: 'ready',
  parked: 'parked',
  waking: 'parked',
  stopping: 'draining',
};

/** Lets the backend answer truly and time pass; gives the number of steps until nothing is left to do. */
function settleDown(pool: ChaosPool, amnesiac: boolean): number {
  let steps = 0;
  for (; steps < 500 && pool.last.wakeMs !== null; steps += 1) {
    const queue = [...pool.last.effects];
    for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
      if (effect.kind === 'list') {
        const rows = amnesiac ? [] : [...pool.state.replicas.values()];
        const sightings = rows.map(({ id, generation, phase }) =>
          makeSighting({ id, generation, condition: seenAs[phase] }),
        );
        queue.push(
          ...pool.feed({ kind: 'listed', askedMs: pool.state.nowMs, result: { ok: true, sightings } })
            .effects,
        );
      }
      if (effect.kind !== 'command') continue;
      const { command, replicaId, generation } = effect;
      const condition = answerOf(command);
      const sighting = condition === null ? null : makeSighting({ id: replicaId, generation, condition });
      const result = { ok: true as const, sighting };
      queue.push(...pool.feed({ kind: 'command-done', command, replicaId, generation, result }).effects);
    }
    pool.perform({ kind: 'wake' });
  }
  return steps;
}

test('after any trouble, with an honest backend and no more requests, the pool comes to rest: no row, no waiter, no alarm', () => {
  fc.assert(
    fc.property(drawnSettings, moves, fc.boolean(), fc.boolean(), (figures, drawn, amnesiac, restarts) => {
      const pool = new ChaosPool({ ...figures, startTimeoutMs: 30_000, floor: 0 });
      for (const move of drawn) pool.perform(move);
      if (restarts) pool.perform({ kind: 'restart' });
      pool.perform({ kind: 'wake' });
      expect(settleDown(pool, amnesiac)).toBeLessThan(500);
      expect(pool.state.replicas.size).toBe(0);
      expect(pool.state.waiting).toEqual([]);
    }),
    { numRuns: 500 },
  );
}, 20_000);

test('tenants that always want more get equal shares, however many each has waiting and however many slots there are', () => {
  const depths = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(
      depths,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 20, max: 60 }),
      (depths, slots, rounds) => {
        const bench = new PoolBench({ slots, replicasMax: 1, queueMax: 100 });
        const tenantOf = new Map<string, string>();
        const granted = depths.map(() => 0);
        const held: string[] = [];
        let asked = 0;
        const hear = (effects: readonly { kind: string }[]): void => {
          for (const effect of effects as ReturnType<PoolBench['feed']>) {
            if (effect.kind !== 'grant') continue;
            const tenant = tenantOf.get(effect.waiterId) ?? '';
            granted[Number(tenant)] = (granted[Number(tenant)] ?? 0) + 1;
            held.push(effect.grant.leaseId);
          }
        };
        /** Every tenant keeps as many waiting as it likes to, or at least so many. */
        const fill = (atLeast: number): void => {
          for (const [tenant, depth] of depths.entries()) {
            const waiting = bench.state.waiting.filter((waiter) => waiter.tenant === String(tenant)).length;
            for (let more = waiting; more < Math.max(depth, atLeast); more += 1) {
              const id = `q${(asked += 1)}`;
              tenantOf.set(id, String(tenant));
              hear(bench.ask(id, String(tenant), 10_000_000));
            }
          }
        };
        // Enough for the first slots, so that nobody is served for want of others.
        fill(slots);
        hear(bench.answer('ready'));
        fill(1);
        for (let round = 0; round < rounds; round += 1) {
          const leaseId = held.shift() ?? '';
          hear(bench.feed({ kind: 'release', leaseId, outcome: 'served' }, 10));
          fill(1);
        }
        expect(Math.max(...granted) - Math.min(...granted)).toBeLessThanOrEqual(1);
      },
    ),
  );
});
