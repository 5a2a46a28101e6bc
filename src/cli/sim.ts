// `npm run sim`: replays traffic against warming policies and prints what each cost.
import { must } from '../core/base/assert.ts';
import { ok, type Result } from '../core/base/result.ts';
import { runReplay } from '../sim/replay/run-replay.ts';
import { renderDay } from '../sim/report/day-plot.ts';
import { sampleFleet } from '../sim/report/sample-fleet.ts';
import { makeLoadSampler } from '../sim/workload/loads.ts';
import { makeRng } from '../core/base/rng.ts';
import { defaultWorkers, makeRunner } from './sim/job-runner.ts';
import { prepareSim, type PreparedSim } from './sim/prepare-sim.ts';
import { makeProgress } from './sim/progress.ts';
import { figuresOf, JobBench, type ReplayJob } from './sim/replay-job.ts';
import { simHelp } from './sim/sim-help.ts';
import { renderResults, renderResultsJson } from './sim/sim-table.ts';
import type { Traffic } from './sim/traffic.ts';
import { writeText } from './sim/write-text.ts';

/** Bad input; 1 is left to what goes wrong by itself. */
const badInput = 2;
const workloadName = 'traffic';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(simHelp);
    return 0;
  }
  const prepared = prepareSim(args);
  if (!prepared.ok) return fail(prepared.error);
  const written = await simulate(prepared.value);
  return written.ok ? 0 : fail(written.error);
}

async function simulate({ request, traffic }: PreparedSim): Promise<Result<null, string>> {
  const { policies, loads, park, queueing, seed } = request;
  const jobs = policies.map(({ spec, gamma }): ReplayJob => ({
    workload: workloadName,
    spec,
    loads,
    park,
    gamma: gamma !== null && gamma > 0 ? gamma : request.gamma,
    queueing,
    seed,
  }));
  console.log(traffic.label);
  const progress = makeProgress();
  const runner = makeRunner(Math.min(jobs.length, request.workers ?? defaultWorkers()), progress);
  runner.add(workloadName, traffic);
  const results = (await runner.run(jobs, 'sim')).map(({ result }) => result);
  await runner.close();
  progress.end();
  console.log(renderResults(results));
  const [first] = jobs;
  if (request.json !== null && first !== undefined) {
    const about = {
      traffic: traffic.label,
      figures: { ...figuresOf(first), gamma: request.gamma },
      queueing,
      seed,
    };
    const written = writeText(request.json, [renderResultsJson(about, results)]);
    if (!written.ok) return written;
  }
  if (request.svg === null || first === undefined) return ok(null);
  return writeText(request.svg, [drawDay(first, traffic)]);
}

/** Runs the job once more, watched minute by minute. */
function drawDay(job: ReplayJob, traffic: Traffic): string {
  const bench = new JobBench();
  bench.add(workloadName, traffic);
  const beginMs = traffic.history?.endMs ?? 0;
  const { policy, samples } = sampleFleet(bench.makePolicy(job), beginMs);
  const result = runReplay({
    workload: traffic.replay,
    ...(traffic.history === null ? {} : { history: traffic.history }),
    figures: figuresOf(job),
    policy,
    queueing: job.queueing,
    ...(job.loads.sortedMs.length === 1 ? {} : { drawLoadMs: makeLoadSampler(job.loads, makeRng(job.seed)) }),
  });
  const busiest = result.days.reduce(
    (best, { requests }, day) => (requests > (result.days[best]?.requests ?? 0) ? day : best),
    0,
  );
  const requests = must(result.days[busiest], 'a day that was replayed').requests;
  return renderDay({
    title: `Warmth over a day: ${policy.name}`,
    subtitle: `${requests.toLocaleString('en')} requests on the busiest day of ${traffic.label.split(':')[0] ?? ''}`,
    day: busiest,
    samples,
    parks: job.park !== null,
  });
}

function fail(why: string): number {
  console.error(`sim: ${why}`);
  return badInput;
}
