// One round of the planner: hear every pool that is awake, let the clock tick in the brain, tell each pool its plan. A pool that does not
// answer in time is left for the next round; its present plan ends by itself. Owns the order; the brain owns every decision.
import type { DemandReport } from '../core/pool/demand-report.ts';
import type { PlannerBrain } from '../core/warming/planner-brain.ts';
import type { WarmthPlan } from '../core/warming/pool-plan.ts';

export interface PlannerPorts {
  report(pool: string, sinceSeq: number): Promise<DemandReport>;
  plan(pool: string, plan: WarmthPlan): Promise<void>;
}

export interface PlanningRound {
  readonly planned: readonly string[];
  /** Pools that have no replica, nobody waiting and nothing planned: not heard again before they wake. */
  readonly atRest: readonly string[];
}

/** Pools spoken to at once: a round of hundreds must not open hundreds of calls. */
const callsMax = 32;

/** Plans for the pools that are awake, those with a floor, and those at rest that are worth warming. */
export async function planRound(
  brain: PlannerBrain,
  awake: readonly string[],
  nowMs: number,
  ports: PlannerPorts,
): Promise<PlanningRound> {
  const isAwake = new Set(awake);
  const silent = new Set<string>();
  await forEach([...isAwake], async (pool) => {
    const report = await ports.report(pool, brain.heardSeq(pool)).catch(() => null);
    if (report === null) silent.add(pool);
    else brain.hear(pool, report);
  });
  brain.tick(nowMs);
  const planned: string[] = [];
  const atRest = awake.filter((pool) => brain.indexOf(pool) === null);
  await forEach(brain.poolNames, async (pool) => {
    const at = brain.indexOf(pool);
    if (at === null || silent.has(pool)) return;
    const { config, report } = brain.pool(at);
    const isQuiet = !isAwake.has(pool) || report === null || isEmpty(report);
    const plan = brain.plan(pool, nowMs);
    if (plan === null) return;
    if (isQuiet && plan.warmTo === 0 && plan.parkTo === 0 && config.floor === 0) {
      if (isAwake.has(pool)) atRest.push(pool);
      return;
    }
    const isTold = await ports.plan(pool, plan).then(
      () => true,
      () => false,
    );
    if (isTold) planned.push(pool);
  });
  return { planned, atRest };
}

function isEmpty({ hot, coming, parked, waiting, busy }: DemandReport): boolean {
  return hot + coming + parked + waiting + busy === 0;
}

/** In order, a bounded number at once: one that is slow to answer keeps few others waiting. */
async function forEach<T>(items: readonly T[], perform: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await perform(item);
  };
  await Promise.all(Array.from({ length: Math.min(callsMax, items.length) }, work));
}
