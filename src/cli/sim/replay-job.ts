// One replay as a message: everything that decides its result, and how it is run. Owns what is shared between jobs (workloads, what our
// policy learned from a history); jobs do not know of threads.
import { makeRng } from '../../core/base/rng.ts';
import { must } from '../../core/base/assert.ts';
import { HazardModel, type HazardSnapshot } from '../../core/demand/hazard-model.ts';
import { figureGroups, type FigureGroup } from '../../core/demand/hazard-figures.ts';
import type { FleetFigures, FleetPolicy, PastArrival } from '../../sim/replay/fleet-policy.ts';
import type { Workload } from '../../sim/replay/workload.ts';
import type { AttackName } from '../../sim/replay/forecast-attacks.ts';
import { ownTickMs, OwnPolicy } from '../../sim/replay/own-policy.ts';
import { makeOwnPolicy, type OwnSpec } from '../../sim/replay/own-spec.ts';
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
}

export interface JobResult {
  readonly result: ReplayResult;
  /** How often our policy's guard handed over to ski-rental; null for rivals. */
  readonly guardTrips: number | null;
}

/** Ablation asks for one forecast after the other; what was learned for the last few is kept. */
const learnedMax = 4;

export class JobBench {
  readonly #workloads = new Map<string, LoadedWorkload>();
  readonly #learned = new Map<string, HazardSnapshot>();

  add(name: string, workload: LoadedWorkload): void {
    this.#workloads.set(name, workload);
  }

  perform(job: ReplayJob): JobResult {
    const { replay, history } = this.#workload(job.workload);
    const policy = this.makePolicy(job);
    const { loads } = job;
    const result = runReplay({
      workload: replay,
      ...(history === null ? {} : { history }),
      figures: figuresOf(job),
      policy,
      queueing: job.queueing,
      ...(loads.sortedMs.length === 1 ? {} : { drawLoadMs: makeLoadSampler(loads, makeRng(job.seed)) }),
    });
    return { result, guardTrips: policy instanceof OwnPolicy ? policy.warmer.guard.trips : null };
  }

  makePolicy(job: ReplayJob): FleetPolicy {
    const poolCount = this.#workload(job.workload).replay.pools.length;
    const read = readPolicySpec(job.spec, job.gamma);
    const policy = must(read.ok ? read.value : null, `a policy spelt ${job.spec}, checked before`);
    if (policy.how.kind === 'rival') return policy.how.make({ poolCount });
    const { own } = policy.how;
    const learned = this.#learn(job.workload, own);
    return makeOwnPolicy({
      spec: own,
      poolCount,
      figures: figuresOf(job),
      ...(job.attack === undefined ? {} : { attack: job.attack }),
      ...(learned === null ? {} : { learned }),
    });
  }

  /** What the model takes from the history depends on its figures alone: not on gamma, loads or parking. */
  #learn(workload: string, own: OwnSpec): HazardSnapshot | null {
    const { history, replay } = this.#workload(workload);
    if (history === null) return null;
    const off = own.off.filter((part): part is FigureGroup => part in figureGroups);
    const key = `${workload} ${off.toSorted().join('+')}`;
    const known = this.#learned.get(key);
    if (known !== undefined) return known;
    const model = new HazardModel(ownTickMs, replay.pools.length, off);
    replayPast(model, pastArrivals(history), history.endMs);
    const learned = model.snapshot();
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
