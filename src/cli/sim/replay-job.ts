// One replay as a message: everything that decides its result, and how it is run. Owns what is shared between jobs (workloads, what our
// policy learned from a history); jobs do not know of threads.
import { makeRng } from '../../core/base/rng.ts';
import { must } from '../../core/base/assert.ts';
import { HazardModel, type HazardSnapshot } from '../../core/demand/hazard-model.ts';
import type { PrewarmMode } from '../../core/graph/decide-prewarm.ts';
import type { FunctionGraph } from '../../core/graph/function-graph.ts';
import { figureGroups, type FigureGroup } from '../../core/demand/hazard-figures.ts';
import type { FleetFigures, FleetPolicy, PastArrival } from '../../sim/replay/fleet-policy.ts';
import type { Workload } from '../../sim/replay/workload.ts';
import type { AttackName } from '../../sim/replay/forecast-attacks.ts';
import { ownTickMs, OwnPolicy } from '../../sim/replay/own-policy.ts';
import { GuidedKeepAlive } from '../../sim/replay/guided-keep-alive.ts';
import { makeOwnPolicy, type OwnSpec } from '../../sim/replay/own-spec.ts';
import { runDelays, type RunDay } from '../../sim/replay/run-delays.ts';
import { RunGuide, type GuideOptions } from '../../sim/replay/run-guide.ts';
import { watchPastRuns } from '../../sim/replay/watch-past-runs.ts';
import { replayPast } from '../../sim/replay/replay-past.ts';
import { runReplay, type ReplayResult } from '../../sim/replay/run-replay.ts';
import { makeLoadSampler, type LoadTimes } from '../../sim/workload/loads.ts';
import type { Parking } from './park-option.ts';
import { readPolicySpec } from './policy-spec.ts';
import type { LoadedWorkload } from './read-workload.ts';

export interface ReplayJob {
  /** A workload of the bench by its name. */
  readonly workload: string;
  readonly spec: string;
  readonly loads: LoadTimes;
  readonly park: Parking | null;
  /** What results are priced by. */
  readonly gamma: number;
  readonly queueing: 'own' | 'shared';
  /** Of the loads that are drawn. */
  readonly seed: number;
  readonly attack?: AttackName;
  /** Instead of the policy of `spec`: a fixed keep-alive that prepares for runs of functions. */
  readonly guided?: { readonly mode: PrewarmMode; readonly keepSeconds: number; readonly gamma: number };
}

export interface JobResult {
  readonly result: ReplayResult;
  /** How often our policy's guard handed over to ski-rental; null for rivals. */
  readonly guardTrips: number | null;
  /** Where the workload has runs of functions: what cold starts delayed them by. */
  readonly runDays: readonly RunDay[];
}

/** What a history teaches: of demand, and of functions. */
interface Learned {
  readonly model: HazardSnapshot;
  readonly graph: FunctionGraph;
}

const noParts: Pick<OwnSpec, 'off'> = { off: [] };
/** Nothing is started in the past: only what is learned counts. */
const pastGuide: Omit<GuideOptions, 'pools' | 'functions'> = {
  mode: 'just-in-time-p',
  gamma: 1,
  loadMs: { p50: 1, p90: 1 },
  wakeMs: { p50: 1, p90: 1 },
};

/** Ablation asks for one forecast after the other; what was learned for the last few is kept. */
const learnedMax = 4;

export class JobBench {
  readonly #workloads = new Map<string, LoadedWorkload>();
  readonly #learned = new Map<string, Learned>();

  add(name: string, workload: LoadedWorkload): void {
    this.#workloads.set(name, workload);
  }

  perform(job: ReplayJob): JobResult {
    const { replay, history } = this.#workload(job.workload);
    const policy = this.makePolicy(job);
    const { loads } = job;
    const waitsMs = new Float64Array(replay.runs === undefined ? 0 : replay.pool.length);
    const result = runReplay({
      workload: replay,
      ...(history === null ? {} : { history }),
      figures: figuresOf(job),
      policy,
      queueing: job.queueing,
      ...(replay.runs === undefined
        ? {}
        : { onServed: (request: number, waitMs: number) => void (waitsMs[request] = waitMs) }),
      ...(loads.sortedMs.length === 1 ? {} : { drawLoadMs: makeLoadSampler(loads, makeRng(job.seed)) }),
    });
    return {
      result,
      guardTrips: policy instanceof OwnPolicy ? policy.warmer.guard.trips : null,
      runDays: runDelays(replay, waitsMs, result.days.length),
    };
  }

