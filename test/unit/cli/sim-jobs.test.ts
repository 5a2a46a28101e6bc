// Replays as jobs: the result is the same on one thread and on several, and with what was learned once and shared.
import { afterAll, describe, expect, test } from 'vitest';
import { cutDays } from '../../../src/sim/workload/cut-days.ts';
import { drawSynthetic } from '../../../src/sim/workload/synthetic.ts';
import { constantLoad } from '../../../src/sim/workload/loads.ts';
import { makeOwnPolicy } from '../../../src/sim/replay/own-spec.ts';
import { runReplay } from '../../../src/sim/replay/run-replay.ts';
import { drawBimodalLoads } from '../../../src/cli/sim/compare-scenarios.ts';
import { makeRunner } from '../../../src/cli/sim/job-runner.ts';
import { silent } from '../../../src/cli/sim/progress.ts';
import { figuresOf, JobBench, type ReplayJob } from '../../../src/cli/sim/replay-job.ts';

const all = drawSynthetic({ seed: 5, days: 3, models: 8, requestsPerDay: 200, rampDays: 0 });
const traffic = { history: cutDays(all, 0, 2), replay: cutDays(all, 2, 3) };
const constant = constantLoad(23);
if (!constant.ok) throw new Error(constant.error);
const job = (spec: string, rest: Partial<ReplayJob> = {}): ReplayJob => ({
  workload: 'made up',
  spec,
  loads: constant.value,
  park: null,
  gamma: 40,
  queueing: 'own',
  seed: 1,
  ...rest,
});
const jobs = [
  job('fixed:60'),
  job('ours:40'),
  job('ours:40', { park: { wakeMs: 2000, parkedShare: 0.1 } }),
  job('ours:40:without=tenants', { attack: 'shuffled' }),
  job('fixed:600', { loads: drawBimodalLoads(1) }),
  job('histogram:90', { queueing: 'shared' }),
];

describe('jobs on several threads', () => {
  const alone = makeRunner(1, silent);
  const several = makeRunner(3, silent);
  afterAll(() => several.close());
  alone.add('made up', traffic);
  several.add('made up', traffic);

  test('give what one thread gives, in the order of the jobs, round after round', async () => {
    const expected = await alone.run(jobs, 'one');
    expect(expected.map(({ result }) => result.policy)).toEqual(jobs.map(({ spec }) => spec));
    expect(await several.run(jobs, 'three')).toEqual(expected);
    expect(await several.run(jobs.toReversed(), 'three')).toEqual(expected.toReversed());
    expect(await several.run([], 'none')).toEqual([]);
  });

  test('a job that fails ends the round with its reason', async () => {
    const broken = makeRunner(2, silent);
    broken.add('made up', traffic);
    await expect(broken.run([job('zero', { workload: 'another' })], 'broken')).rejects.toThrow(
      /a workload called another/,
    );
    await broken.close();
  });
});

test('what was learned once and shared is what each policy would have learned by itself', () => {
  const bench = new JobBench();
  bench.add('made up', traffic);
  for (const gamma of [40, 200]) {
    const own = job(`ours:${gamma}`, { gamma });
    const spec = { gamma, off: [], trust: 0 };
    const policy = makeOwnPolicy({ spec, poolCount: traffic.replay.pools.length, figures: figuresOf(own) });
    const { replay, history } = traffic;
    expect(bench.perform(own).result).toEqual(
      runReplay({ workload: replay, history, figures: figuresOf(own), policy }),
    );
  }
});

test('the seconds of the days add up to those of the whole', () => {
  const bench = new JobBench();
  bench.add('made up', traffic);
  const { result } = bench.perform(job('ours:40', { park: { wakeMs: 2000, parkedShare: 0.1 } }));
  const sum = (of: (day: (typeof result.days)[number]) => number): number =>
    result.days.reduce((total, day) => total + of(day), 0);
  expect(sum((day) => day.idleSeconds)).toBeCloseTo(result.gpuSeconds.idle, 6);
  expect(sum((day) => day.loadSeconds)).toBeCloseTo(result.gpuSeconds.load, 6);
  expect(sum((day) => day.parkedSeconds)).toBeCloseTo(result.gpuSeconds.parked, 6);
  expect(sum((day) => day.cold)).toBe(result.cold);
});
