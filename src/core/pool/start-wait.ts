// Who waits though no replica can be started at the moment. A GPU that was just given back is counted until its end is confirmed, so that a
// start a moment later is refused though the next one would not be; and replicas that were ready and died may find a machine that is well
// again. Owns how long that is worth waiting for. Pure.
import type { Draft } from './draft.ts';
import { lateAtMs } from './line.ts';
import type { Waiter } from './pool-state.ts';

/** Since it came. Two refusals of a quota fit in, none of an account that is used up for long: that is told at once. */
export const startWaitMsMax = 5_000;

/** Whether the next start may go well and is tried soon enough for it, and nobody else could answer it until then. */
export function waitsForStart(draft: Draft, waiter: Waiter): boolean {
  const { backoff } = draft.ledger;
  if (backoff === null || waiter.canGoElsewhere === true) return false;
  if (backoff.lacksRoom !== true && backoff.cameUp !== true) return false;
  return backoff.untilMs <= waiter.enqueuedMs + startWaitMsMax && backoff.untilMs < lateAtMs(waiter, draft);
}
