// Which chain of steps determined when a run ended. Pure.
import type { PlacedStep } from './lay-out-steps.ts';

/**
 * The numbers of the steps that the run waited for, first to last. Each came after the delivery of the one before it, so that they do not
 * overlap. Losers of a race and branches that were over earlier are not among them.
 */
export function findCriticalPath(
  placed: ReadonlyMap<number, PlacedStep>,
  { status, endMs }: { readonly status: string; readonly endMs: number },
): readonly number[] {
  const path: number[] = [];
  let at = findLast([...placed.values()], status, endMs);
  while (at !== null) {
    path.push(at.timing.n);
    // A cause has a smaller number than its step, so that this ends.
    at = at.cause === null ? null : (placed.get(at.cause) ?? null);
  }
  return path.toReversed();
}

/**
 * The step that the end of the run came from. A run that completed came from its last delivery. One that was stopped, or goes on, was
 * waiting for the steps still open: the one asked for first stands for them. One that failed was waiting only if it asked after its last
 * delivery; the branches that a failure ends with it were asked for before.
 */
function findLast(steps: readonly PlacedStep[], status: string, endMs: number): PlacedStep | null {
  const delivered = steps.filter(({ timing }) => timing.status === 'done' || timing.status === 'failed');
  const last = delivered.reduce<PlacedStep | null>(
    (best, step) => (best === null || step.endMs >= best.endMs ? step : best),
    null,
  );
  if (status === 'completed' && last !== null) return last;
  const open = steps.filter(({ timing, endMs: stepEndMs }) => isOpen(timing.status) && stepEndMs >= endMs);
  const awaited = status === 'failed' ? open.filter(({ cause }) => cause === (last?.timing.n ?? null)) : open;
  const first = awaited.reduce<PlacedStep | null>(
    (best, step) => (best === null || step.startMs < best.startMs ? step : best),
    null,
  );
  return first ?? last;
}

function isOpen(status: PlacedStep['timing']['status']): boolean {
  return status === 'running' || status === 'cancelled';
}
