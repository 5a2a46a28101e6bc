// Another future for runs of functions: what had begun by a moment stays as it was until then, what comes later is changed. Owns the change;
// check-causality.ts says what it is for. Pure but for its generator.
import { drawInteger, type Rng } from '../../core/base/rng.ts';
import type { Workload, WorkloadRuns } from './workload.ts';

const strangerExecMsMax = 600_000;

interface Row {
  /** Its place in the workload that is changed. */
  readonly from: number;
  readonly after: number;
  arrivalMs: number;
  execMs: number;
}

/**
 * Of runs that begin after `momentMs` a third is dropped, a third moved, the rest kept. Of a run that has begun, the step that goes on takes
 * another time, but past the moment in both, and steps after it come or do not come.
 */
export function changeRuns(workload: Workload, runs: WorkloadRuns, momentMs: number, rng: Rng): Workload {
  const kept = new Map<number, Row>();
  const moved = new Map<number, number>();
  for (const [from, after] of runs.after.entries()) {
    const before = kept.get(after);
    if (after >= 0 && before === undefined) continue;
    const run = runs.run[from] ?? 0;
    const trueMs = workload.arrivalMs[from] ?? 0;
    if (after < 0 && trueMs >= momentMs) {
      const fate = drawInteger(rng, 0, 2);
      if (fate === 0) continue;
      if (fate === 1)
        moved.set(run, drawInteger(rng, momentMs, Math.max(momentMs, workload.endMs - 1)) - trueMs);
    }
    if (after >= 0 && trueMs >= momentMs && drawInteger(rng, 0, 2) === 0) continue;
    const arrivalMs =
      before === undefined ? trueMs + (moved.get(run) ?? 0) : before.arrivalMs + before.execMs;
    kept.set(from, { from, after, arrivalMs, execMs: execAfter(workload, from, momentMs, rng) });
  }
  return build(workload, runs, [...kept.values()]);
}

/** What has ended by the moment took the time that it took. */
function execAfter({ arrivalMs, execMs }: Workload, row: number, momentMs: number, rng: Rng): number {
  const [atMs, tookMs] = [arrivalMs[row] ?? 0, execMs[row] ?? 0];
  if (atMs + tookMs < momentMs) return tookMs;
  return Math.max(1, momentMs - atMs) + drawInteger(rng, 0, strangerExecMsMax);
}

function build(workload: Workload, runs: WorkloadRuns, kept: Row[]): Workload {
  kept.sort((a, b) => a.arrivalMs - b.arrivalMs || a.from - b.from);
  const place = new Map(kept.map(({ from }, at) => [from, at]));
  const column = (of: Int32Array): Int32Array => Int32Array.from(kept, ({ from }) => of[from] ?? 0);
  return {
    ...workload,
    arrivalMs: Float64Array.from(kept, ({ arrivalMs }) => arrivalMs),
    execMs: Float64Array.from(kept, ({ execMs }) => execMs),
    pool: column(workload.pool),
    tenant: column(workload.tenant),
    runs: {
      functions: runs.functions,
      run: column(runs.run),
      function: column(runs.function),
      after: Int32Array.from(kept, ({ after }) => (after < 0 ? -1 : (place.get(after) ?? -1))),
    },
  };
}
