// Functions as graphs of stages: turns arrivals of functions into requests to the pools of their stages. Stage times are those of a run
// that never waits, as a file of arrivals cannot know better. Same options, same rows. Pure.
import { assert, must } from '../../core/base/assert.ts';
import type { Workload } from '../replay/workload.ts';
import { drawLogNormal, makeStream } from './draws.ts';
import { WorkloadBuilder } from './workload-builder.ts';

/** A stage of a function; its pool serves no other function. */
export interface FunctionStage {
  readonly name: string;
  /** Index of the stage whose end starts this one; null for the first. Always a smaller index than the stage's own. */
  readonly after: number | null;
  /** Chance that the run goes on to this stage once the one before has ended. */
  readonly chance: number;
}

export interface FunctionGraph {
  readonly stages: readonly FunctionStage[];
}

/** Three stages one after the other. */
export function makeChain3(chance: number): FunctionGraph {
  return {
    stages: [
      { name: 'first', after: null, chance: 1 },
      { name: 'second', after: 0, chance },
      { name: 'third', after: 1, chance },
    ],
  };
}

/** One stage, then three side by side, each with the same chance. */
export function makeFan3(chance: number): FunctionGraph {
  return {
    stages: [
      { name: 'first', after: null, chance: 1 },
      { name: 'left', after: 0, chance },
      { name: 'middle', after: 0, chance },
      { name: 'right', after: 0, chance },
    ],
  };
}

export interface FunctionOptions {
  readonly seed: number;
  readonly graph: FunctionGraph;
  /** A stage takes this share of the arrival's execution time, times a log-normal factor of its own. */
  readonly execShare: number;
  readonly execSigma: number;
}

export interface FunctionWorkload {
  /** Pool names are `function/stage`. */
  readonly workload: Workload;
  /** Per row of the workload: which arrival it belongs to and which stage it is. */
  readonly arrivalOf: Uint32Array;
  readonly stageOf: Uint8Array;
}

/** A graph of more stages is none that a person wrote by hand. */
const stagesMax = 64;

/** Every row of `arrivals` is a run of the function that its pool stands for. */
export function expandFunctions(
  arrivals: Workload,
  { seed, graph, execShare, execSigma }: FunctionOptions,
): FunctionWorkload {
  const { stages } = graph;
  assert(stages.length >= 1 && stages.length <= stagesMax, `a graph has 1 to ${stagesMax} stages`);
  const rng = makeStream(seed, 0);
  const builder = new WorkloadBuilder();
  const runs: number[] = [];
  const stageIndices: number[] = [];
  const endsMs = new Float64Array(stages.length);
  for (const [run, arrivalMs] of arrivals.arrivalMs.entries()) {
    for (const [index, { after, chance }] of stages.entries()) {
      const startMs = after === null ? arrivalMs : (endsMs[after] ?? Number.NaN);
      // Drawn also for stages that are not reached, so that a chance changes which stages run and nothing else.
      const execMs = drawLogNormal(rng, (arrivals.execMs[run] ?? 0) * execShare, execSigma);
      const isTaken = rng() < chance && !Number.isNaN(startMs);
      endsMs[index] = isTaken ? startMs + execMs : Number.NaN;
      if (!isTaken) continue;
      const pool = (arrivals.pool[run] ?? 0) * stages.length + index;
      builder.add({ arrivalMs: startMs, pool, tenant: arrivals.tenant[run] ?? 0, execMs });
      runs.push(run);
      stageIndices.push(index);
    }
  }
  const { workload, order } = builder.build({
    days: Math.ceil(arrivals.endMs / 86_400_000),
    resolutionMs: 1,
    poolName: (index) => {
      const name = must(arrivals.pools[Math.floor(index / stages.length)], 'the name of a function');
      return `${name}/${must(stages[index % stages.length], 'a stage').name}`;
    },
    tenantName: (index) => must(arrivals.tenants[index], 'the name of a tenant'),
  });
  return {
    workload,
    arrivalOf: Uint32Array.from(order, (at) => runs[at] ?? 0),
    stageOf: Uint8Array.from(order, (at) => stageIndices[at] ?? 0),
  };
}
