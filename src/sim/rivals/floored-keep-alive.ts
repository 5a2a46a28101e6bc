// A fixed keep-alive that spares a floor: the replicas above the floor end exactly when their time is over, those below it stay. Pure but for the fleet.
import type { Fleet } from '../replay/fleet-policy.ts';

/** Idle times are differences of floats; a timer must not come a hair early and fire for ever. */
const roundingMs = 1e-3;

/** To be called whenever a replica became idle, the pool's timer rang, or the floor changed: ends what is due and sets the timer for the next. */
export function keepAliveAbove(
  fleet: Fleet,
  pool: number,
  { floor, keepMs }: { readonly floor: number; readonly keepMs: number },
): void {
  while (fleet.idle(pool) > floor && fleet.oldestIdleMs(pool) >= keepMs - roundingMs) {
    if (!fleet.stopIdle(pool)) break;
  }
  const isNextKnown = fleet.idle(pool) > floor;
  fleet.callAt(pool, isNextKnown ? fleet.nowMs + keepMs - fleet.oldestIdleMs(pool) : null);
}
