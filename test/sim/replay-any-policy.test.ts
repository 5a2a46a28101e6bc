// What holds for every policy, however foolish: all seconds are accounted for, every request is served, and the price of guesses is
// never more than what was paid. The policies here do anything at random.
import { describe, expect, it } from 'vitest';
import { drawInteger, makeRng } from '../../src/core/base/rng.ts';
import type { Fleet, FleetPolicy } from '../../src/sim/replay/fleet-policy.ts';
import { Ledger } from '../../src/sim/replay/ledger.ts';
import { runReplay } from '../../src/sim/replay/run-replay.ts';
import { phases, SimReplica } from '../../src/sim/replay/sim-replica.ts';
import { drawWorkload, policyOf, withParking } from '../support/replay-workload.ts';

const seeds = Array.from({ length: 30 }, (_, seed) => seed);

/** Does anything at any moment; `acts` counts what it started or woke ahead, `fleet` is the one it got. */
function randomPolicy(seed: number): { policy: FleetPolicy; acts: () => number; fleet: () => Fleet } {
  const rng = makeRng(seed);
  let ahead = 0;
  let last: Fleet | null = null;
  const act = (pool: number, fleet: Fleet): void => {
    last = fleet;
    const paidSeconds = fleet.speculatedSeconds() + fleet.groundedSeconds();
    expect(paidSeconds).toBeGreaterThanOrEqual(-1e-6);
    expect(fleet.coming(pool)).toBeGreaterThanOrEqual(0);
    expect(fleet.oldestIdleMs(pool) >= 0).toBe(fleet.idle(pool) > 0);
    expect(fleet.oldestParkedMs(pool) >= 0).toBe(fleet.parked(pool) > 0);
    expect(fleet.idleAgesMs(pool)).toHaveLength(fleet.idle(pool));
    expect(fleet.idleAgesMs(pool)[0] ?? -1).toBe(fleet.oldestIdleMs(pool));
    expect(fleet.parkedAgesMs(pool)).toHaveLength(fleet.parked(pool));
    expect(fleet.parkedAgesMs(pool)[0] ?? -1).toBe(fleet.oldestParkedMs(pool));
    const preparking = fleet.preparking(pool);
    const choice = drawInteger(rng, 0, 9);
    if (choice === 0) fleet.prewarm(pool);
    if (choice === 1) fleet.prepark(pool);
    if (choice <= 1 || (choice === 2 && fleet.wake(pool))) ahead += 1;
    if (choice === 3) fleet.stopIdle(pool);
    if (choice === 4) fleet.parkIdle(pool);
    if (choice === 5) fleet.stopParked(pool);
    if (choice === 6) fleet.callAt(pool, fleet.nowMs + drawInteger(rng, 1, 600) * 1000);
    if (choice === 7) fleet.callAt(pool, null);
    if (choice === 8) expect(fleet.claim(pool)).toBe(preparking > 0);
  };
  const policy = policyOf({
    tickMs: 300_000,
    begin: (fleet) => act(0, fleet),
    onArrival: (pool, _, fleet) => act(pool, fleet),
    onEnd: act,
    onTimer: act,
    onTick: (fleet) => act(drawInteger(rng, 0, fleet.poolCount - 1), fleet),
    windows: (pool, fleet) => {
      if (rng() < 0.3) act(pool, fleet);
      const draw = (): number => (rng() < 0.1 ? Infinity : drawInteger(rng, 0, 90) * 10_000);
      return { parkAfterMs: draw(), stopAfterMs: draw() };
    },
  });
  const fleet = (): Fleet => {
    if (last === null) throw new Error('the policy was never called');
    return last;
  };
  return { policy, acts: () => ahead, fleet };
}

describe.each(['own', 'shared'] as const)('whatever a policy does, with the queueing %s', (queueing) => {
  it.each(seeds)('every second and every request is accounted for, seed %i', (seed) => {
    const workload = drawWorkload(seed, { requests: 200, pools: 3, gridSeconds: 10, days: 2 });
    const loads = makeRng(seed);
    const waits = new Map<number, number>();
    const { policy, acts, fleet } = randomPolicy(seed);
    const result = runReplay({
      workload,
      policy,
      queueing,
      figures: withParking,
      drawLoadMs: () => drawInteger(loads, 0, 60_000),
      onServed: (request, waitMs) => waits.set(request, waitMs),
    });
    expect(result.lifetimeCheck).toBe(0);
    expect(waits.size).toBe(200);
    expect([...waits.values()].every((waitMs) => waitMs >= 0)).toBe(true);
    const { busy, idle, load, parked, total } = result.gpuSeconds;
    expect(busy).toBe(workload.execMs.reduce((sum, each) => sum + each, 0) / 1000);
    expect(total).toBe(busy + idle + load + parked);
    const paid = idle + load + withParking.parkedShare * parked;
    const waited = [...waits.values()].reduce((sum, each) => sum + each, 0) / 1000;
    expect(fleet().waitedSeconds()).toBeCloseTo(waited, 6);
    expect(result.cost).toBeCloseTo(paid + withParking.gamma * waited, 6);
    const { useful, wasted } = result.prewarms;
    // One that was parked ahead and then woken ahead is one guess.
    expect(useful + wasted).toBeLessThanOrEqual(acts());
    expect(useful + wasted).toBeGreaterThan(0);
    // What is neither is the loads of those whose guess came true.
    expect(fleet().speculatedSeconds() + fleet().groundedSeconds()).toBeLessThanOrEqual(paid + 1e-6);
    expect(fleet().speculatedSeconds()).toBeGreaterThanOrEqual(0);
  });
});

describe('the identity of lifetimes', () => {
  it('shows a second that was charged to nothing, and one that was charged twice', () => {
    for (const resumeMs of [7000, 4000]) {
      const ledger = new Ledger({ beginMs: 0, days: 1, parkedShare: 0 });
      const replica = new SimReplica(0, 0);
      ledger.enter(replica, phases.load, 0);
      ledger.leave(replica, 5000);
      ledger.enter(replica, phases.idle, resumeMs);
      ledger.leave(replica, 10_000);
      ledger.bury(replica, 10_000);
      expect(ledger.lifetimeGapMs()).toBe(Math.abs(resumeMs - 5000));
    }
  });
});
