// The replay with a shared queue and the production pools, run on the same workloads: every request waits the same, every second goes to
// the same bucket. So what the replay says of a policy holds for the pools that run it.
import { describe, expect, it } from 'vitest';
import { drawInteger, makeRng } from '../../src/core/base/rng.ts';
import { replayOnHosts } from '../../src/sim/replay/host-replay.ts';
import { runReplay } from '../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../src/sim/replay/workload.ts';
import { fixedKeepAlive, fixedTwoTier } from '../../src/sim/rivals/fixed-windows.ts';
import { dayMs, drawWorkload, withParking } from '../support/replay-workload.ts';
import { loadTrace, tracesAreThere, traceTitle } from '../support/trace-files.ts';

const seeds = Array.from({ length: 12 }, (_, seed) => seed);

/** Bursts in the first quarter of an hour, all of one tenant: between tenants production takes turns. */
function drawShort(seed: number, gridSeconds: number): Workload {
  const shape = { requests: 60, pools: 2, gridSeconds, busyShare: 0.01 };
  const workload = drawWorkload(seed, shape);
  return { ...workload, tenant: new Int32Array(workload.tenant.length) };
}

describe('the production pools and the replay with a shared queue agree to the ms', () => {
  it.each(seeds)('on idle windows alone, seed %i', (seed) => {
    const rng = makeRng(500 + seed);
    const workload = drawShort(seed, [1, 5, 12][seed % 3] ?? 1);
    const figures = { ...withParking, loadMs: [3000, 23_000, 50_000][drawInteger(rng, 0, 2)] ?? 0 };
    const hotSeconds = [0, 1, 15, 40, 90][drawInteger(rng, 0, 4)] ?? 0;
    const hosted = replayOnHosts({
      workload,
      figures,
      windows: { hotIdleMs: hotSeconds * 1000, parkedIdleMs: null },
    });
    expect(replayed(workload, figures, fixedKeepAlive(hotSeconds))).toEqual(hosted);
  });

  it.each(seeds)('on a hot and a parked window, seed %i', (seed) => {
    const rng = makeRng(900 + seed);
    const workload = drawShort(100 + seed, [1, 5, 12][seed % 3] ?? 1);
    const figures = { ...withParking, wakeMs: [0, 2000, 5000][drawInteger(rng, 0, 2)] ?? 0 };
    const hotSeconds = [0, 1, 15, 40][drawInteger(rng, 0, 3)] ?? 0;
    const parkedSeconds = [5, 60, 180][drawInteger(rng, 0, 2)] ?? 0;
    const hosted = replayOnHosts({
      workload,
      figures,
      windows: { hotIdleMs: hotSeconds * 1000, parkedIdleMs: parkedSeconds * 1000 },
    });
    const policy = fixedTwoTier(hotSeconds, hotSeconds + parkedSeconds);
    expect(replayed(workload, figures, policy)).toEqual(hosted);
  });
});

describe.skipIf(!tracesAreThere)(traceTitle('on four days of the trace the two agree to the ms'), () => {
  it.each([
    [600, null],
    [60, 1200],
  ] as const)('hot for %s s, parked for %s s', (hotSeconds, parkedSeconds) => {
    const trace = loadTrace('tune');
    // One tenant, and a quiet day at the end in which the windows run out.
    const tenant = new Int32Array(trace.tenant.length);
    const workload = { ...trace, tenant, endMs: trace.endMs + dayMs };
    const parkedIdleMs = parkedSeconds === null ? null : parkedSeconds * 1000;
    const windows = { hotIdleMs: hotSeconds * 1000, parkedIdleMs };
    const policy =
      parkedSeconds === null
        ? fixedKeepAlive(hotSeconds)
        : fixedTwoTier(hotSeconds, hotSeconds + parkedSeconds);
    const hosted = replayOnHosts({ workload, figures: withParking, windows });
    expect(replayed(workload, withParking, policy)).toEqual(hosted);
  });
});

function replayed(
  workload: Workload,
  figures: typeof withParking,
  policy: ReturnType<typeof fixedKeepAlive>,
): unknown {
  const waitsMs = new Float64Array(workload.arrivalMs.length);
  const result = runReplay({
    workload,
    figures,
    policy,
    queueing: 'shared',
    onServed: (request, waitMs) => {
      waitsMs[request] = waitMs;
    },
  });
  expect(result.lifetimeCheck).toBe(0);
  const { busy, idle, load, parked } = result.gpuSeconds;
  return { waitsMs, starts: result.starts, gpuSeconds: { busy, idle, load, parked } };
}
