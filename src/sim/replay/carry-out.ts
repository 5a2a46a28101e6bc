// Carries out on the fleet what `applyPlan` decides for one pool, by the production's own function. Owns the reading of the fleet as plain
// numbers and the order of the acts; whose plan it is, and what may be spent, is the policy's.
import { applyPlan, type WarmthStep } from '../../core/warming/apply-plan.ts';
import type { WarmthPlan } from '../../core/warming/pool-plan.ts';
import { noneExpected, type ExpectedReplicas } from '../../core/graph/expected-replicas.ts';
import type { Fleet } from './fleet-policy.ts';

export interface Orders {
  readonly plan: WarmthPlan | null;
  readonly windows: { readonly hotIdleMs: number; readonly parkedIdleMs: number };
  readonly parks: boolean;
  /** What runs on their way ask for. */
  readonly expected: ExpectedReplicas;
  /** Whether one more may be started ahead of demand, but for a run. */
  mayStart(): boolean;
}

export interface Done {
  /** False when something was left undone because it may not be started. */
  readonly isDone: boolean;
  /** When time alone makes something due. */
  readonly nextMs: number | null;
}

export function carryOut(pool: number, fleet: Fleet, orders: Orders): Done {
  let step = decide(pool, fleet, orders);
  let isDone = perform(pool, fleet, { step, orders });
  if (orders.parks && step.putAway > 0) {
    // Parked in no time here: what is not worth parking goes at once.
    step = decide(pool, fleet, orders);
    isDone = perform(pool, fleet, { step, orders }) && isDone;
  }
  const nextMs = Math.min(step.nextMs ?? Infinity, orders.expected.nextMs ?? Infinity);
  return { isDone, nextMs: nextMs === Infinity ? null : nextMs };
}

function decide(pool: number, fleet: Fleet, { plan, windows, parks, expected }: Orders): WarmthStep {
  const busy = fleet.busy(pool);
  const preparking = fleet.preparking(pool);
  return applyPlan({
    nowMs: fleet.nowMs,
    plan,
    windows,
    floor: 0,
    need: busy,
    expected,
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

function perform(
  pool: number,
  fleet: Fleet,
  { step, orders }: { readonly step: WarmthStep; readonly orders: Orders },
): boolean {
  const { parks, expected } = orders;
  for (let n = 0; n < step.putAway; n += 1) void (parks ? fleet.parkIdle(pool) : fleet.stopIdle(pool));
  for (let n = 0; n < step.stopParked; n += 1) fleet.stopParked(pool);
  for (let n = 0; n < step.wake; n += 1) fleet.wake(pool);
  for (let n = 0; n < step.claim; n += 1) fleet.claim(pool);
  const forPlan = expected.warm === 0 ? step.start : startsWithoutRuns(pool, fleet, orders);
  let started = 0;
  for (; started < Math.min(forPlan, step.start) && orders.mayStart(); started += 1) fleet.prewarm(pool);
  const missed = Math.min(forPlan, step.start) - started;
  for (let n = forPlan; n < step.start; n += 1) fleet.prewarm(pool, true);
  let parked = 0;
  for (; parked < step.startParked && orders.mayStart(); parked += 1) fleet.prepark(pool);
  if (expected !== noneExpected) giveUp(pool, fleet, step.keep);
  return missed === 0 && parked === step.startParked;
}

/** How many the plan alone would start. */
function startsWithoutRuns(pool: number, fleet: Fleet, orders: Orders): number {
  const alone = decide(pool, fleet, { ...orders, expected: noneExpected });
  return alone.start;
}

/** A load that was begun for a run which takes another way, and that nobody else wants. */
function giveUp(pool: number, fleet: Fleet, keep: number): void {
  let spare = fleet.busy(pool) + fleet.idle(pool) + fleet.coming(pool) - fleet.preparking(pool) - keep;
  while (spare > 0 && fleet.abort(pool)) spare -= 1;
}
