// Runs of functions in the replay: a stage comes when the one before it has ended, however late; what is started for a run is used, or given
// up when the run takes another way; every second is charged; nobody who follows runs sees the future.
import { describe, expect, test } from 'vitest';
import { must } from '../../src/core/base/assert.ts';
import type { PrewarmMode } from '../../src/core/graph/decide-prewarm.ts';
import { checkCausality } from '../../src/sim/replay/check-causality.ts';
import type { FleetFigures, FleetPolicy } from '../../src/sim/replay/fleet-policy.ts';
import { GuidedKeepAlive } from '../../src/sim/replay/guided-keep-alive.ts';
import { OwnPolicy } from '../../src/sim/replay/own-policy.ts';
import { runDelays } from '../../src/sim/replay/run-delays.ts';
import { RunGuide } from '../../src/sim/replay/run-guide.ts';
import { runReplay, type ReplayResult } from '../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../src/sim/replay/workload.ts';
import { fixedKeepAlive } from '../../src/sim/rivals/fixed-windows.ts';
import { drawRuns } from '../../src/sim/workload/function-runs.ts';
import { makeChain3, makeFan3 } from '../../src/sim/workload/functions.ts';
import { drawSynthetic } from '../../src/sim/workload/synthetic.ts';

const figures: FleetFigures = { loadMs: 20_000, wakeMs: null, parkedShare: 0, gamma: 10 };
const loadMs = { p50: 20_000, p90: 20_000 };

/** Chains of `first`, `second` and, in every second run, `third`; each stage takes 30 s. */
function chains(count: number, everyMs: number): Workload {
  const rows: { arrivalMs: number; pool: number; run: number; after: number }[] = [];
  for (let run = 0; run < count; run += 1) {
    const stages = run % 2 === 0 ? [0, 1, 2] : [0, 1];
    for (const pool of stages)
      rows.push({
        arrivalMs: 1_000 + run * everyMs + 30_000 * pool,
        pool,
        run,
        after: pool === 0 ? -1 : rows.length - 1,
      });
  }
  return {
    pools: ['f/first', 'f/second', 'f/third'],
    tenants: ['t'],
    arrivalMs: Float64Array.from(rows, ({ arrivalMs }) => arrivalMs),
    pool: Int32Array.from(rows, ({ pool }) => pool),
    tenant: new Int32Array(rows.length),
    execMs: new Float64Array(rows.length).fill(30_000),
    endMs: 86_400_000,
    runs: {
      functions: ['f'],
      run: Int32Array.from(rows, ({ run }) => run),
      function: new Int32Array(rows.length),
      after: Int32Array.from(rows, ({ after }) => after),
    },
  };
}

function guideFor(workload: Workload, mode: PrewarmMode): RunGuide {
  const functions = must(workload.runs, 'a workload of runs').functions;
  return new RunGuide({ mode, gamma: 10, loadMs, wakeMs: loadMs, pools: workload.pools, functions });
}

function guided(workload: Workload, mode: PrewarmMode, keepSeconds = 0): FleetPolicy {
  return new GuidedKeepAlive({ name: mode, keepSeconds, guide: guideFor(workload, mode) });
}

function replay(
  workload: Workload,
  policy: FleetPolicy,
): { result: ReplayResult; waitsMs: Float64Array; delay: number } {
  const waitsMs = new Float64Array(workload.pool.length);
  const onServed = (row: number, waitMs: number): void => void (waitsMs[row] = waitMs);
  const result = runReplay({ workload, figures, policy, onServed });
  return { result, waitsMs, delay: runDelays(workload, waitsMs, 1)[0]?.delaySeconds ?? 0 };
}

// Ten minutes apart, so that nothing is left of the run before.
const workload = chains(20, 600_000);

describe('stages', () => {
  test('come when the one before them has ended, with all its waiting', () => {
    const { result, waitsMs, delay } = replay(workload, fixedKeepAlive(0));
    expect(result.requests).toBe(50);
    expect(result.cold).toBe(50);
    expect([...waitsMs]).toEqual(Array.from({ length: 50 }, () => 20_000));
    expect(delay).toBe(50 * 20);
  });

  test('side by side delay their run by the latest of them alone', () => {
    const fan: Workload = {
      ...workload,
      arrivalMs: Float64Array.of(0, 30_000, 30_000),
      pool: Int32Array.of(0, 1, 2),
      tenant: new Int32Array(3),
      execMs: Float64Array.of(30_000, 50_000, 10_000),
      runs: {
        functions: ['f'],
        run: new Int32Array(3),
        function: new Int32Array(3),
        after: Int32Array.of(-1, 0, 0),
      },
    };
    expect(runDelays(fan, Float64Array.of(0, 20_000, 20_000), 1)).toEqual([{ runs: 1, delaySeconds: 20 }]);
    expect(runDelays(fan, Float64Array.of(5_000, 0, 20_000), 1)).toEqual([{ runs: 1, delaySeconds: 5 }]);
  });
});

