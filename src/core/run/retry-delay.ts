// How long a step waits before it is tried again. Pure.

const firstMs = 200;
const longestMs = 10_000;

/**
 * Doubles from 200 ms to 10 s with the failures so far, of which between half and all is waited ("equal jitter"), so that steps that
 * failed together do not come back together; a server that names a time is not asked sooner. `chance` in [0, 1).
 */
export function retryDelayMs(failures: number, retryAfterMs: number | null, chance: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
  const jittered = full / 2 + (full / 2) * chance;
  return Math.round(Math.max(jittered, Math.min(longestMs, retryAfterMs ?? 0)));
}
