// What one isolate may admit of a tenant's rate: from permits that it has taken in lots, and, when nobody gives it any, from a bound of its own.
// Never open: whatever the store does or says, an isolate admits no more than the limit and its own bound in one window. Pure.
import type { RateGrant, RateLimit } from './rate-window.ts';
import { windowEndMs } from './rate-window.ts';

export interface RateLease {
  /** Permits at hand, good until `endMs`. */
  readonly left: number;
  readonly endMs: number;
  /** Permits that were given in the window that ends then. */
  readonly given: number;
  /** No more are given before; 0 = nobody said so. */
  readonly spentUntilMs: number;
  /** Until then one request's question is on its way; 0 = none is. */
  readonly askingUntilMs: number;
  /** Requests that wait for its answer. */
  readonly waiting: number;
  /** Admitted by the isolate's own bound in the window that ends at `localEndMs`. */
  readonly local: number;
  readonly localEndMs: number;
}

export const noLease: RateLease = {
  left: 0,
  endMs: 0,
  given: 0,
  spentUntilMs: 0,
  askingUntilMs: 0,
  waiting: 0,
  local: 0,
  localEndMs: 0,
};

/** An isolate's own bound: this share of the limit. A handful of isolates serve most tenants, so that together they stay near the limit. */
const localShare = 0.1;
/** The largest lot: this share of the limit, so that an isolate that falls silent takes little with it. */
const lotShare = 0.05;

export type RateDecision =
  /** `asks`: more permits should be asked for meanwhile, behind the request's back. */
  | { readonly kind: 'admit'; readonly asks: boolean }
  | { readonly kind: 'refuse'; readonly retryAfterMs: number }
  /** This request asks for `want` permits. */
  | { readonly kind: 'ask'; readonly want: number }
  /** Another one does. */
  | { readonly kind: 'wait' };

export interface Decided {
  readonly lease: RateLease;
  readonly decision: RateDecision;
}

/** What becomes of a request, by what is at hand. `askMs`: how long a question may take. */
export function decideRate(before: RateLease, rate: RateLimit, nowMs: number, askMs: number): Decided {
  // Who waited and was ended by the platform has not said so: nobody waits for as long as a window.
  const lease = nowMs >= before.endMs ? { ...before, ...freshWindow(rate, nowMs) } : before;
  const isAsking = lease.askingUntilMs > nowMs;
  const isSpent = lease.spentUntilMs > nowMs;
  if (lease.left > 0) {
    const left = lease.left - 1;
    const asks = !isAsking && !isSpent && left <= lotOf(lease, rate) / 4;
    return {
      lease: { ...lease, left, ...(asks ? asking(nowMs, askMs) : {}) },
      decision: { kind: 'admit', asks },
    };
  }
  if (isSpent) return { lease, decision: { kind: 'refuse', retryAfterMs: lease.spentUntilMs - nowMs } };
  if (isAsking) return { lease, decision: { kind: 'wait' } };
  return {
    lease: { ...lease, ...asking(nowMs, askMs) },
    decision: { kind: 'ask', want: wantOf(lease, rate) },
  };
}

function freshWindow({ windowMs }: RateLimit, nowMs: number): Partial<RateLease> {
  return { left: 0, given: 0, waiting: 0, endMs: windowEndMs(windowMs, nowMs) };
}

function asking(nowMs: number, askMs: number): Pick<RateLease, 'askingUntilMs'> {
  return { askingUntilMs: nowMs + askMs };
}

/** As many as were given so far, so that an isolate asks a few times in a window, and holds little that it does not use. */
function lotOf({ given }: RateLease, { limit }: RateLimit): number {
  return Math.max(1, Math.min(given, Math.floor(limit * lotShare)));
}

/** Enough for all that wait, too. */
export function wantOf(lease: RateLease, rate: RateLimit): number {
  return Math.min(rate.limit, Math.max(lotOf(lease, rate), lease.waiting + 1));
}

/** Takes an answer in, as far as it can be true: no more than was wanted, no more in a window than there is. The windows are the isolate's own:
 * a store that lies about their end must not make them short. */
export function takeGrant(
  before: RateLease,
  { limit, windowMs }: RateLimit,
  { granted, resetMs, want }: RateGrant & { readonly want: number },
  nowMs: number,
): RateLease {
  const endMs = windowEndMs(windowMs, nowMs);
  const { left, given } = before.endMs === endMs ? before : { left: 0, given: 0 };
  // Of a window that has ended on the way.
  const isOver = resetMs <= nowMs;
  const more = isOver ? 0 : Math.max(0, Math.min(granted, want, limit - given));
  return {
    ...before,
    left: left + more,
    given: given + more,
    endMs,
    spentUntilMs: more < want && !isOver ? endMs : 0,
    askingUntilMs: 0,
  };
}

/** The question has come to nothing. */
export function endQuestion(lease: RateLease): RateLease {
  return { ...lease, askingUntilMs: 0 };
}

/** Nobody gives permits: the isolate's own bound decides. */
export function admitLocally(before: RateLease, { limit, windowMs }: RateLimit, nowMs: number): Decided {
  const endMs = windowEndMs(windowMs, nowMs);
  const lease = before.localEndMs === endMs ? before : { ...before, local: 0, localEndMs: endMs };
  if (lease.local < localBound(limit))
    return { lease: { ...lease, local: lease.local + 1 }, decision: { kind: 'admit', asks: false } };
  return { lease, decision: { kind: 'refuse', retryAfterMs: endMs - nowMs } };
}

/** What an isolate admits of a tenant in a window without a word from the store. */
export function localBound(limit: number): number {
  return Math.max(1, Math.floor(limit * localShare));
}
