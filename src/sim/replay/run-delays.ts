// What runs of functions were delayed by cold starts: how much later a run ended than it would have if nothing in it had waited. Owns that
// figure, by the day on which a run began. Pure.
import { dayMs } from './parse-replay.ts';
import type { Workload } from './workload.ts';

export interface RunDay {
  readonly runs: number;
  readonly delaySeconds: number;
}

interface RunEnd {
  readonly day: number;
  /** Since the run began: with waiting, and without. */
  endMs: number;
  idealMs: number;
}

/** `waitsMs` holds what each row waited. */
export function runDelays(workload: Workload, waitsMs: Float64Array, days: number): readonly RunDay[] {
  const { runs, execMs, arrivalMs } = workload;
  if (runs === undefined) return [];
  const endsMs = new Float64Array(execMs.length);
  const idealsMs = new Float64Array(execMs.length);
  const last = new Map<number, RunEnd>();
  for (const [row, after] of runs.after.entries()) {
    const tookMs = at(execMs, row);
    endsMs[row] = at(endsMs, after) + at(waitsMs, row) + tookMs;
    idealsMs[row] = at(idealsMs, after) + tookMs;
    const run = at(runs.run, row);
    const day = Math.min(days - 1, Math.floor(at(arrivalMs, row) / dayMs));
    const end = last.get(run) ?? { day, endMs: 0, idealMs: 0 };
    end.endMs = Math.max(end.endMs, at(endsMs, row));
    end.idealMs = Math.max(end.idealMs, at(idealsMs, row));
    last.set(run, end);
  }
  return sumByDay(last.values(), days);
}

function sumByDay(ends: Iterable<RunEnd>, days: number): readonly RunDay[] {
  const sums = Array.from({ length: days }, () => ({ runs: 0, delaySeconds: 0 }));
  for (const { endMs, idealMs, day } of ends) {
    const sum = sums[day];
    if (sum === undefined) continue;
    sum.runs += 1;
    sum.delaySeconds += (endMs - idealMs) / 1000;
  }
  return sums;
}

/** 0 before the first: a run's first row follows none. */
function at(column: ArrayLike<number>, row: number): number {
  return column[row] ?? 0;
}
