// A tenant's rate as all edges share it: so many permits in each window of time, taken in lots. Owns the count; who asks how often, and what is
// done when nobody answers, is in rate-lease.ts. Pure.

/** What a tenant may do. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
}

export interface RateAsk extends RateLimit {
  readonly tenant: string;
  /** Permits; at least one. */
  readonly want: number;
}

export interface RateGrant {
  /** From none to as many as were wanted. */
  readonly granted: number;
  /** When the window ends, and the permits with it. */
  readonly resetMs: number;
}

/** The permits that were given in the window that ends then. */
export interface RateWindow {
  readonly endMs: number;
  readonly used: number;
}

export function windowEndMs(windowMs: number, nowMs: number): number {
  return (Math.floor(nowMs / windowMs) + 1) * windowMs;
}

/** Gives what is left, up to what is wanted. A window never begins again: a clock that goes back finds the later one. */
export function takeFromWindow(
  window: RateWindow | null,
  { limit, windowMs, want }: Omit<RateAsk, 'tenant'>,
  nowMs: number,
): { readonly window: RateWindow; readonly grant: RateGrant } {
  const endMs = windowEndMs(windowMs, nowMs);
  // Of a window of another length, whose end may be far: the limit has been changed, and this one counts.
  const holds = window !== null && window.endMs >= endMs && window.endMs <= endMs + windowMs;
  const { endMs: resetMs, used } = holds ? window : { endMs, used: 0 };
  const granted = Math.max(0, Math.min(want, limit - used));
  return { window: { endMs: resetMs, used: used + granted }, grant: { granted, resetMs } };
}
