// Our own policy behind the rivals' interface: feeds the warmer what happens, and carries out its plans by the same `applyPlan` as the
// production pool. Owns the coupling and nothing of the policy.
import { Warmer, type PoolPlan, type WarmerSwitches } from '../../core/warming/warmer.ts';
import type { HazardSnapshot } from '../../core/demand/hazard-model.ts';
import { noneExpected, type ExpectedReplicas } from '../../core/graph/expected-replicas.ts';
import { farMs, type WarmthPlan } from '../../core/warming/pool-plan.ts';
import type { WarmthFigures } from '../../core/warming/exchange.ts';
import { carryOut } from './carry-out.ts';
import type { Fleet, FleetPolicy, PastArrival, RunNews } from './fleet-policy.ts';
import { replayPast } from './replay-past.ts';
import { presenceOf, type RunGuide } from './run-guide.ts';

/** The cron's period: what production plans by. */
export const ownTickMs = 60_000;

/** Moments of a trace need not be whole: what is due by a rounding error is due a millisecond later. */
const soonMs = 1;

export interface OwnPolicyOptions {
  readonly name: string;
  readonly poolCount: number;
  readonly figures: WarmthFigures;
  readonly switches?: Partial<WarmerSwitches>;
  /** Plan again at every change of a pool's load, not only at ticks; production does. */
  readonly events?: boolean;
  readonly attack?: (hazard: number, pool: number, level: number) => number;
  readonly tickMs?: number;
  /** What an earlier run learned from the same history with the same switches; does not depend on gamma. */
  readonly learned?: HazardSnapshot;
  /** Where the workload has runs of functions: what those on their way ask for. */
  readonly guide?: RunGuide;
}

export class OwnPolicy implements FleetPolicy {
  readonly name: string;
  readonly tickMs: number;
  readonly warmer: Warmer;
  readonly #events: boolean;
  readonly #parks: boolean;
  readonly #gamma: number;
  readonly #learned: HazardSnapshot | null;
  readonly #plans: PoolPlan[] = [];
  /** The same as the pool would be told. */
  readonly #rendered: WarmthPlan[] = [];
  readonly #nextMs: Float64Array;
  readonly #guide: RunGuide | null;

  constructor(options: OwnPolicyOptions) {
    const {
      name,
      poolCount,
      figures,
      switches,
      events = true,
      attack,
      tickMs = ownTickMs,
      learned,
      guide,
    } = options;
    this.name = name;
    this.tickMs = tickMs;
    this.#events = events;
    this.#parks = figures.wakeSeconds !== null;
    this.#gamma = figures.gamma;
    this.#learned = learned ?? null;
    this.#guide = guide ?? null;
    this.#nextMs = new Float64Array(poolCount).fill(Infinity);
    this.warmer = new Warmer({
      tickMs,
      poolCount,
      figures: () => figures,
      ...(switches === undefined ? {} : { switches }),
      ...(attack === undefined ? {} : { attack }),
    });
  }

  learn(history: { readonly arrivals: Iterable<PastArrival>; readonly endMs: number }): void {
    if (this.#learned !== null && this.warmer.model.restore(this.#learned)) return;
    replayPast(this.warmer.model, history.arrivals, history.endMs);
  }

  onArrival(pool: number, tenant: number, fleet: Fleet): void {
    this.warmer.arrive(pool, tenant, fleet.nowMs);
    this.warmer.load(pool, fleet.busy(pool) + 1, fleet.nowMs);
    // The request is placed first, then the pool is planned anew, in the same instant.
    if (this.#events) fleet.callAt(pool, fleet.nowMs);
  }

  onRun(news: RunNews, fleet: Fleet): void {
    if (this.#guide === null) return;
    for (const pool of this.#guide.hear(news, fleet.nowMs)) {
      this.warmer.model.expect(pool, this.#guide.runsTo(pool, fleet.nowMs));
      fleet.callAt(pool, fleet.nowMs);
    }
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.warmer.load(pool, fleet.busy(pool), fleet.nowMs);
    if (this.#events) this.#planNow(pool, fleet);
  }

  onReady(pool: number, fleet: Fleet): void {
    this.#apply(pool, fleet);
  }

  onTimer(pool: number, fleet: Fleet): void {
    if (this.#events) this.#planNow(pool, fleet);
    else this.#apply(pool, fleet);
  }

  onTick(fleet: Fleet): void {
    // Priced as the policy prices, so that it compares with what ski-rental would have paid.
    const paid = fleet.paidSeconds() + this.#gamma * fleet.waitedSeconds();
    const wasTrusting = this.warmer.isTrusting;
    this.warmer.tick(fleet.nowMs, paid);
    for (let pool = 0; pool < fleet.poolCount; pool += 1) {
      const before = this.#plans[pool];
      const isDue = (this.#nextMs[pool] ?? 0) <= fleet.nowMs;
      if (
        before !== undefined &&
        !isDue &&
        wasTrusting === this.warmer.isTrusting &&
        !this.warmer.model.isFresh(pool)
      )
        continue;
      const plan = this.warmer.plan(pool);
      this.#take(pool, plan);
      if (before !== plan || isDue) this.#apply(pool, fleet);
    }
  }

  #planNow(pool: number, fleet: Fleet): void {
    this.warmer.model.look(pool, fleet.nowMs);
    this.#take(pool, this.warmer.plan(pool));
    this.#apply(pool, fleet);
  }

  #take(pool: number, plan: PoolPlan): void {
    if (this.#plans[pool] === plan) return;
    this.#plans[pool] = plan;
    this.#rendered[pool] = { ...plan, untilMs: farMs, because: '', terms: [] };
  }

  #apply(pool: number, fleet: Fleet): void {
    const plan = this.#rendered[pool];
    if (plan === undefined) return;
    const { isDone, nextMs } = carryOut(pool, fleet, {
      plan,
      windows: { hotIdleMs: plan.hotMaxMs, parkedIdleMs: plan.parkedMaxMs },
      parks: this.#parks,
      expected: this.#expected(pool, fleet),
      mayStart: () => this.#mayStart(pool, fleet),
    });
    const soonestMs = nextMs === null ? null : Math.max(nextMs, fleet.nowMs + soonMs);
    // What the budget has put off is asked again at the next tick.
    this.#nextMs[pool] = isDone ? (soonestMs ?? Infinity) : 0;
    fleet.callAt(pool, soonestMs);
  }

  #expected(pool: number, fleet: Fleet): ExpectedReplicas {
    return this.#guide === null
      ? noneExpected
      : this.#guide.expected(pool, presenceOf(pool, fleet), fleet.nowMs);
  }

  #mayStart(pool: number, fleet: Fleet): boolean {
    return this.warmer.maySpeculate(pool, fleet.speculatedSeconds(), fleet.groundedSeconds());
  }
}
