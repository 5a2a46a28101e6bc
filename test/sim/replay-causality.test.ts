// No policy sees the future: another future changes no decision before it. Policies that peek are planted and must be caught.
import { describe, expect, it } from 'vitest';
import { makeRng } from '../../src/core/base/rng.ts';
import { changeFuture, checkCausality } from '../../src/sim/replay/check-causality.ts';
import type { FleetPolicy } from '../../src/sim/replay/fleet-policy.ts';
import { recordDecisions } from '../../src/sim/replay/record-decisions.ts';
import { runReplay } from '../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../src/sim/replay/workload.ts';
import { fixedKeepAlive, fixedTwoTier } from '../../src/sim/rivals/fixed-windows.ts';
import { policyFamilies } from '../../src/sim/rivals/policy-families.ts';
import { parsePolicy } from '../../src/sim/rivals/policy-of.ts';
import { dayMs, drawWorkload, policyOf, withParking } from '../support/replay-workload.ts';

const workload = drawWorkload(7, { requests: 400, pools: 4, gridSeconds: 10, days: 2 });
const history = drawWorkload(8, { requests: 200, pools: 4, gridSeconds: 10, days: 1 });
const setting = { workload, figures: withParking, moments: 12, seed: 11 };

/** Warms the pools that were busy in the last hours, at ticks, and asks for a timer now and then: all hands are used. */
function honestPolicy(): FleetPolicy {
  const lastMs = new Map<number, number>();
  return policyOf({
    tickMs: 30_000,
    learn: ({ arrivals, endMs }) => {
      for (const { pool, atMs } of arrivals) lastMs.set(pool, atMs - endMs);
    },
    onArrival: (pool, _, fleet) => {
      lastMs.set(pool, fleet.nowMs);
      fleet.callAt(pool, fleet.nowMs + 45_000);
    },
    onTimer: (pool, fleet) => fleet.parkIdle(pool) || fleet.prepark(pool),
    onTick: (fleet) => {
      for (let pool = 0; pool < fleet.poolCount; pool += 1) {
        const ageMs = fleet.nowMs - (lastMs.get(pool) ?? -Infinity);
        if (ageMs < 120_000 && fleet.idle(pool) + fleet.coming(pool) === 0)
          if (!fleet.wake(pool)) fleet.prewarm(pool);
        if (ageMs > 900_000 && !fleet.stopIdle(pool)) fleet.stopParked(pool);
      }
    },
    windows: () => ({ parkAfterMs: 60_000, stopAfterMs: 3_600_000 }),
  });
}

describe('a policy that decides from the past alone', () => {
  it.each([
    ['fixed keep-alive', () => fixedKeepAlive(600)],
    ['two tiers', () => fixedTwoTier(60, 3600)],
    ['one that learns, ticks and sets timers', honestPolicy],
  ])('decides alike before the moment whatever comes after it: %s', (_, makePolicy) => {
    const { compared, faults } = checkCausality({ ...setting, makePolicy, history });
    expect(faults).toEqual([]);
    expect(compared).toBeGreaterThan(500);
  });

  it.each(policyFamilies.map((family) => [family.name, family.sweep[Math.floor(family.sweep.length / 2)]]))(
    'so does every policy that can be named: %s',
    (_, spec) => {
      const factory = parsePolicy(spec ?? '');
      if (!factory.ok) throw new Error(factory.error);
      const makePolicy = (): FleetPolicy => factory.value({ poolCount: workload.pools.length });
      expect(checkCausality({ ...setting, makePolicy, history, moments: 4 }).faults).toEqual([]);
    },
  );

  it('is not changed by being watched', () => {
    const run = (policy: FleetPolicy): unknown =>
      runReplay({ workload, figures: withParking, policy, history, queueing: 'shared' });
    expect(run(recordDecisions(honestPolicy(), () => undefined))).toEqual(run(honestPolicy()));
  });
});

describe('a policy that peeks is caught', () => {
  const nextOf = (of: Workload, pool: number, nowMs: number): number =>
    of.arrivalMs.find((atMs, at) => of.pool[at] === pool && atMs > nowMs) ?? Infinity;

  it('when it warms just in time for a request that nobody can know of', () => {
    const makePolicy = (of: Workload): FleetPolicy =>
      policyOf({
        tickMs: 30_000,
        onTick: (fleet) => {
          const isDue = nextOf(of, 0, fleet.nowMs) - fleet.nowMs < 60_000;
          if (isDue && fleet.idle(0) + fleet.coming(0) === 0) fleet.prewarm(0);
        },
        windows: () => ({ parkAfterMs: Infinity, stopAfterMs: 60_000 }),
      });
    expect(checkCausality({ ...setting, makePolicy }).faults.length).toBeGreaterThan(0);
  });

  it('when it keeps a replica only if it will be needed', () => {
    const makePolicy = (of: Workload): FleetPolicy =>
      policyOf({
        windows: (pool, fleet) => ({
          parkAfterMs: Infinity,
          stopAfterMs: nextOf(of, pool, fleet.nowMs) < fleet.nowMs + 600_000 ? 600_000 : 0,
        }),
      });
    const [fault] = checkCausality({ ...setting, makePolicy }).faults;
    expect(fault?.expected?.what).toBe('windows');
    expect(fault?.expected?.atMs).toBeLessThan(fault?.momentMs ?? 0);
  });

  it('when it knows how long a request will run', () => {
    const makePolicy = (of: Workload): FleetPolicy => {
      let arrived = -1;
      return policyOf({
        onArrival: (pool, _, fleet) => {
          arrived += 1;
          fleet.callAt(pool, fleet.nowMs + (of.execMs[arrived] ?? 0));
        },
        windows: () => ({ parkAfterMs: Infinity, stopAfterMs: 60_000 }),
      });
    };
    expect(checkCausality({ ...setting, makePolicy }).faults.length).toBeGreaterThan(0);
  });
});

describe('another future', () => {
  it('leaves the past as it was, stays sorted and inside the span', () => {
    const momentMs = 0.7 * dayMs;
    const other = changeFuture(workload, momentMs, makeRng(3));
    const pastCount = workload.arrivalMs.findIndex((atMs) => atMs >= momentMs);
    expect(other.arrivalMs.slice(0, pastCount)).toEqual(workload.arrivalMs.slice(0, pastCount));
    expect(other.arrivalMs.slice(pastCount)).not.toEqual(workload.arrivalMs.slice(pastCount));
    expect([...other.arrivalMs].toSorted((a, b) => a - b)).toEqual([...other.arrivalMs]);
    expect(other.arrivalMs.at(-1)).toBeLessThan(workload.endMs);
    expect(Math.min(...other.arrivalMs.slice(pastCount))).toBeGreaterThanOrEqual(momentMs);
  });
});
