// Our own policy behind the rivals' interface: feeds the warmer what happens, and carries out its plans by the same `applyPlan` as the
// production pool. Owns the coupling and nothing of the policy.
import { Warmer, type PoolPlan, type WarmerSwitches } from '../../core/warming/warmer.ts';
import type { HazardSnapshot } from '../../core/demand/hazard-model.ts';
import { applyPlan, type WarmthStep } from '../../core/warming/apply-plan.ts';
import { farMs, type WarmthPlan } from '../../core/warming/pool-plan.ts';
import type { WarmthFigures } from '../../core/warming/exchange.ts';
import type { Fleet, FleetPolicy, PastArrival } from './fleet-policy.ts';
import { replayPast } from './replay-past.ts';

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
    } = options;
    this.name = name;
    this.tickMs = tickMs;
    this.#events = events;
    this.#parks = figures.wakeSeconds !== null;
    this.#gamma = figures.gamma;
    this.#learned = learned ?? null;
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
    const parks = this.#parks;
    let step = decide(pool, plan, fleet, parks);
    let isDone = this.#perform(pool, fleet, step, parks);
    if (parks && step.putAway > 0) {
      // Parked in no time here: what is not worth parking goes at once.
      step = decide(pool, plan, fleet, parks);
      isDone = this.#perform(pool, fleet, step, parks) && isDone;
    }
    // What the budget has put off is asked again at the next tick.
    const nextMs = step.nextMs === null ? null : Math.max(step.nextMs, fleet.nowMs + soonMs);
    this.#nextMs[pool] = isDone ? (nextMs ?? Infinity) : 0;
    fleet.callAt(pool, nextMs);
  }

  /** False when something was left undone for want of budget. */
  #perform(pool: number, fleet: Fleet, step: WarmthStep, parks: boolean): boolean {
    for (let n = 0; n < step.putAway; n += 1) void (parks ? fleet.parkIdle(pool) : fleet.stopIdle(pool));
    for (let n = 0; n < step.stopParked; n += 1) fleet.stopParked(pool);
    for (let n = 0; n < step.wake; n += 1) fleet.wake(pool);
    for (let n = 0; n < step.claim; n += 1) fleet.claim(pool);
    let started = 0;
    for (; started < step.start && this.#mayStart(pool, fleet); started += 1) fleet.prewarm(pool);
    let parked = 0;
    for (; parked < step.startParked && this.#mayStart(pool, fleet); parked += 1) fleet.prepark(pool);
    return started === step.start && parked === step.startParked;
  }

  #mayStart(pool: number, fleet: Fleet): boolean {
    return this.warmer.maySpeculate(pool, fleet.speculatedSeconds(), fleet.groundedSeconds());
  }
}

function decide(pool: number, plan: WarmthPlan, fleet: Fleet, parks: boolean): WarmthStep {
  const busy = fleet.busy(pool);
  const preparking = fleet.preparking(pool);
  return applyPlan({
    nowMs: fleet.nowMs,
    plan,
    windows: { hotIdleMs: plan.hotMaxMs, parkedIdleMs: plan.parkedMaxMs },
    floor: 0,
    need: busy,
    most: Number.MAX_SAFE_INTEGER,
    room: Number.MAX_SAFE_INTEGER,
    parks,
    busy,
    idleMs: fleet.idleAgesMs(pool),
    coming: fleet.coming(pool) - preparking,
    parkedMs: fleet.parkedAgesMs(pool),
    parking: 0,
    preparking,
  });
}
