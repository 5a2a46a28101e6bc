// The function whose day is forecast: a chain of three models that is called in office hours, in virtual time, under the policy that production
// runs. What forecasting the function's arrivals adds to starting ahead along its graph: the first stage is warm too.
import { makeRng } from '../../../src/core/base/rng.ts';
import { makeCheck, type Check } from '../../../src/cli/checks.ts';
import { JobBench, type JobResult, type ReplayJob } from '../../../src/cli/sim/replay-job.ts';
import type { Workload } from '../../../src/sim/replay/workload.ts';
import { makeChain3 } from '../../../src/sim/workload/functions.ts';
import { drawRuns } from '../../../src/sim/workload/function-runs.ts';
import { constantLoad } from '../../../src/sim/workload/loads.ts';
import { WorkloadBuilder } from '../../../src/sim/workload/workload-builder.ts';
import { atLeast } from './bars.ts';

export interface DailyPlan {
  readonly historyDays: number;
  readonly days: number;
  /** Calls an hour between nine and five, at random moments. */
  readonly perHour: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const hours = { from: 9, to: 17 } as const;
const stageMs = 1_500;
const loadSeconds = 6;
/** What a second of waiting is worth, in GPU-seconds: a premium tier. */
const gamma = 400;

/** Bar: 95 % of the delay that starting nothing ahead gives, on days that were not learned from. */
export function measureDaily(plan: DailyPlan): readonly Check[] {
  const bench = new JobBench();
  const arrivals = {
    history: drawDays(plan.historyDays, plan.perHour, 1),
    replay: drawDays(plan.days, plan.perHour, 2),
  };
  const graph = makeChain3(1);
  const drawn = drawRuns(arrivals, { seed: 1, graph, execShare: 1, execSigma: 0 });
  bench.add('daily', drawn);
  const loads = constantLoad(loadSeconds);
  if (!loads.ok) throw new Error(loads.error);
  const job = (change: Partial<ReplayJob>): ReplayJob => ({
    workload: 'daily',
    spec: 'fixed:60',
    loads: loads.value,
    park: null,
    gamma,
    queueing: 'own',
    seed: 1,
    ...change,
  });
  const off = bench.perform(job({}));
  const ahead = bench.perform(job({ guided: { mode: 'just-in-time-p', keepSeconds: 60, gamma } }));
  const forecast = bench.perform(job({ spec: `ours:${gamma}` }));
  const runs = off.runDays.reduce((sum, day) => sum + day.runs, 0);
  const cut = (of: JobResult): number => 1 - delayOf(of) / delayOf(off);
  return [
    atLeast(0.95, makeCheck('cascade.cut.forecast', cut(forecast), runs, describe(off, forecast))),
    makeCheck('cascade.cut.daily', cut(ahead), runs, `the same without a forecast; ${describe(off, ahead)}`),
  ];
}

/** A pool that nobody looks at comes first: runs are drawn for every other pool by size. */
function drawDays(days: number, perHour: number, seed: number): Workload {
  const rng = makeRng(seed);
  const builder = new WorkloadBuilder();
  for (let day = 0; day < days; day += 1) {
    const endMs = day * dayMs + hours.to * hourMs;
    let atMs = day * dayMs + hours.from * hourMs;
    for (;;) {
      atMs += (-Math.log(1 - rng()) * hourMs) / perHour;
      if (atMs >= endMs) break;
      builder.add({ arrivalMs: atMs, pool: 1, tenant: 0, execMs: stageMs });
      builder.add({ arrivalMs: atMs, pool: 0, tenant: 0, execMs: stageMs });
    }
    builder.add({ arrivalMs: day * dayMs, pool: 0, tenant: 0, execMs: stageMs });
  }
  const names = ['other', 'daily'];
  const { workload } = builder.build({
    days,
    resolutionMs: 1,
    poolName: (index) => names[index] ?? '',
    tenantName: () => 'tenant',
  });
  return workload;
}

/** Seconds that a run was delayed by cold starts, on average. */
function delayOf({ runDays }: JobResult): number {
  const sum = runDays.reduce((all, day) => ({ runs: all.runs + day.runs, s: all.s + day.delaySeconds }), {
    runs: 0,
    s: 0,
  });
  return sum.s / Math.max(1, sum.runs);
}

function describe(off: JobResult, other: JobResult): string {
  const { idle, load } = other.result.gpuSeconds;
  const hoursOf = (seconds: number): string => (seconds / 3_600).toFixed(1);
  return `${delayOf(other).toFixed(2)} s a run against ${delayOf(off).toFixed(2)} s, for ${hoursOf(idle + load)} idle and loading GPU-hours against ${hoursOf(off.result.gpuSeconds.idle + off.result.gpuSeconds.load)}; virtual time`;
}
