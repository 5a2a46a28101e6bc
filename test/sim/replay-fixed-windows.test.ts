// Fixed windows, judged twice: against a slow fleet that shares no code with the replay, and against the figures of an independent
// simulator on a real trace (when that trace is there).
import { describe, expect, it } from 'vitest';
import { drawInteger, makeRng } from '../../src/core/base/rng.ts';
import { offlineOptimum } from '../../src/sim/replay/offline-optimum.ts';
import { runReplay } from '../../src/sim/replay/run-replay.ts';
import type { Workload } from '../../src/sim/replay/workload.ts';
import { fixedKeepAlive, fixedTwoTier } from '../../src/sim/rivals/fixed-windows.ts';
import { dayMs, drawWorkload, hotOnly } from '../support/replay-workload.ts';
import { runSteppedFleet } from '../support/stepped-fleet.ts';
import { loadTrace, tracesAreThere, traceTitle } from '../support/trace-files.ts';

const gridSeconds = 120;
const gridMs = gridSeconds * 1000;

function requestsOf(workload: Workload): { at: number; exec: number; pool: number }[] {
  return Array.from(workload.arrivalMs, (atMs, index) => ({
    at: atMs / gridMs,
    exec: (workload.execMs[index] ?? 0) / gridMs,
    pool: workload.pool[index] ?? 0,
  }));
}

describe.each(['own', 'shared'] as const)('fixed windows with the queueing %s', (queueing) => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('agree with the stepped fleet, seed %i', (seed) => {
    const rng = makeRng(1000 + seed);
    const workload = drawWorkload(seed, {
      requests: drawInteger(rng, 1, 250),
      pools: drawInteger(rng, 1, 3),
      gridSeconds,
      days: 2,
    });
    const load = drawInteger(rng, 0, 6);
    const wake = rng() < 0.5 ? null : drawInteger(rng, 0, 3);
    const stopAfter = rng() < 0.1 ? Infinity : drawInteger(rng, 0, 40);
    const parkAfter = wake === null ? Infinity : drawInteger(rng, 0, 20);
    const windows = [parkAfter * gridSeconds, stopAfter * gridSeconds] as const;
    const waits: number[] = [];
    const replayed = runReplay({
      workload,
      queueing,
      figures: {
        loadMs: load * gridMs,
        wakeMs: wake === null ? null : wake * gridMs,
        parkedShare: 0.1,
        gamma: 1,
      },
      policy: wake === null ? fixedKeepAlive(windows[1]) : fixedTwoTier(...windows),
      onServed: (request, waitMs) => {
        waits[request] = waitMs / gridMs;
      },
    });
    const end = workload.endMs / gridMs;
    const requests = requestsOf(workload);
    const stepped = runSteppedFleet({ requests, queueing, load, wake, parkAfter, stopAfter, end });
    const { busy, idle, load: loadSeconds, parked } = replayed.gpuSeconds;
    expect({
      waits,
      cold: replayed.cold,
      woken: replayed.woken,
      starts: replayed.starts,
      busy: busy / gridSeconds,
      idle: idle / gridSeconds,
      load: loadSeconds / gridSeconds,
      parked: parked / gridSeconds,
    }).toEqual(stepped);
    expect(replayed.lifetimeCheck).toBe(0);
    const days = replayed.days;
    const sum = (of: (day: (typeof days)[number]) => number): number =>
      days.reduce((all, day) => all + of(day), 0);
    expect(sum((day) => day.idleSeconds)).toBe(idle);
    expect(sum((day) => day.loadSeconds)).toBe(loadSeconds);
    expect(sum((day) => day.parkedSeconds)).toBe(parked);
    expect(sum((day) => day.cold)).toBe(replayed.cold);
  });
});

// Split, keep-alive s, cold %, idle GPU-h, load GPU-h, starts, mean wait s.
const referencePoints = [
  ['fit', 60, 57.57, 82.1, 24.5, 3840, 13.24],
  ['fit', 600, 24.53, 409.1, 10.5, 1636, 5.64],
  ['fit', 3600, 11.66, 1228.7, 5.0, 778, 2.68],
  ['tune', 60, 56.26, 80.1, 23.5, 3678, 12.94],
  ['tune', 600, 22.22, 383.3, 9.3, 1453, 5.11],
  ['tune', 3600, 8.95, 1030.5, 3.7, 585, 2.06],
] as const;

// Split, idle GPU-h, load GPU-h, starts, days.
const optimumPoints = [
  ['fit', 5.3, 32.9, 5142, 10],
  ['tune', 5.2, 32.3, 5062, 4],
] as const;

describe.skipIf(!tracesAreThere)(traceTitle('the reference points of the trace'), () => {
  it.each(referencePoints)('%s, kept for %i s: every column agrees', (...row) => {
    const [split, keepAlive, cold, idle, loads, starts, wait] = row;
    const result = runReplay({
      workload: loadTrace(split),
      figures: hotOnly,
      policy: fixedKeepAlive(keepAlive),
    });
    expect((result.coldShare * 100).toFixed(2)).toBe(cold.toFixed(2));
    expect((result.gpuSeconds.idle / 3600).toFixed(1)).toBe(idle.toFixed(1));
    expect((result.gpuSeconds.load / 3600).toFixed(1)).toBe(loads.toFixed(1));
    expect(result.starts).toBe(starts);
    expect(result.wait.mean.toFixed(2)).toBe(wait.toFixed(2));
    expect(result.lifetimeCheck).toBe(0);
  });

  it.each(optimumPoints)('%s with perfect foresight: every column agrees', (...row) => {
    const [split, idle, loads, starts, days] = row;
    const workload = loadTrace(split);
    expect(workload.endMs).toBe(days * dayMs);
    const optimum = offlineOptimum(workload, hotOnly);
    expect((optimum.idleSeconds / 3600).toFixed(1)).toBe(idle.toFixed(1));
    expect((optimum.loadSeconds / 3600).toFixed(1)).toBe(loads.toFixed(1));
    expect(optimum.starts).toBe(starts);
  });
});
