// Places steps on one line of time. The clock of a journal may step back when its object moves to another machine; here no step begins
// before what it came after, nor ends before it began, nor lies outside its run. Pure.
import type { RunTiming, StepTiming } from './run-timing.ts';

export interface PlacedStep {
  readonly timing: StepTiming;
  readonly startMs: number;
  readonly endMs: number;
  /** The step whose delivery let the code ask for this one; null for those that it asked for first. */
  readonly cause: number | null;
}

/** By number. Steps that go on end with the run, or now. */
export function layOutSteps({ startedMs, steps }: RunTiming, endMs: number): ReadonlyMap<number, PlacedStep> {
  const placed = new Map<number, PlacedStep>();
  for (const timing of steps.toSorted((a, b) => a.n - b.n)) {
    const cause = latest(timing.after, timing.n, placed);
    const startMs = within(timing.askedMs, cause?.endMs ?? startedMs, endMs);
    const stepEndMs = within(timing.doneMs ?? endMs, startMs, endMs);
    placed.set(timing.n, { timing, startMs, endMs: stepEndMs, cause: cause?.timing.n ?? null });
  }
  return placed;
}

/** Of several deliveries the last one let the code go on; a step cannot have come after a later one. */
function latest(
  after: readonly number[],
  n: number,
  placed: ReadonlyMap<number, PlacedStep>,
): PlacedStep | null {
  let last: PlacedStep | null = null;
  for (const each of after) {
    const step = each < n ? placed.get(each) : undefined;
    if (step !== undefined && (last === null || step.endMs > last.endMs)) last = step;
  }
  return last;
}

function within(ms: number, leastMs: number, mostMs: number): number {
  return Math.min(mostMs, Math.max(leastMs, ms));
}
