// Waits for work, but not for ever. The work goes on when nobody waits any more.
import { setTimeout as sleep } from 'node:timers/promises';

/** What `work` gives, or null when it takes longer. */
export async function waitAtMost<T>(work: Promise<T>, ms: number): Promise<T | null> {
  const late = new AbortController();
  const timer = sleep(ms, null, { signal: late.signal }).catch(() => null);
  try {
    return await Promise.race([work, timer]);
  } finally {
    late.abort();
  }
}
