// Our policy in the simulator: plans when something happens, carries out what the plan says, and stays within the budget for starts ahead.
import { describe, expect, test } from 'vitest';
import { HazardModel } from '../../../../src/core/demand/hazard-model.ts';
import type { Fleet, FleetFigures } from '../../../../src/sim/replay/fleet-policy.ts';
import { OwnPolicy, ownTickMs, type OwnPolicyOptions } from '../../../../src/sim/replay/own-policy.ts';
import { replayPast } from '../../../../src/sim/replay/replay-past.ts';
import { runReplay, type ReplayResult } from '../../../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../../../src/sim/replay/workload.ts';
import { drawSynthetic } from '../../../../src/sim/workload/synthetic.ts';
import { hotOnly, withParking, workloadOf } from '../../../support/replay-workload.ts';

function ownPolicy(
  workload: Workload,
  figures: FleetFigures,
  more: Partial<OwnPolicyOptions> = {},
): OwnPolicy {
  const wakeSeconds = figures.wakeMs === null ? null : figures.wakeMs / 1000;
  const { parkedShare, gamma } = figures;
  return new OwnPolicy({
    name: 'ours',
    poolCount: workload.pools.length,
    figures: { loadSeconds: figures.loadMs / 1000, wakeSeconds, parkedShare, gamma },
    ...more,
  });
}

/** One request of 5 s every ten minutes. */
const regular = workloadOf(
  Array.from({ length: 288 }, (_, n) => ({ at: 60 + n * 600, exec: 5 })),
  2,
);
const crowd = drawSynthetic({ seed: 2, days: 2, models: 6, requestsPerDay: 400, rampDays: 0 });

describe('what it keeps', () => {
  test('a replica that is worth its waiting stays: after the first hours nothing is cold', () => {
    const figures = { ...hotOnly, gamma: 100 };
    const result = runReplay({ workload: regular, figures, policy: ownPolicy(regular, figures) });
    expect(result.days[1]?.cold).toBe(0);
    expect(result.lifetimeCheck).toBe(0);
  });

  test('one that is not goes', () => {
    const figures = { ...hotOnly, gamma: 1 };
    const result = runReplay({ workload: regular, figures, policy: ownPolicy(regular, figures) });
    expect(result.days[1]?.cold).toBe(144);
    expect(result.days[1]?.idleSeconds).toBeLessThan(144 * 60);
  });

  test('what is worth a wake but no load waits for no more than a wake', () => {
    const result = runReplay({
      workload: regular,
      figures: withParking,
      policy: ownPolicy(regular, withParking),
    });
    expect(result.days[1]?.cold).toBe(0);
    expect(result.days[1]?.waitSeconds).toBeLessThanOrEqual(144 * 2);
    expect(result.days[1]?.idleSeconds).toBeLessThan(144 * 60);
  });
});

/** A forecast that is all one way for a while, then all the other way: what was just put away is started again. */
function changing(): () => number {
  let asked = 0;
  return () => {
    asked += 1;
    return asked % 100 < 50 ? 1e9 : 0;
  };
}

describe.each([
  ['hot only', hotOnly],
  ['with parking', withParking],
])('%s', (_, figures) => {
  const run = (more: Partial<OwnPolicyOptions> = {}): ReplayResult =>
    runReplay({ workload: crowd, figures, policy: ownPolicy(crowd, figures, more) });

  test('the same traffic gives the same result', () => {
    expect(run()).toEqual(run());
  });

  test('without plans between ticks it is another policy', () => {
    expect(run({ events: false }).cost).not.toBe(run().cost);
  });

  test('without prewarms nothing is started ahead, whatever is forecast', () => {
    const { useful, wasted } = run({ attack: changing() }).prewarms;
    expect(useful + wasted).toBeGreaterThan(0);
    const { prewarms } = run({ attack: changing(), switches: { prewarm: false } });
    expect(prewarms).toEqual({ useful: 0, wasted: 0 });
  });

  test('no replica is started ahead beyond the share that those nobody used may cost', () => {
    const policy = ownPolicy(crowd, figures, {
      attack: changing(),
      switches: { guardRatio: Infinity, speculation: 0.2 },
    });
    let starts = 0;
    const watched = (fleet: Fleet): Fleet =>
      new Proxy(fleet, {
        get(real, name: keyof Fleet) {
          if (name === 'prewarm' || name === 'prepark') {
            const spent = real.speculatedSeconds() + figures.loadMs / 1000;
            expect(spent).toBeLessThanOrEqual(0.2 * real.groundedSeconds() + 1e-9);
            starts += 1;
          }
          const value: unknown = real[name];
          return typeof value === 'function' ? (value.bind(real) as unknown) : value;
        },
      });
    runReplay({
      workload: crowd,
      figures,
      policy: {
        name: 'watched',
        tickMs: ownTickMs,
        onArrival: (pool, tenant, fleet) => policy.onArrival(pool, tenant, watched(fleet)),
        onEnd: (pool, fleet) => policy.onEnd(pool, watched(fleet)),
        onReady: (pool, fleet) => policy.onReady(pool, watched(fleet)),
        onTimer: (pool, fleet) => policy.onTimer(pool, watched(fleet)),
        onTick: (fleet) => policy.onTick(watched(fleet)),
      },
    });
    expect(starts).toBeGreaterThan(0);
  });

  test('what was learned of a history before is as good as watching it again', () => {
    const history = drawSynthetic({ seed: 3, days: 2, models: 6, requestsPerDay: 400, rampDays: 0 });
    const model = new HazardModel(ownTickMs, crowd.pools.length);
    const arrivals = Array.from(history.arrivalMs, (atMs, at) => ({
      atMs,
      pool: history.pool[at] ?? 0,
      tenant: history.tenant[at] ?? 0,
      execMs: history.execMs[at] ?? 0,
    }));
    replayPast(model, arrivals, history.endMs);
    const replay = (more: Partial<OwnPolicyOptions>): ReplayResult =>
      runReplay({ workload: crowd, history, figures, policy: ownPolicy(crowd, figures, more) });
    const again = replay({});
    expect(replay({ learned: model.snapshot() })).toEqual(again);
    expect(replay({ learned: { ...model.snapshot(), tickMs: 1 } })).toEqual(again);
    expect(again.cost).not.toBe(run().cost);
  });
});

test('the account is kept at the gamma that the policy decides by, whatever the result is priced by', () => {
  const dear = { ...hotOnly, gamma: 1_000 };
  const policy = ownPolicy(crowd, hotOnly);
  runReplay({ workload: crowd, figures: dear, policy });
  const { paid, shadow } = policy.warmer.guard.snapshot();
  expect(paid / shadow).toBeLessThan(1.5);
  expect(paid / shadow).toBeGreaterThan(0.5);
});
