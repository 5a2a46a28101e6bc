// How many replicas are worth keeping hot for the next interval: each further one is kept while the waiting it is expected to save is
// worth more than its idle time costs. One knob: what a second of a user's waiting is worth. Pure.
import type { Forecast } from '../demand/forecast.ts';

export interface WarmthQuestion {
  readonly forecast: Forecast;
  /** Length of the interval that is planned for, in seconds. */
  readonly intervalSeconds: number;
  /** Mean time a request holds its slot, in seconds. */
  readonly holdSeconds: number;
  /** What a cold request waits, in seconds. */
  readonly coldWaitSeconds: number;
  readonly slots: number;
  readonly replicasMax: number;
  readonly hotMicrosPerSecond: number;
  /** Worth of a second of waiting, in micro-dollars. */
  readonly waitCostMicrosPerSecond: number;
}

export interface WarmthPlan {
  readonly replicas: number;
  readonly because: string;
}

/**
 * Replica k is worth its price while P(it is needed) x cold wait x wait cost > idle price x interval. The first one is needed when
 * anybody comes: P = 1 - exp(-rate x interval). The k-th is needed when more than (k-1) x slots requests run at once, which for
 * Poisson arrivals and any service time is the tail of a Poisson distribution with mean rate x hold time (M/G/infinity).
 */
export function planWarmth(question: WarmthQuestion): WarmthPlan {
  const { forecast, intervalSeconds, coldWaitSeconds, slots, replicasMax } = question;
  const priceMicros = question.hotMicrosPerSecond * intervalSeconds;
  const worthMicros = coldWaitSeconds * question.waitCostMicrosPerSecond;
  let replicas = 0;
  let chance = 1 - Math.exp(-forecast.perSecond * intervalSeconds);
  const first = chance;
  while (replicas < replicasMax && chance * worthMicros > priceMicros) {
    replicas += 1;
    chance = Math.min(first, poissonTail(forecast.perSecond * question.holdSeconds, replicas * slots));
  }
  const odds = `${(first * 100).toFixed(0)} % chance of a request in ${intervalSeconds} s`;
  const money = `a cold wait of ${coldWaitSeconds.toFixed(1)} s is worth ${Math.round(worthMicros)} and keeping one hot costs ${Math.round(priceMicros)} micro-dollars`;
  return { replicas, because: `${forecast.because}: ${odds}, ${money}` };
}

/** P(N > n) for N ~ Poisson(mean). */
export function poissonTail(mean: number, n: number): number {
  // Terms by their logarithm: exp(-mean) itself is zero to a double from 746 on.
  let logTerm = -mean;
  let below = Math.exp(logTerm);
  for (let k = 1; k <= n; k += 1) {
    logTerm += Math.log(mean / k);
    below += Math.exp(logTerm);
  }
  return Math.max(0, 1 - below);
}
