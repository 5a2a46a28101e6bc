// How fast a pool works off its line and how many are turned away: what early refusals and an honest `Retry-After` are made of. From the
// time that requests hold their slots, so that a quiet hour does not look like a slow pool. Plain data, pure.
import { clampRetryAfterMs } from './backoff.ts';

export interface DrainMeter {
  /** Requests that have ended of late and the time that requests have held slots meanwhile, fading. */
  readonly ended: number;
  readonly heldMs: number;
  /** Of those, the ones that were answered: what an answer takes, where others give up or are cut off. */
  readonly answered: number;
  readonly answeredMs: number;
  readonly refusedPerSecond: number;
  readonly atMs: number;
}

export const noDrain: DrainMeter = {
  ended: 0,
  heldMs: 0,
  answered: 0,
  answeredMs: 0,
  refusedPerSecond: 0,
  atMs: 0,
};

/** Refusals fade with this time. */
const refusalsMs = 2_000;
/** What was served weighs half after so many more: the last thirty count. */
const servedFade = 0.97;
/** Fewer say nothing. */
const endedMin = 5;
/** Said while nothing is known yet. */
const unknownMs = 5_000;
/** A client that comes back at once only knocks. */
const retryMsMin = 250;
/** Up to this share is added by draw, so that those turned away together do not return together. */
const jitterShare = 0.5;

export interface Served {
  readonly ended: number;
  readonly heldMs: number;
  readonly answered?: number;
  readonly answeredMs?: number;
}

/** What isolates report: requests that ended and, by all together, the time in flight. What makes no sense changes nothing. */
export function noteServed(meter: DrainMeter, served: Served): DrainMeter {
  const { ended, heldMs, answered = 0, answeredMs = 0 } = served;
  if (!(ended >= 0 && heldMs >= 0 && answered >= 0 && answeredMs >= 0)) return meter;
  const factor = servedFade ** ended;
  const answeredFactor = servedFade ** answered;
  return {
    ...meter,
    ended: meter.ended * factor + ended,
    heldMs: meter.heldMs * factor + heldMs,
    answered: meter.answered * answeredFactor + answered,
    answeredMs: meter.answeredMs * answeredFactor + answeredMs,
  };
}

export function noteRefusal(meter: DrainMeter, nowMs: number): DrainMeter {
  const refusedPerSecond = refusedNow(meter, nowMs) + 1_000 / refusalsMs;
  return { ...meter, refusedPerSecond, atMs: Math.max(nowMs, meter.atMs) };
}

/** Requests per second that `slots` slots serve when they are never idle; null while unknown. */
export function drainPerSecond({ ended, heldMs }: DrainMeter, slots: number): number | null {
  if (ended < endedMin || heldMs <= 0 || slots <= 0) return null;
  return (slots * ended * 1_000) / heldMs;
}

/** How long an answer takes once it has its slot, in the mean; null while unknown. */
export function meanAnswerMs({ answered, answeredMs }: DrainMeter): number | null {
  return answered < endedMin || answeredMs <= 0 ? null : answeredMs / answered;
}

export interface RetryScene {
  readonly waiting: number;
  readonly slots: number;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly draw: number;
}

/**
 * After what time a request that is refused now has a fair chance: when those who wait, and those who were refused in the last second
 * and will come back, have been served.
 */
export function retryAfterMs(meter: DrainMeter, { waiting, slots, nowMs, draw }: RetryScene): number {
  const rate = drainPerSecond(meter, slots);
  const waitMs = rate === null ? unknownMs : ((waiting + refusedNow(meter, nowMs)) / rate) * 1_000;
  return Math.round(clampRetryAfterMs(Math.max(retryMsMin, waitMs) * (1 + jitterShare * draw)));
}

/** Each refusal adds a rate that fades; a steady stream of n per second comes to n. */
function refusedNow({ refusedPerSecond, atMs }: DrainMeter, nowMs: number): number {
  return refusedPerSecond * Math.exp(-Math.max(0, nowMs - atMs) / refusalsMs);
}
