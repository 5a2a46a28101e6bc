// What must hold for every rival, whatever it decides: seconds add up, runs repeat, the future is not seen.
import { describe, expect, test } from 'vitest';
import { checkCausality } from '../../../../src/sim/replay/check-causality.ts';
import { listPolicies, sweepOf } from '../../../../src/sim/rivals/policy-of.ts';
import { clumpy, hotOnly, makePolicy, replay, withParking } from './rival-fixtures.ts';

const history = clumpy(11, 3);
const workload = clumpy(12, 1);

/** The cheapest, a middle and the warmest of each family. */
const specs = listPolicies().flatMap(({ name }) => {
  const sweep = sweepOf(name);
  return [...new Set([sweep[0], sweep[Math.floor(sweep.length / 2)], sweep.at(-1)])].filter(
    (spec) => spec !== undefined,
  );
});

describe.each([
  ['hot only', hotOnly],
  ['with parking', withParking],
])('%s', (_name, figures) => {
  test.each(specs)('%s: every second of every replica is charged, and a run repeats exactly', (spec) => {
    const first = replay(spec, workload, { figures, history });
    expect(first.lifetimeCheck).toBeLessThan(1e-6);
    expect(first.requests).toBe(workload.arrivalMs.length);
    expect(replay(spec, workload, { figures, history })).toEqual(first);
  });

  test.each(specs)('%s decides from the past alone', (spec) => {
    const report = checkCausality({
      workload,
      history,
      figures,
      makePolicy: () => makePolicy(spec, workload.pools.length),
      moments: 5,
      seed: 1,
    });
    expect(report.faults).toEqual([]);
  });
});

test.each(specs)('%s runs without a past, and in a fleet of shared queues', (spec) => {
  for (const queueing of ['own', 'shared'] as const)
    expect(replay(spec, workload, { queueing }).lifetimeCheck).toBeLessThan(1e-6);
});