describe('starting for runs on their way', () => {
  test('leaves the first stage as the only one that is waited for, and pays for nothing it does not use', () => {
    const { result, delay } = replay(workload, guided(workload, 'just-in-time-p'));
    // The first few runs teach; from then on only the first stage is cold.
    expect(delay).toBeLessThan(24 * 20 + 60);
    expect(result.prewarms.useful).toBeGreaterThan(24);
    expect(result.lifetimeCheck).toBeLessThan(1e-6);
  });

  test('costs less just in time than at once, for the same delay', () => {
    const soon = replay(workload, guided(workload, 'all-at-once'));
    const timed = replay(workload, guided(workload, 'just-in-time-p'));
    expect(timed.result.gpuSeconds.idle).toBeLessThan(0.7 * soon.result.gpuSeconds.idle);
    expect(Math.abs(timed.delay - soon.delay)).toBeLessThan(60);
  });

  test('gives up a load when the run ends without the stage', () => {
    // `third` is expected of every second run, a load before the end of `second`: then it is known.
    const { result } = replay(workload, guided(workload, 'just-in-time'));
    expect(result.prewarms.wasted).toBeGreaterThan(5);
    expect(result.gpuSeconds.load).toBeLessThan(20 * result.starts + 1e-6);
    expect(result.lifetimeCheck).toBeLessThan(1e-6);
  });

  test('switched off, is a fixed keep-alive', () => {
    const off = replay(workload, guided(workload, 'off', 300)).result;
    const { policy: _a, ...fixed } = replay(workload, fixedKeepAlive(300)).result;
    const { policy: _b, ...same } = off;
    expect(same).toEqual(fixed);
  });
});

const traffic = drawRuns(
  { replay: drawSynthetic({ seed: 3, days: 2, models: 20 }), history: null },
  { seed: 3, graph: makeFan3(0.5), execShare: 1, execSigma: 0.3 },
).replay;

describe('no future is seen', () => {
  const ours = (of: Workload): FleetPolicy =>
    new OwnPolicy({
      name: 'ours',
      poolCount: of.pools.length,
      figures: { loadSeconds: 20, wakeSeconds: null, parkedShare: 0, gamma: 30 },
      guide: guideFor(of, 'just-in-time-p'),
    });

  test.each([
    ['a keep-alive that prepares for runs', (of: Workload) => guided(of, 'just-in-time-p', 60)],
    ['our policy with the graph', ours],
  ])('by %s', (_, makePolicy) => {
    const { compared, faults } = checkCausality({
      workload: traffic,
      figures,
      moments: 5,
      seed: 5,
      makePolicy,
    });
    expect(faults).toEqual([]);
    expect(compared).toBeGreaterThan(500);
  });

  test('and one that starts only for branches that will be taken is caught', () => {
    const makePolicy = (of: Workload): FleetPolicy => {
      const runs = must(of.runs, 'a workload of runs');
      const peeks: FleetPolicy = {
        name: 'peeks',
        tickMs: null,
        onRun: ({ kind, request }, fleet) => {
          if (kind !== 'asks') return;
          for (const [row, after] of runs.after.entries())
            if (after === request) fleet.prewarm(of.pool[row] ?? 0, true);
        },
        windows: () => ({ parkAfterMs: Infinity, stopAfterMs: 60_000 }),
      };
      return peeks;
    };
    expect(
      checkCausality({ workload: traffic, figures, moments: 12, seed: 5, makePolicy }).faults.length,
    ).toBeGreaterThan(0);
  });
});

test('what a history teaches of functions is known from the first run on, by whatever names come first', () => {
  const all = drawSynthetic({ seed: 4, days: 2, models: 20 });
  const { replay: now, history } = drawRuns(
    { replay: all, history: all },
    { seed: 4, graph: makeChain3(1), execShare: 0.5, execSigma: 0.3 },
  );
  expect(now.pools).toEqual(must(history, 'a history').pools);
  const runs = must(now.runs, 'runs');
  for (const [row, after] of runs.after.entries()) {
    if (after >= 0) expect(runs.run[after]).toBe(runs.run[row]);
    expect(after).toBeLessThan(row);
  }
});
