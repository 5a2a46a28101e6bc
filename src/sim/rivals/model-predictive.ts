// Model-predictive control, after "Taming Serverless Cold Starts" (arXiv 2508.07640): forecast over a horizon, the cheapest plan for it, its first step, again.
// Rule: every 30 s and at each release, for each level k of a pool (the k-th replica busy at once) a dynamic programme over six steps of 30 s: held it costs its idle time,
// not held gamma x wait + load for the chance that a request finds k - 1 busy, and a start ahead costs its load. Chances by the M/G/infinity queue from
// now on, at the forecast rate. What the paper's program also shapes (dispatch, queueing) is the replay's here. Learns from history.
import type { Fleet, FleetPolicy } from '../replay/fleet-policy.ts';
import { walkPast, type PastTraffic } from './past-events.ts';
import { RateForecast } from './rate-forecast.ts';
import { occupancyAfter } from './transient-occupancy.ts';

const stepMs = 30_000;
/** Three minutes: longer horizons are no better on the first ten days of GenTD26, and take longer. */
const steps = 6;
/** What the paper calls the price of churn: a start ahead must pay for itself this many times. Of 1 to 3 among the best on the first ten days of GenTD26. */
const startMargin = 1.5;
/** Levels above the busy ones that are weighed in one decision: more than this are never idle for long enough to matter. */
const levelsAheadMax = 32;
/** A pool's mean work starts from this many requests of half a minute. */
const priorRequests = 4;
const priorWorkMs = 30_000;

/** What one level costs in a step: `idle` when held; `hit` is the chance that a request needs it. */
interface LevelStep {
  readonly idleMs: number;
  readonly hit: number;
}

/** First moves of the best plan. */
interface LevelPlan {
  readonly keep: boolean;
  readonly start: boolean;
}

export class ModelPredictive implements FleetPolicy {
  readonly name: string;
  readonly tickMs = stepMs;
  readonly #gamma: number | null;
  readonly #rates: RateForecast;
  readonly #busy: Int32Array;
  readonly #sinceMs: Float64Array;
  readonly #requests: Float64Array;
  readonly #workMs: Float64Array;

  /** Without `gamma` the fleet's own exchange rate is used. */
  constructor(name: string, poolCount: number, gamma: number | null) {
    this.name = name;
    this.#gamma = gamma;
    this.#rates = new RateForecast(poolCount);
    this.#busy = new Int32Array(poolCount);
    this.#sinceMs = new Float64Array(poolCount);
    this.#requests = new Float64Array(poolCount).fill(priorRequests);
    this.#workMs = new Float64Array(poolCount).fill(priorRequests * priorWorkMs);
  }

  learn(history: PastTraffic): void {
    walkPast(history, {
      arrival: (pool, atMs) => this.#arrive(pool, atMs),
      end: (pool, atMs) => this.#change(pool, atMs, -1),
    });
  }

  onArrival(pool: number, _tenant: number, fleet: Fleet): void {
    this.#arrive(pool, fleet.nowMs);
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#change(pool, fleet.nowMs, -1);
    this.#decide(pool, fleet);
  }

  onTick(fleet: Fleet): void {
    for (let pool = 0; pool < fleet.poolCount; pool += 1) this.#decide(pool, fleet);
  }

  #arrive(pool: number, atMs: number): void {
    this.#rates.arrive(pool, atMs);
    this.#requests[pool] = (this.#requests[pool] ?? 0) + 1;
    this.#change(pool, atMs, 1);
  }

  /** Mean work is read off requests in flight over time (Little): the policy is not told how long one took. */
  #change(pool: number, atMs: number, by: number): void {
    const busy = this.#busy[pool] ?? 0;
    const passedMs = atMs - (this.#sinceMs[pool] ?? 0);
    this.#workMs[pool] = (this.#workMs[pool] ?? 0) + busy * passedMs;
    this.#sinceMs[pool] = atMs;
    this.#busy[pool] = busy + by;
  }

  #decide(pool: number, fleet: Fleet): void {
    const busy = fleet.busy(pool);
    const total = busy + fleet.idle(pool) + fleet.coming(pool);
    const gamma = this.#gamma ?? fleet.figures.gamma;
    const perMs = this.#rates.perMs(pool, fleet.nowMs, fleet.nowMs);
    // No plan starts anything when the whole horizon's waits would not pay for one load.
    if (total === busy && perMs * steps * stepMs * (1 + gamma) < 1) return;
    const levels = this.#forecastLevels(pool, fleet, Math.min(total - busy + 2, levelsAheadMax));
    const plans = levels.map((level) => planLevel(level, fleet.figures.loadMs, gamma));
    const kept = firstFalse(plans.map(({ keep }) => keep));
    if (busy + kept < total) {
      for (let at = busy + kept; at < total; at += 1) if (!fleet.stopIdle(pool)) break;
      return;
    }
    // One start per pool and step beyond what is there: the next level is weighed at the next step.
    if (plans[total - busy]?.start === true) fleet.prewarm(pool);
  }

  /** For the levels above the busy ones: what each step of the horizon holds for them. */
  #forecastLevels(pool: number, fleet: Fleet, count: number): LevelStep[][] {
    const busyNow = fleet.busy(pool);
    const meanWorkMs = (this.#workMs[pool] ?? 0) / (this.#requests[pool] ?? 1);
    const levels: LevelStep[][] = Array.from({ length: count }, () => []);
    for (let step = 0; step < steps; step += 1) {
      const aheadMs = (step + 0.5) * stepMs;
      const arrivalsPerMs = this.#rates.perMs(pool, fleet.nowMs, fleet.nowMs + aheadMs);
      const chances = occupancyAfter({ busyNow, arrivalsPerMs, meanWorkMs }, aheadMs, busyNow + count);
      let below = 0;
      for (let n = 0; n < busyNow; n += 1) below += chances[n] ?? 0;
      levels.forEach((level, at) => {
        const exactly = chances[busyNow + at] ?? 0;
        below += exactly;
        level.push({ idleMs: stepMs * below, hit: 1 - Math.exp(-arrivalsPerMs * stepMs * exactly) });
      });
    }
    return levels;
  }
}

/** Backward over the horizon with two states, held or not; beyond the horizon nothing is counted. Costs in ms of a replica's time. */
function planLevel(level: readonly LevelStep[], loadMs: number, gamma: number): LevelPlan {
  const missCost = (1 + gamma) * loadMs;
  let held = 0;
  let off = 0;
  let plan: LevelPlan = { keep: false, start: false };
  for (const { idleMs, hit } of level.toReversed()) {
    const keep = idleMs + held;
    const without = hit * (missCost + held) + (1 - hit) * off;
    // A request that comes while the replica loads waits half of the load on average.
    const start = loadMs + hit * gamma * (loadMs / 2) + held;
    plan = { keep: keep < without, start: startMargin * start < without };
    held = Math.min(keep, without);
    off = Math.min(start, without);
  }
  return plan;
}

function firstFalse(flags: readonly boolean[]): number {
  const at = flags.indexOf(false);
  return at === -1 ? flags.length : at;
}