  makePolicy(job: ReplayJob): FleetPolicy {
    const { replay } = this.#workload(job.workload);
    const poolCount = replay.pools.length;
    if (job.guided !== undefined) return this.#makeGuided(job, job.guided);
    const read = readPolicySpec(job.spec, job.gamma);
    const policy = must(read.ok ? read.value : null, `a policy spelt ${job.spec}, checked before`);
    if (policy.how.kind === 'rival') return policy.how.make({ poolCount });
    const { own } = policy.how;
    const learned = this.#learn(job.workload, own);
    const guide = own.off.includes('graph')
      ? null
      : this.#makeGuide(job, { mode: 'just-in-time-p', gamma: own.gamma });
    return makeOwnPolicy({
      spec: own,
      poolCount,
      figures: figuresOf(job),
      ...(job.attack === undefined ? {} : { attack: job.attack }),
      ...(learned === null ? {} : { learned: learned.model }),
      ...(guide === null ? {} : { guide }),
    });
  }

  #makeGuided(job: ReplayJob, { mode, keepSeconds, gamma }: NonNullable<ReplayJob['guided']>): FleetPolicy {
    const guide = must(this.#makeGuide(job, { mode, gamma }), 'runs to prepare for');
    return new GuidedKeepAlive({ name: `${mode}:${keepSeconds}`, keepSeconds, guide });
  }

  /** Null where the workload has no runs. */
  #makeGuide(job: ReplayJob, { mode, gamma }: Pick<GuideOptions, 'mode' | 'gamma'>): RunGuide | null {
    const { replay, history } = this.#workload(job.workload);
    if (replay.runs === undefined) return null;
    const learned = history === null ? undefined : this.#learn(job.workload, noParts)?.graph;
    const { loads, park } = job;
    return new RunGuide({
      mode,
      gamma,
      loadMs: { p50: loads.p50Ms, p90: loads.p90Ms },
      wakeMs: { p50: park?.wakeMs ?? loads.p50Ms, p90: park?.wakeMs ?? loads.p90Ms },
      pools: replay.pools,
      functions: replay.runs.functions,
      ...(learned === undefined ? {} : { learned }),
    });
  }

  /** What the model takes from the history depends on its figures alone: not on gamma, loads or parking. */
  #learn(workload: string, own: Pick<OwnSpec, 'off'>): Learned | null {
    const { history, replay } = this.#workload(workload);
    if (history === null) return null;
    const off = own.off.filter((part): part is FigureGroup => part in figureGroups);
    const key = `${workload} ${off.toSorted().join('+')}`;
    const known = this.#learned.get(key);
    if (known !== undefined) return known;
    const model = new HazardModel(ownTickMs, replay.pools.length, off);
    const guide = new RunGuide({
      ...pastGuide,
      pools: replay.pools,
      functions: replay.runs?.functions ?? [],
    });
    const watch = watchPastRuns(history, guide, off.includes('graph') ? null : model);
    replayPast(model, pastArrivals(history), history.endMs, watch ?? undefined);
    const learned = { model: model.snapshot(), graph: guide.graph };
    const [oldest] = this.#learned.keys();
    if (this.#learned.size >= learnedMax && oldest !== undefined) this.#learned.delete(oldest);
    this.#learned.set(key, learned);
    return learned;
  }

  #workload(name: string): LoadedWorkload {
    return must(this.#workloads.get(name), `a workload called ${name}`);
  }
}

/** Without parking in the fleet `parking` has nothing to switch off; with it, the policy stays hot-only in a fleet that could park. */
export function figuresOf({ loads, park, gamma }: ReplayJob): FleetFigures {
  return { loadMs: loads.meanMs, wakeMs: park?.wakeMs ?? null, parkedShare: park?.parkedShare ?? 0, gamma };
}

function* pastArrivals({ arrivalMs, pool, tenant, execMs }: Workload): Generator<PastArrival> {
  for (const [at, atMs] of arrivalMs.entries())
    yield { atMs, pool: pool[at] ?? 0, tenant: tenant[at] ?? 0, execMs: execMs[at] ?? 0 };
}
