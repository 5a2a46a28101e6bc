// Renders the planner's mind for the admin API: the same numbers that plans are made from. Pure.
import { keepAliveSeconds, type KeepAliveBill } from './regret-meter.ts';
import type { PlannerBrain } from './planner-brain.ts';
import type { BrainPoolState } from './brain-pool.ts';
import type { WarmthPlan } from './pool-plan.ts';
import type { DecidedBy, EconomicsView, PlannerView, RegretView, WarmthView } from './warmth-view.ts';

export function viewWarmth(brain: PlannerBrain, name: string, nowMs: number): WarmthView | null {
  const at = brain.indexOf(name);
  if (at === null) return null;
  const { config, figures } = brain.pool(at);
  const plan = brain.preview(name, nowMs);
  const by: DecidedBy = config.hotIdleMs === null ? brain.warmer.plan(at).by : 'windows';
  const best = bestKeepAlive(brain, nowMs);
  return {
    pool: name,
    by,
    plan,
    figures: {
      loadSeconds: figures.loadSeconds,
      wakeSeconds: figures.wakeSeconds,
      parkedShare: figures.parkedShare,
      gamma: figures.gamma,
      floor: config.floor,
    },
    economics: viewEconomics(brain.pool(at), plan),
    levels: brain.explain(at, nowMs),
    cut: brain.cut(at),
    forecast: brain.forecasts.forecast(at, nowMs),
    track: brain.forecasts.track(at, nowMs),
    regret: viewRegret(brain, [at], best, nowMs),
  };
}

function viewEconomics(
  { config, measured, burstMs }: BrainPoolState,
  plan: WarmthPlan | null,
): EconomicsView {
  const { hotMicrosPerSecond, parkedMicrosPerSecond, economicsFrom } = config;
  const guessed = economicsFrom?.times ?? 'the model file';
  return {
    hotMicrosPerSecond,
    parkedMicrosPerSecond,
    loadingMicrosPerSecond: hotMicrosPerSecond,
    priceFrom: economicsFrom?.price ?? 'the model file',
    loadFrom: measured.loadMs === null ? guessed : 'measured',
    wakeFrom: measured.wakeMs === null ? guessed : 'measured',
    burstTo: plan?.burstTo ?? 0,
    burstMicros: Math.round((burstMs * hotMicrosPerSecond) / 1000),
  };
}

export function viewPlanner(brain: PlannerBrain, nowMs: number): PlannerView {
  const { guard } = brain.warmer;
  const { balance, paid, shadow, trips, isTrusting } = guard.snapshot();
  // A pool that is served no more has no prices to compare by.
  const all = [...brain.poolNames.keys()].filter((at) => brain.pool(at).config.replicasMax > 0);
  return {
    nowMs,
    tickMs: brain.tickMs,
    ticks: brain.ticks,
    guard: {
      isTrusting,
      trips,
      balanceMicros: Math.round(balance),
      paidMicros: Math.round(paid),
      skiRentalMicros: Math.round(shadow),
    },
    gpuBudget: brain.gpuBudget,
    regret: viewRegret(brain, all, bestKeepAlive(brain, nowMs), nowMs),
  };
}

/** Index of the fixed keep-alive that would have been cheapest for all pools together this week. */
function bestKeepAlive(brain: PlannerBrain, nowMs: number): number {
  const costs = keepAliveSeconds.map(() => 0);
  for (const at of brain.poolNames.keys()) {
    const { figures } = brain.pool(at);
    for (const [window, bill] of brain.pool(at).bills(nowMs).entries())
      costs[window] = (costs[window] ?? 0) + bill.costSeconds * (figures.price ?? 1);
  }
  return costs.indexOf(Math.min(...costs));
}

function viewRegret(brain: PlannerBrain, pools: readonly number[], best: number, nowMs: number): RegretView {
  const weeks = pools.map((at) => brain.pool(at).week(nowMs));
  const bills = pools.map((at): { readonly bill: KeepAliveBill | undefined; readonly price: number } => ({
    bill: brain.pool(at).bills(nowMs)[best],
    price: brain.pool(at).figures.price ?? 1,
  }));
  const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
  const paidMicros = Math.round(sum(weeks.map((week) => week.paidMicros)));
  const fixedMicros = Math.round(sum(bills.map(({ bill, price }) => (bill?.costSeconds ?? 0) * price)));
  const starts = pools.map((at) => brain.pool(at).meter.sinceMs).filter((ms) => ms > 0);
  return {
    sinceMs: starts.length === 0 ? nowMs : Math.min(...starts),
    paidMicros,
    bestKeepAliveSeconds: keepAliveSeconds[best] ?? 0,
    bestFixedMicros: fixedMicros,
    savedMicros: fixedMicros - paidMicros,
    coldsSuffered: sum(weeks.map((week) => week.colds)),
    coldsOfBestFixed: sum(bills.map(({ bill }) => bill?.colds ?? 0)),
    prewarmsUseful: sum(weeks.map((week) => week.useful)),
    prewarmsWasted: sum(weeks.map((week) => week.wasted)),
  };
}
