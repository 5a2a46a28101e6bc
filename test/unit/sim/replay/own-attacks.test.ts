// The worst case, end to end: whatever the forecast says, what is paid stays within the guard's ratio of ski-rental, and without the guard
// it does not.
import { describe, expect, test } from 'vitest';
import type { FleetFigures } from '../../../../src/sim/replay/fleet-policy.ts';
import { attackNames, type AttackName } from '../../../../src/sim/replay/forecast-attacks.ts';
import { makeOwnPolicy, type OwnPart } from '../../../../src/sim/replay/own-spec.ts';
import { runReplay, type ReplayResult } from '../../../../src/sim/replay/run-replay.ts';
import { SkiRental } from '../../../../src/sim/rivals/ski-rental.ts';
import { drawSynthetic } from '../../../../src/sim/workload/synthetic.ts';

const workload = drawSynthetic({ seed: 1, days: 3, models: 12, requestsPerDay: 600, rampDays: 0 });
/** Whole seconds of ski-rental: hot for 207 s; hot for 20 s, then parked for 1,870 s. */
const hotOnly: FleetFigures = { loadMs: 23_000, wakeMs: null, parkedShare: 0, gamma: 8 };
const parking: FleetFigures = { ...hotOnly, wakeMs: 2_000, parkedShare: 0.1 };
const startCost = 23 * 9;

/**
 * The account begins with 20 starts. As many again: what the tick that empties it overdraws, what the replicas cost that ski-rental would
 * not have had at a switch, and the loads of starts ahead of demand that proved useful, which the account does not book.
 */
const additiveStarts = 40;
/**
 * The account's shadow is ski-rental on the loads of this very run. Requests that wait longer than under ski-rental overlap more, so that
 * the shadow may be this much dearer than ski-rental itself.
 */
const shadowShare = 1.15;

function run(
  figures: FleetFigures,
  attack: AttackName,
  off: readonly OwnPart[] = [],
): { readonly result: ReplayResult; readonly shadow: number; readonly trips: number } {
  const spec = { gamma: figures.gamma, off, trust: 0 };
  const policy = makeOwnPolicy({ spec, poolCount: workload.pools.length, figures, attack });
  const result = runReplay({ workload, figures, policy });
  const { warmer } = policy;
  return { result, shadow: warmer.skiCost(workload.endMs), trips: warmer.guard.trips };
}

describe.each([
  ['hot only', hotOnly],
  ['with parking', parking],
])('%s', (_, figures) => {
  const ski = runReplay({ workload, figures, policy: new SkiRental('ski', { gamma: null }) });

  test.each(attackNames)('%s costs no more than 1.5 x ski-rental and 40 starts', (attack) => {
    const { result, shadow } = run(figures, attack);
    expect(result.cost).toBeLessThanOrEqual(1.5 * shadow + additiveStarts * startCost);
    expect(shadow).toBeLessThanOrEqual(shadowShare * ski.cost);
    expect(result.lifetimeCheck).toBeLessThan(1e-6);
  });

  test('a forecast that is no number is ski-rental to the second', () => {
    const { result, shadow, trips } = run(figures, 'nan');
    expect({ ...result, policy: 'ski', prewarms: null }).toEqual({ ...ski, prewarms: null });
    expect(result.prewarms).toEqual({ useful: 0, wasted: 0 });
    expect(shadow).toBeCloseTo(ski.cost, 3);
    expect(trips).toBe(0);
  });

  test('without the guard an inverted forecast costs many times as much: the bound is its work', () => {
    const bare = run(figures, 'inverted', ['guard']);
    expect(bare.trips).toBe(0);
    expect(bare.result.cost).toBeGreaterThan(5 * ski.cost);
    expect(run(figures, 'inverted').trips).toBeGreaterThan(0);
  });
});
