// Lets a demand model watch traffic of the past as if every request had been served at once: what a policy that was there would have
// learned. Owns the order of events; measures nothing.
import { Heap } from '../../core/base/heap.ts';
import type { HazardModel } from '../../core/demand/hazard-model.ts';
import type { PastArrival } from './fleet-policy.ts';

/** Hears of each row of the past, counted from 0, when it comes and when it has ended. */
export type PastWatch = (row: number, what: 'comes' | 'ends', atMs: number) => void;

/** Feeds arrivals, the loads that follow from them, and every tick until `endMs`; what still runs then is taken to end then. */
export function replayPast(
  model: HazardModel,
  arrivals: Iterable<PastArrival>,
  endMs: number,
  watch?: PastWatch,
): void {
  const { poolCount } = model;
  /** Row and pool in one number. */
  const ends = new Heap<number>();
  let row = 0;
  const busy = new Int32Array(model.poolCount);
  let tickMs = model.tickMs;
  let nextEnd = ends.pop();
  const passTo = (untilMs: number): void => {
    for (;;) {
      if (nextEnd !== undefined && nextEnd.key <= Math.min(untilMs, tickMs)) {
        const pool = nextEnd.value % poolCount;
        busy[pool] = (busy[pool] ?? 0) - 1;
        model.load(pool, busy[pool] ?? 0, nextEnd.key);
        watch?.(Math.floor(nextEnd.value / poolCount), 'ends', nextEnd.key);
        nextEnd = ends.pop();
      } else if (tickMs <= untilMs) {
        model.tick(tickMs);
        tickMs += model.tickMs;
      } else return;
    }
  };
  for (const { atMs, pool, tenant, execMs } of arrivals) {
    passTo(atMs);
    model.arrive(pool, tenant, atMs);
    busy[pool] = (busy[pool] ?? 0) + 1;
    model.load(pool, busy[pool] ?? 0, atMs);
    if (nextEnd !== undefined) ends.push(nextEnd.key, nextEnd.value);
    ends.push(atMs + execMs, row * poolCount + pool);
    nextEnd = ends.pop();
    watch?.(row, 'comes', atMs);
    row += 1;
  }
  passTo(endMs);
  // Who goes on from here begins with an empty fleet: a load that nobody ends would be kept warm for good.
  for (const [pool, count] of busy.entries()) if (count > 0) model.load(pool, 0, endMs);
}
