// The seam between the planner's object and its deployment: the pools of the configuration, and how each is reached.
import { brainPoolOf, retiredPool, type BrainPool } from '../src/core/warming/brain-settings.ts';
import { PlannerBrain, type BrainSnapshot } from '../src/core/warming/planner-brain.ts';
import { poolName } from '../src/core/pool/pool-settings.ts';
import { configOf } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import { RecordedBrain } from '../src/hosts/recorded-brain.ts';
import type { PlannerPorts } from '../src/hosts/planner-host.ts';

/** Pools that keep a place in what was learned, served or not. Beyond that all is learned anew, without those that are not. */
const poolsMax = 1_000;

/** A brain for this configuration that goes on from what was learned before, as far as that fits. */
export function openBrain(env: Env, learned: BrainSnapshot | null): PlannerBrain {
  const { catalogue, place, waitCostMicrosPerSecond, gpuBudget, plannerTickMs, recordDecisions } =
    configOf(env);
  const configured = catalogue.versions.map((version) =>
    brainPoolOf(version, poolName(version.id, place), waitCostMicrosPerSecond),
  );
  const open = (pools: readonly BrainPool[]): PlannerBrain => {
    const options = { pools, tickMs: plannerTickMs, gpuBudget };
    return recordDecisions ? new RecordedBrain(options) : new PlannerBrain(options);
  };
  try {
    const pools = learned === null ? null : placesOf(learned, configured);
    const brain = pools === null ? null : open(pools);
    if (learned !== null && brain?.restore(learned) === true) return brain;
  } catch {
    // Of another shape than it says: what was learned is worth less than a planner.
  }
  return open(configured);
}

/**
 * Pools keep their place in what was learned; those that left the configuration keep it too, and get nothing. Null when they are too
 * many.
 */
function placesOf(learned: BrainSnapshot, configured: readonly BrainPool[]): readonly BrainPool[] | null {
  const byName = new Map(configured.map((pool) => [pool.pool, pool]));
  const known = learned.pools.map(({ pool }) => byName.get(pool) ?? retiredPool(pool));
  const names = new Set(known.map(({ pool }) => pool));
  const pools = [...known, ...configured.filter(({ pool }) => !names.has(pool))];
  return pools.length > poolsMax ? null : pools;
}

/** A pool that hangs must not hold up the round: it is left for the next one. */
const answerMsMax = 5_000;

export function plannerPorts(env: Env): PlannerPorts {
  return {
    report: (pool, sinceSeq) => inTime(env.POOL.getByName(pool).report(pool, sinceSeq)),
    plan: (pool, plan) => inTime(env.POOL.getByName(pool).plan(pool, plan)),
  };
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = scheduler.wait(answerMsMax, { signal: answered.signal }).then(() => {
    throw new Error('the pool did not answer in time');
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    // Its own end is nobody's business once the race is over.
    late.catch(() => undefined);
    answered.abort();
  }
}
