// How long to wait before the next attempt. Pure.

/** Waits double from here ... */
const firstMs = 50;
/** ... to here: a request has seconds, not minutes. */
const waitMsMax = 2_000;
/** What a server may ask for at most; more is not honest, or a mistake. */
const retryAfterMsMax = 60_000;

export interface RetryWait {
  /** Attempts made so far; 1 after the first. */
  readonly attempt: number;
  /** In [0, 1). */
  readonly draw: number;
  /** What the target asked for; null when it said nothing. */
  readonly retryAfterMs: number | null;
}

/**
 * Full jitter: anything between nothing and the doubled wait, so that what failed together does not come back together. A target's own
 * wish is added to, never cut.
 */
export function retryWaitMs({ attempt, draw, retryAfterMs }: RetryWait): number {
  const spanMs = Math.min(waitMsMax, firstMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 10));
  return Math.round(clampRetryAfterMs(retryAfterMs) + draw * spanMs);
}

/** A `Retry-After` as far as it can be believed: 0 to 60 s. */
export function clampRetryAfterMs(retryAfterMs: number | null): number {
  if (retryAfterMs === null || !(retryAfterMs > 0)) return 0;
  return Math.min(retryAfterMs, retryAfterMsMax);
}
