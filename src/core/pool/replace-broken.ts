// A replica that has failed every probe for a minute is broken beyond waiting: its process is stopped, and whoever needs one gets a new one.
// Owns when that is; a replica that is only slow is kept. Pure.
import { enterStopping, type Draft } from './draft.ts';
import type { Replica } from './pool-state.ts';

/** Longer than a model server needs to come round after a spell of pressure, and longer than most loads. */
export const brokenAfterMs = 60_000;
/** So many probes have failed since: a pool that nobody asks knows nothing. */
const probesMin = 10;

/** One at a time, so that a fault outside, which all share, does not cost all loads at once. */
export function replaceBroken(draft: Draft): void {
  if (draft.care.dueMs === null) return;
  const isReplacing = [...draft.replicas.values()].some(
    ({ phase }) => phase === 'starting' || phase === 'stopping',
  );
  if (isReplacing) return;
  const broken = [...draft.replicas.values()].find((replica) => isBroken(draft, replica));
  if (broken !== undefined) enterStopping(draft, broken, false);
}

function isBroken({ care, nowMs }: Draft, { id, phase, leases }: Replica): boolean {
  if (phase !== 'hot' || leases.length > 0 || !care.leftOut.has(id)) return false;
  const circuit = care.health.replicas[id]?.circuit;
  if (circuit === undefined || circuit.phase !== 'open') return false;
  const { cause, openedMs, probe } = circuit;
  if (cause === 'slow' || cause === 'outlier-slow' || cause === 'operator') return false;
  return nowMs - openedMs >= brokenAfterMs && probe.failed >= probesMin;
}
