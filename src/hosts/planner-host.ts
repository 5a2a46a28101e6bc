// One round of the planner: ask each pool how it stands, decide what warmth is worth its price, tell the pool. A pool that does not
// answer is left for the next round; its present target ends by itself.
import type { Forecaster } from '../core/demand/forecast.ts';
import type { PoolSettings } from '../core/pool/pool-settings.ts';
import type { PoolView } from '../core/pool/pool-view.ts';
import { planWarmth } from '../core/warming/plan-warmth.ts';
import { farMs, type WarmthPlan } from '../core/warming/pool-plan.ts';

export interface PlannerPorts {
  readonly forecaster: Forecaster;
  readonly waitCostMicrosPerSecond: number;
  /** Every pool that the configuration knows, with its figures. */
  settings(): readonly PoolSettings[];
  view(pool: string): Promise<PoolView>;
  arrivals(pool: string): Promise<readonly { readonly minute: number; readonly count: number }[]>;
  plan(pool: string, plan: WarmthPlan): Promise<void>;
}

/** The cron's period; a plan outlives one missed cron. */
const intervalSeconds = 60;
const planTtlMs = 90_000;
/** What a cold wait is taken to be before a load was measured. */
const coldWaitGuessSeconds = 5;

export interface PlanningRound {
  readonly planned: readonly string[];
  /** Pools that are at rest and have nothing planned: not looked at again before they wake. */
  readonly atRest: readonly string[];
}

/** Plans for the pools that are awake and for those with a floor. */
export async function planPools(
  awake: readonly string[],
  nowMs: number,
  ports: PlannerPorts,
): Promise<PlanningRound> {
  const known = ports.settings();
  const planned: string[] = [];
  const atRest: string[] = [];
  const names = new Set([...awake, ...known.filter(({ floor }) => floor > 0).map(({ pool }) => pool)]);
  // All at once: one that is slow to answer keeps no other from its plan.
  await Promise.all(
    [...names].map(async (pool) => {
      const settings = known.find((each) => each.pool === pool);
      if (settings === undefined) return void atRest.push(pool);
      const outcome = await planPool(settings, nowMs, ports).catch(() => 'failed' as const);
      if (outcome === 'planned') planned.push(pool);
      if (outcome === 'at-rest') atRest.push(pool);
    }),
  );
  return { planned, atRest };
}

async function planPool(
  settings: PoolSettings,
  nowMs: number,
  ports: PlannerPorts,
): Promise<'planned' | 'at-rest'> {
  const { pool } = settings;
  const [view, history] = await Promise.all([ports.view(pool), ports.arrivals(pool)]);
  const plan = planWarmth({
    forecast: ports.forecaster.forecast(history, nowMs),
    intervalSeconds,
    holdSeconds: meanHoldSeconds(view),
    coldWaitSeconds: coldWaitSeconds(view),
    slots: settings.slots,
    replicasMax: settings.replicasMax,
    hotMicrosPerSecond: settings.hotMicrosPerSecond,
    waitCostMicrosPerSecond: ports.waitCostMicrosPerSecond,
  });
  const quiet = view.replicas.length === 0 && view.queue.waiting === 0;
  if (quiet && plan.replicas === 0 && settings.floor === 0) return 'at-rest';
  await ports.plan(pool, keepPlan(settings, plan, nowMs + planTtlMs));
  return 'planned';
}

/** Brings up and keeps `replicas` hot, and leaves the rest to the windows of the settings. */
function keepPlan(
  settings: PoolSettings,
  { replicas, because }: { readonly replicas: number; readonly because: string },
  untilMs: number,
): WarmthPlan {
  return {
    keepHot: replicas,
    warmTo: replicas,
    keepParked: 0,
    parkTo: 0,
    hotMinMs: settings.hotIdleMs,
    hotMaxMs: farMs,
    parkedMinMs: settings.parkedIdleMs,
    parkedMaxMs: farMs,
    untilMs,
    because,
    terms: [],
  };
}

/** Busy time of replicas per request so far: too little where requests share a replica, too much where slots are kept idle. */
function meanHoldSeconds(view: PoolView): number {
  return view.requests.served === 0 ? 1 : view.life.busyMs / view.requests.served / 1000;
}

function coldWaitSeconds(view: PoolView): number {
  const loads = view.replicas.flatMap((replica) => (replica.loadMs === null ? [] : [replica.loadMs]));
  return loads.length === 0 ? coldWaitGuessSeconds : Math.max(...loads) / 1000;
}
