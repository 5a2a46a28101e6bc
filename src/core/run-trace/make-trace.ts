// Where the time of a run went: parts of each step, the critical path, cold delay by pool, and the culprit. Reads nothing and decides
// nothing; a trace can be made of a run that goes on. Pure.
import { findCriticalPath } from './critical-path.ts';
import { layOutSteps, type PlacedStep } from './lay-out-steps.ts';
import { nameCulprit } from './name-culprit.ts';
import type { RunTiming } from './run-timing.ts';
import type { ColdShare, PartKind, PathEntry, RunTrace, TracedStep, TraceTotals } from './run-trace.ts';
import { splitStep } from './split-step.ts';

/** The trace of a run that goes on reaches to `nowMs`, or to the last thing that the journal knows of. */
export function makeTrace(timing: RunTiming, nowMs: number = lastKnownMs(timing)): RunTrace {
  const startMs = timing.startedMs;
  const endMs = Math.max(startMs, timing.endedMs ?? nowMs);
  const placed = layOutSteps(timing, endMs);
  const critical = findCriticalPath(placed, { status: timing.status, endMs });
  const isCritical = new Set(critical);
  const steps = [...placed.values()].map((step) => traceStep(step, isCritical.has(step.timing.n)));
  const path = fillGaps(
    steps.filter((step) => step.isCritical),
    startMs,
    endMs,
  );
  return {
    run: timing.run,
    function: timing.function,
    status: timing.status,
    startMs,
    durationMs: endMs - startMs,
    steps,
    path,
    totals: addUp(path, endMs - startMs),
    coldByPool: attributeCold(steps),
    culprit: nameCulprit(path, endMs - startMs),
  };
}

function lastKnownMs({ startedMs, steps }: RunTiming): number {
  return steps.reduce(
    (lastMs, { askedMs, startedMs: begunMs, doneMs }) => Math.max(lastMs, askedMs, begunMs ?? 0, doneMs ?? 0),
    startedMs,
  );
}

function traceStep({ timing, startMs, endMs }: PlacedStep, isCritical: boolean): TracedStep {
  const parts = splitStep(timing, startMs, endMs);
  return { timing, startMs, durationMs: endMs - startMs, parts, isCritical };
}

/** Steps of the path do not overlap and come in time order: what lies between them is code. */
function fillGaps(steps: readonly TracedStep[], startMs: number, endMs: number): readonly PathEntry[] {
  const path: PathEntry[] = [];
  let cursorMs = startMs;
  const code = (untilMs: number): void => {
    if (untilMs > cursorMs) path.push({ kind: 'code', startMs: cursorMs, durationMs: untilMs - cursorMs });
    cursorMs = untilMs;
  };
  for (const step of steps) {
    code(step.startMs);
    path.push({ kind: 'step', step });
    cursorMs = step.startMs + step.durationMs;
  }
  code(endMs);
  return path;
}

function addUp(path: readonly PathEntry[], endToEndMs: number): TraceTotals {
  const spent: Record<PartKind | 'code', number> = {
    retry: 0,
    route: 0,
    queue: 0,
    cold: 0,
    compute: 0,
    sleep: 0,
    code: 0,
  };
  for (const entry of path) {
    if (entry.kind === 'code') spent.code += entry.durationMs;
    else for (const { kind, durationMs } of entry.step.parts) spent[kind] += durationMs;
  }
  const codeMs = spent.code + spent.route;
  const computeMs = spent.compute + spent.retry + spent.sleep;
  return {
    queueMs: spent.queue,
    coldMs: spent.cold,
    computeMs,
    codeMs,
    endToEndMs,
    retryMs: spent.retry,
    sleepMs: spent.sleep,
    criticalPathMs: spent.queue + spent.cold + computeMs,
    overheadMs: codeMs,
  };
}

function attributeCold(steps: readonly TracedStep[]): readonly ColdShare[] {
  const shares = new Map<string, ColdShare>();
  for (const { timing, parts, isCritical } of steps) {
    const coldMs = parts.reduce((sum, { kind, durationMs }) => sum + (kind === 'cold' ? durationMs : 0), 0);
    if (coldMs === 0) continue;
    // A journal knows the pool of every step that waited for one; a name is better than nothing.
    const pool = timing.pool ?? timing.name;
    const before = shares.get(pool) ?? { pool, coldMs: 0, criticalColdMs: 0, steps: 0 };
    shares.set(pool, {
      pool,
      coldMs: before.coldMs + coldMs,
      criticalColdMs: before.criticalColdMs + (isCritical ? coldMs : 0),
      steps: before.steps + 1,
    });
  }
  return [...shares.values()].toSorted(
    (a, b) => b.criticalColdMs - a.criticalColdMs || b.coldMs - a.coldMs || (a.pool < b.pool ? -1 : 1),
  );
}
