// What follows from a plan, a floor and a need for the replicas that there are: how many to put away, to stop, to wake and to start,
// and when time alone changes that. One decision over plain numbers for the production pool and the simulator. Pure.
import type { WarmthPlan } from './pool-plan.ts';

/** A pool's replicas as they stand, in numbers. */
export interface WarmthNow {
  readonly nowMs: number;
  /** Without one, or past its end, the windows decide alone (ski rental). */
  readonly plan: WarmthPlan | null;
  readonly windows: { readonly hotIdleMs: number; readonly parkedIdleMs: number };
  /** Replicas kept hot at all times, and replicas that those who are here need. */
  readonly floor: number;
  readonly need: number;
  /** The same for runs of compound functions on their way: to be hot by now, and to be kept of what there is. */
  readonly expected: { readonly warm: number; readonly keep: number };
  /** Most replicas that the pool may have. */
  readonly most: number;
  /** Replicas that could be started at this moment: none while starts are blocked. */
  readonly room: number;
  /** Whether an idle replica is put away by parking it; otherwise it is stopped. */
  readonly parks: boolean;
  /** Hot replicas in use. */
  readonly busy: number;
  /** For how long each idle hot replica has been idle, the longest first. */
  readonly idleMs: readonly number[];
  /** Replicas that load or wake to be hot. */
  readonly coming: number;
  /** For how long each parked replica has been parked, the longest first. */
  readonly parkedMs: readonly number[];
  /** Replicas on their way from hot to parked, and replicas that load to be parked. */
  readonly parking: number;
  readonly preparking: number;
}

export interface WarmthStep {
  /** How many of the longest idle to park, or to stop where the pool does not park. */
  readonly putAway: number;
  /** How many of the longest parked to stop. */
  readonly stopParked: number;
  /** How many of those parked last to wake; of those that load to be parked, how many are to become hot instead; how many to start. */
  readonly wake: number;
  readonly claim: number;
  readonly start: number;
  /** How many to start and park. */
  readonly startParked: number;
  /** How many more are wanted that there is no room for. */
  readonly short: number;
  /** Replicas that are to be hot or coming: what `wake`, `claim` and `start` make up for. */
  readonly warm: number;
  /** Of those that are hot or coming, how many are kept whatever their windows say, but for the longest. */
  readonly keep: number;
  /** When time alone makes something due, should nothing happen before; null when it never does. */
  readonly nextMs: number | null;
}

/** What holds at this moment, from the plan or from the windows. */
interface Rules {
  /** Hot replicas that are brought up where they are missing, hot ones that nothing takes, and hot ones that only their longest window takes. */
  readonly warm: number;
  readonly held: number;
  readonly keepHot: number;
  /** The same for hot and parked ones together. */
  readonly parkTo: number;
  readonly keepParked: number;
  readonly hot: Windows;
  readonly parked: Windows;
  readonly untilMs: number | null;
}

interface Windows {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The decision. Carried out and asked again at the same moment, it wants nothing more. */
export function applyPlan(now: WarmthNow): WarmthStep {
  const rules = rulesOf(now);
  const hot = now.busy + now.idleMs.length;
  const away = countAway(now.idleMs, rules.hot, hot - rules.keepHot, hot - rules.held);
  const missing = Math.max(0, rules.warm - hot - now.coming);
  const wake = Math.min(missing, now.parkedMs.length);
  const claim = Math.min(missing - wake, now.preparking);
  const wanted = missing - wake - claim;
  const start = Math.min(wanted, now.room);
  // Those that wake are the ones that were parked last.
  const parkedMs = now.parkedMs.slice(0, now.parkedMs.length - wake);
  const both = hot - away.count + parkedMs.length;
  const stops = countAway(parkedMs, rules.parked, both - rules.keepParked, both - rules.parkTo);
  const all = hot + now.coming + now.parkedMs.length + now.parking + now.preparking + wanted - stops.count;
  const missingParked = Math.max(0, rules.parkTo - all);
  const startParked = Math.min(missingParked, now.room - start);
  return {
    putAway: away.count,
    stopParked: stops.count,
    wake,
    claim,
    start,
    startParked,
    short: wanted - start + missingParked - startParked,
    warm: rules.warm,
    keep: rules.keepHot,
    nextMs: nextMs(now, rules, [away.inMs, stops.inMs]),
  };
}

function rulesOf(now: WarmthNow): Rules {
  const { most, windows, plan, expected } = now;
  const base = Math.min(most, Math.max(now.floor, now.need, expected.warm));
  const held = Math.max(base, Math.min(most, expected.keep));
  if (plan === null || plan.untilMs <= now.nowMs) {
    const hot = { minMs: windows.hotIdleMs, maxMs: windows.hotIdleMs };
    const parked = { minMs: windows.parkedIdleMs, maxMs: windows.parkedIdleMs };
    return { warm: base, held, keepHot: held, parkTo: 0, keepParked: 0, hot, parked, untilMs: null };
  }
  const keepHot = Math.max(held, Math.min(most, plan.keepHot));
  const keepParked = Math.min(most, plan.keepParked);
  const warm = Math.max(base, Math.min(most, plan.keepHot, plan.warmTo));
  return {
    warm,
    held: Math.max(held, warm),
    keepHot,
    parkTo: now.parks ? Math.min(keepParked, plan.parkTo) : 0,
    keepParked,
    hot: { minMs: plan.hotMinMs, maxMs: Math.max(plan.hotMinMs, plan.hotMaxMs) },
    parked: { minMs: plan.parkedMinMs, maxMs: Math.max(plan.parkedMinMs, plan.parkedMaxMs) },
    untilMs: plan.untilMs,
  };
}

/**
 * How many of the longest waiting go, and in how many milliseconds the next one would: at most `spare` once past the shorter window,
 * at most `spareAtLast` once past the longer one.
 */
function countAway(
  agesMs: readonly number[],
  { minMs, maxMs }: Windows,
  spare: number,
  spareAtLast: number,
): { readonly count: number; readonly inMs: number | null } {
  const past = (windowMs: number): number => agesMs.filter((ageMs) => ageMs >= windowMs).length;
  const count = Math.max(0, Math.min(spare, past(minMs)), Math.min(spareAtLast, past(maxMs)));
  const next = agesMs[count];
  if (next === undefined || count >= spareAtLast) return { count, inMs: null };
  return { count, inMs: (count < spare ? minMs : maxMs) - next };
}

/** The first of the moments; the end of the plan is one wherever something is kept. */
function nextMs(now: WarmthNow, rules: Rules, inMs: readonly (number | null)[]): number | null {
  const moments = inMs.flatMap((ms) => (ms === null ? [] : [now.nowMs + ms]));
  if (rules.untilMs !== null && now.idleMs.length + now.parkedMs.length > 0) moments.push(rules.untilMs);
  return moments.length === 0 ? null : Math.min(...moments);
}
