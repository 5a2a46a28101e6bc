// How many requests a pool's replicas can work on at once, found from what they do rather than from what was configured. Owns the limit;
// who is let in under it is the queue's. Plain data, pure.
//
// A request passes two phases, and an overloaded server shows in each: its own queue makes first tokens late, shared hardware makes
// tokens slow. Each phase's requests are scaled by its gradient, usual time over present time, as the limits of TCP Vegas (Brakmo &
// Peterson, 1995) and of Netflix' Gradient2 scale all by the total time. For the first phase the present time is Little's law, requests
// awaiting over first tokens per time, which shows a queue before the first of its victims is served. How long answers are enters
// nowhere, so that a mix of short and long ones moves nothing; and nothing is throttled to measure: the usual times are learned while
// there is room, and given up when shrinking did not help.
import type { PhaseReport } from './phase-meter.ts';

export interface LimitState {
  /** Requests in flight at most; not whole. */
  readonly limit: number;
  readonly limitMax: number;
  /** What a first token, and the gap to the next, take while nobody queues inside the servers; null before they are known. */
  readonly firstMs: number | null;
  readonly gapMs: number | null;
  /** The flow of the last windows, smoothed alike, so that one compares with the other; null before the first. */
  readonly flow: Flow | null;
  /** By how much the limit grows next. */
  readonly growth: number;
  readonly shrinking: Shrinking | null;
}

interface Flow extends Rates {
  /** Of the last window alone. */
  readonly last: Rates;
}

interface Rates {
  /** First tokens per ms, and half of what more was sent, so that a flow that grows is not taken for one that is stuck. */
  readonly perMs: number;
  readonly awaiting: number;
}

/** While the limit goes down: where that began, and what was seen then, to tell whether it helps. */
interface Shrinking {
  readonly fromLimit: number;
  readonly before: Sighting | null;
  /** Windows in a row that say that it does not. */
  readonly doubts: number;
}

interface Sighting {
  readonly inFlight: number;
  /** Tokens per ms; answers, of what has no tokens. */
  readonly workPerMs: number;
}

/** Present times beyond the usual ones by less than this are chance: first tokens depend on prompts too. */
const firstTolerance = 1.03;
const gapTolerance = 1.04;
/** Requests too many that are not worth a change: in number and as a share. */
const excessMin = 0.5;
const excessShare = 0.03;
/** Growth begins small, because most of the time the limit is right, and speeds up while nothing speaks against it. */
const growthMin = 0.02;
const growthFactor = 1.6;
const growthMax = 0.2;
/** Only a limit that is reached says that more would do; one that is not is forgotten within minutes. */
const saturatedShare = 0.9;
const unpressedGrowth = 0.005;
/** Below this share of the limit, where nothing is too slow either, what is measured is usual. */
const roomShare = 0.8;
/** No window, however odd, takes more than this. */
const shrinkMost = 0.7;
const roomWeight = 0.2;
const fasterWeight = 0.3;
/** A flow is forgotten within some windows even when nothing comes. */
const flowWeight = 0.3;
const flowHalf = 50;
/** A window must hold so much to say how long things take. */
const firstsMin = 2;
const gapsMin = 10;
/** Fewer by so much, it shows whether their number is what made them slow. */
const fewerMin = 0.2;
/** Work of each that fell by less is chance, or the vain shrinking itself. */
const lessWork = 0.25;
const stillShare = 0.97;
/** One window may have seen the end of a change. */
const doubtsMax = 2;

/** `slots`: what is configured for the replicas that are hot; where the limit begins, and what it never exceeds. */
export function newLimit(slots: number): LimitState {
  const limit = Math.max(1, slots);
  return {
    limit,
    limitMax: limit,
    firstMs: null,
    gapMs: null,
    flow: null,
    growth: growthMin,
    shrinking: null,
  };
}

/** More or fewer replicas are hot: the limit moves with them. */
export function setSlots(state: LimitState, slots: number): LimitState {
  const limitMax = Math.max(1, slots);
  if (limitMax === state.limitMax) return state;
  const limit = Math.max(1, Math.min(limitMax, (state.limit * limitMax) / state.limitMax));
  return { ...state, limitMax, limit, shrinking: null };
}

/** Whole requests. */
export function limitOf({ limit }: LimitState): number {
  return Math.max(1, Math.round(limit));
}

/** One window, a second or so, of all isolates together. */
export function decideLimit(before: LimitState, report: PhaseReport): LimitState {
  if (report.ms <= 0) return before;
  const now = sightingOf(before, report);
  const state = { ...before, flow: now.flow };
  const fast = learn(state, now, false);
  const usable = usableOf(fast, now);
  if (now.inFlight - usable > excessMin + excessShare * now.inFlight) return shrink(fast, now, usable);
  const isPressed = now.inFlight >= saturatedShare * state.limit;
  const known = learn(state, now, now.inFlight <= roomShare * state.limit);
  // Back where it began to go down: whatever that was is over.
  const isBack = known.shrinking !== null && known.limit >= known.shrinking.fromLimit;
  const growth = isPressed ? Math.min(growthMax, known.growth * growthFactor) : growthMin;
  return {
    ...known,
    limit: Math.min(known.limitMax, known.limit * (1 + (isPressed ? known.growth : unpressedGrowth))),
    growth,
    shrinking: isBack || known.shrinking === null ? null : { ...known.shrinking, doubts: 0 },
  };
}

