// Who waits for a place that has no room at the moment. A GPU that was just given back is counted until its end is confirmed, so that a start
// a moment later is refused though the next one would not be. Owns how long that is worth waiting for. Pure.
import type { Draft } from './draft.ts';
import { lateAtMs } from './line.ts';
import type { Waiter } from './pool-state.ts';

/** Since it came. Two refusals of a quota fit in, none of an account that is used up for long: that is told at once. */
export const roomWaitMsMax = 5_000;

/** Whether the next start is tried soon enough for it, and nobody else could answer it until then. */
export function waitsForRoom(draft: Draft, waiter: Waiter): boolean {
  const { backoff } = draft.ledger;
  if (backoff?.lacksRoom !== true || waiter.canGoElsewhere === true) return false;
  return backoff.untilMs <= waiter.enqueuedMs + roomWaitMsMax && backoff.untilMs < lateAtMs(waiter, draft);
}
