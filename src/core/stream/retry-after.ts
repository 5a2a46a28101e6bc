// How long a model server asks us to stay away. Owns the reading of `Retry-After` and its bound: the header is a stranger's word. Pure.

/** A longer time is not believed: the next request finds out for itself. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Milliseconds from `nowMs` (epoch), 0 to 60,000; null when there is no header, or none that can be read. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  // Whole seconds as the standard has them, or with a fraction as some servers write them.
  if (/^\d{1,15}(?:\.\d{1,9})?$/.test(text)) return clamp(Number(text) * 1000);
  if (!/^[A-Z][a-z]{2}, /.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : clamp(atMs - nowMs);
}

function clamp(ms: number): number {
  return Math.min(RETRY_AFTER_MS_MAX, Math.max(0, Math.ceil(ms)));
}
