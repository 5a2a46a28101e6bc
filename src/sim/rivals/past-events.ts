// Walks earlier traffic in order of time, as arrivals and ends: what a policy saw before the replay began. Pure.
import { Heap } from '../../core/base/heap.ts';
import type { PastArrival } from '../replay/fleet-policy.ts';

/** Earlier traffic, as `FleetPolicy.learn` gets it. */
export interface PastTraffic {
  readonly arrivals: Iterable<PastArrival>;
  readonly endMs: number;
}

export interface PastEvents {
  arrival(pool: number, atMs: number, tenant: number): void;
  end(pool: number, atMs: number, execMs: number): void;
}

/**
 * Each request is taken to have been served at once: how it waited is not recorded. At one instant ends come before arrivals, as in the
 * replay. What still ran at the end of the history ends there, because the replay begins with nothing in flight.
 */
export function walkPast(past: PastTraffic, events: PastEvents): void {
  const running = new Heap<PastArrival>();
  let next: { readonly key: number; readonly value: PastArrival } | undefined;
  const endUntil = (untilMs: number): void => {
    while (next !== undefined && next.key <= untilMs) {
      events.end(next.value.pool, Math.min(next.key, past.endMs), next.value.execMs);
      next = running.pop();
    }
  };
  for (const arrival of past.arrivals) {
    endUntil(arrival.atMs);
    events.arrival(arrival.pool, arrival.atMs, arrival.tenant);
    if (next !== undefined) running.push(next.key, next.value);
    running.push(arrival.atMs + arrival.execMs, arrival);
    next = running.pop();
  }
  endUntil(Number.POSITIVE_INFINITY);
}
