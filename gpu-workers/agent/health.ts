// Reads what a replica says of itself. A server that reports its state as gpu-workers/CONTRACT.md says can be parked; any other
// program is ready when it answers 200. Pure.
import { z } from 'zod';

const contractHealth = z.object({
  state: z.enum(['loading', 'ready', 'draining', 'parked', 'waking']),
  timings: z.object({ loadMs: z.number().nullish() }).nullish(),
});

export interface Health {
  /** As the server names it; null of one that follows no contract. */
  readonly state: z.infer<typeof contractHealth>['state'] | null;
  readonly ready: boolean;
  /** Whether it follows the replica contract, and so has `/park`, `/wake` and `/drain`. */
  readonly parking: boolean;
  /** The server's own figure for loading its weights. */
  readonly loadMs: number | null;
}

export function parseHealth(status: number, text: string): Health {
  const parsed = contractHealth.safeParse(tryJson(text));
  if (!parsed.success) return { state: null, ready: status === 200, parking: false, loadMs: null };
  const { state, timings } = parsed.data;
  const ready = status === 200 && state === 'ready';
  return { state, ready, parking: true, loadMs: timings?.loadMs ?? null };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
