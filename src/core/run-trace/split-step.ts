// One step's time as parts that lie end to end. Pure.
import type { StepTiming } from './run-timing.ts';
import type { PartKind, TracePart } from './run-trace.ts';

/**
 * The parts of a step between two moments. What the journal claims is cut to the room that there is, the measured waits before the rest,
 * so that the parts always add up to the step.
 */
export function splitStep(step: StepTiming, startMs: number, endMs: number): readonly TracePart[] {
  const parts: TracePart[] = [];
  let cursorMs = startMs;
  const takeUntil = (kind: PartKind, untilMs: number): void => {
    const toMs = Math.min(endMs, Math.max(cursorMs, untilMs));
    if (toMs > cursorMs) parts.push({ kind, startMs: cursorMs, durationMs: toMs - cursorMs });
    cursorMs = toMs;
  };
  if (step.kind === 'sleep') {
    takeUntil('sleep', endMs);
    return parts;
  }
  const begunMs = Math.min(endMs, Math.max(startMs, step.startedMs ?? endMs));
  takeUntil('retry', Math.min(begunMs, startMs + positive(step.retriedMs)));
  takeUntil('route', begunMs);
  const coldMs = Math.min(positive(step.coldMs), endMs - cursorMs);
  takeUntil('queue', Math.min(cursorMs + positive(step.queueMs), endMs - coldMs));
  takeUntil('cold', cursorMs + coldMs);
  takeUntil('compute', endMs);
  return parts;
}

/** Also for what is no number. */
function positive(ms: number): number {
  return ms > 0 ? ms : 0;
}