interface Now extends Sighting {
  readonly awaiting: number;
  readonly firstMs: number | null;
  readonly gapMs: number | null;
  readonly flow: Flow;
}

function sightingOf(state: LimitState, report: PhaseReport): Now {
  const { ms, inFlightMs, awaitingMs, firstTokens, firstTokensMs, gaps, gapsMs } = report;
  const awaiting = awaitingMs / ms;
  return {
    inFlight: inFlightMs / ms,
    workPerMs: (gaps >= gapsMin ? gaps : firstTokens) / ms,
    awaiting,
    firstMs: firstTokens >= firstsMin ? firstTokensMs / firstTokens : null,
    gapMs: gaps >= gapsMin ? gapsMs / gaps : null,
    flow: nextFlow(state.flow, awaiting, firstTokens, ms),
  };
}

function nextFlow(before: Flow | null, awaiting: number, firstTokens: number, ms: number): Flow {
  const more = before === null ? 0 : Math.max(0, awaiting - before.last.awaiting);
  const last = { perMs: (firstTokens + more / 2) / ms, awaiting };
  if (before === null) return { ...last, last };
  const weight = Math.max(flowWeight, firstTokens / (firstTokens + flowHalf));
  return {
    perMs: before.perMs + weight * (last.perMs - before.perMs),
    awaiting: before.awaiting + weight * (awaiting - before.awaiting),
    last,
  };
}

/** Faster than usual is the new usual; slower only while there is room, and little by little. */
function learn(state: LimitState, { firstMs, gapMs }: Now, hasRoom: boolean): LimitState {
  return {
    ...state,
    firstMs: towards(state.firstMs, firstMs, hasRoom),
    gapMs: towards(state.gapMs, gapMs, hasRoom),
  };
}

function towards(usual: number | null, now: number | null, hasRoom: boolean): number | null {
  if (now === null || usual === null) return usual ?? now;
  const weight = now < usual ? fasterWeight : hasRoom ? roomWeight : 0;
  return usual + weight * (now - usual);
}

/** Of the requests in flight, those that the servers really work on. */
function usableOf({ firstMs, gapMs }: LimitState, now: Now): number {
  const streaming = now.inFlight - now.awaiting;
  // What only the last window says is chance, what only the ones before say is over.
  const moving =
    firstMs === null ? 1 : Math.max(movingOf(now.flow, firstMs), movingOf(now.flow.last, firstMs));
  const slowed = gapMs === null || now.gapMs === null ? 1 : Math.min(1, (gapTolerance * gapMs) / now.gapMs);
  return now.awaiting * moving + streaming * slowed;
}

/** Of those awaiting their first token, the share that would be were it as usual. */
function movingOf({ perMs, awaiting }: Rates, firstMs: number): number {
  return awaiting === 0 ? 1 : Math.min(1, (firstTolerance * firstMs * perMs) / awaiting);
}

/** Towards what is usable; back to where it began once it is clear that fewer requests make nothing faster. */
function shrink(state: LimitState, now: Now, usable: number): LimitState {
  const { shrinking } = state;
  const doubts = shrinking !== null && isInVain(shrinking.before, now) ? shrinking.doubts + 1 : 0;
  if (shrinking !== null && doubts >= doubtsMax) {
    return {
      ...state,
      limit: Math.max(state.limit, Math.min(state.limitMax, shrinking.fromLimit)),
      firstMs: now.firstMs ?? state.firstMs,
      gapMs: now.gapMs ?? state.gapMs,
      growth: growthMin,
      shrinking: null,
    };
  }
  const limit = Math.max(1, shrinkMost * state.limit, Math.min(state.limit, usable));
  return { ...state, limit, growth: growthMin, shrinking: noteShrinking(state, now, doubts) };
}

/** The first window may hold both what was before a change and what came of it; the second is the one to compare with. */
function noteShrinking({ shrinking, limit }: LimitState, now: Now, doubts: number): Shrinking {
  if (shrinking === null) return { fromLimit: limit, before: null, doubts };
  const { inFlight, workPerMs } = now;
  const { before } = shrinking;
  // Each does less than before: something else has happened, and that window holds both again.
  if (before !== null && workRatio(before, now) < 1 - lessWork)
    return { ...shrinking, before: null, doubts: 0 };
  const isFewer = before !== null && inFlight < stillShare * before.inFlight;
  return isFewer ? { ...shrinking, doubts } : { ...shrinking, before: { inFlight, workPerMs }, doubts };
}

/** Fewer are in flight, and each does as much as before: had some only queued, each would do more. Halfway is the border. */
function isInVain(before: Sighting | null, now: Now): boolean {
  if (before === null) return false;
  const fewer = before.inFlight / now.inFlight - 1;
  return fewer >= fewerMin && Math.abs(workRatio(before, now) - 1) < fewer / 2;
}

/** What each request does now, beside what each did before. */
function workRatio(before: Sighting, now: Now): number {
  return now.workPerMs / now.inFlight / (before.workPerMs / before.inFlight);
}
