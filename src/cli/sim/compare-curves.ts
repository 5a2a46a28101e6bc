// Runs families of policies over one traffic and gathers their curves. Owns how settings become jobs and results become points.
import { drawDays, type DayDraw } from '../../sim/report/bootstrap.ts';
import { makeRng } from '../../core/base/rng.ts';
import { dayMs } from '../../sim/replay/parse-replay.ts';
import type { ReplayResult } from '../../sim/replay/run-replay.ts';
import type { Family } from '../../sim/report/match-curves.ts';
import { pointOf } from '../../sim/report/policy-point.ts';
import type { LoadTimes } from '../../sim/workload/loads.ts';
import type { FamilyPlan } from './compare-plan.ts';
import type { JobRunner } from './job-runner.ts';
import type { Parking } from './park-option.ts';
import type { JobResult, ReplayJob } from './replay-job.ts';
import { gammaDefault } from './sim-options.ts';
import type { Traffic } from './traffic.ts';

/** One fleet under one traffic: what every curve of a comparison shares. */
export interface Setting {
  readonly runner: JobRunner;
  /** The traffic's name with the runner. */
  readonly name: string;
  readonly traffic: Traffic;
  readonly loads: LoadTimes;
  readonly seed: number;
}

export interface Traced extends Family {
  readonly results: readonly ReplayResult[];
}

/** Draws of days for intervals; with one day there is nothing to resample. */
const drawsCount = 1000;

export function drawsFor({ traffic, seed }: Setting): readonly DayDraw[] {
  const days = traffic.replay.endMs / dayMs;
  return days < 2 ? [] : drawDays(makeRng(seed), days, drawsCount);
}

/** A fresh name registers the traffic with the runner. */
export function openSetting(setting: Setting): Setting {
  setting.runner.add(setting.name, setting.traffic);
  return setting;
}

export function jobFor(setting: Setting, spec: string, rest: Partial<ReplayJob> = {}): ReplayJob {
  const { name, loads, seed } = setting;
  return { workload: name, spec, loads, park: null, gamma: gammaDefault, queueing: 'own', seed, ...rest };
}

/** All families in one go, so that no thread waits for the last job of a family. */
export async function traceFamilies(
  setting: Setting,
  plans: readonly FamilyPlan[],
  options: { readonly park: Parking | null; readonly label: string },
): Promise<readonly Traced[]> {
  const { park, label } = options;
  const jobs = plans.flatMap(({ specs }) =>
    specs.map((spec) => jobFor(setting, spec, { park, gamma: priceOf(spec) })),
  );
  const results = await setting.runner.run(jobs, label);
  let at = 0;
  return plans.map(({ name, specs }) => {
    const own = results.slice(at, at + specs.length);
    at += specs.length;
    return gather(name, own, park?.parkedShare ?? 0);
  });
}

/** Curves do not depend on it, but the cost that a result states does. */
function priceOf(spec: string): number {
  const [family, gamma] = spec.split(':');
  return family === 'ours' && gamma !== undefined ? Number(gamma) : gammaDefault;
}

function gather(name: string, own: readonly JobResult[], parkedShare: number): Traced {
  return {
    name,
    points: own.map(({ result }) => pointOf(result.policy, result, parkedShare)),
    results: own.map(({ result }) => result),
  };
}
