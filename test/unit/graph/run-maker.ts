// Runs of made-up functions for the tests of the graph.
import * as fc from 'fast-check';
import type { RunTrace } from '../../../src/core/graph/function-graph.ts';

export interface MadeStep {
  readonly pool: string;
  readonly execMs: number;
  readonly coldMs?: number;
  /** From the end of the step before. */
  readonly gapMs?: number;
}

/** Steps one after the other. */
export function chainRun(name: string, startedMs: number, steps: readonly MadeStep[]): RunTrace {
  let atMs = startedMs;
  const visits = steps.map(({ pool, execMs, coldMs = 0, gapMs = 0 }) => {
    const from = atMs + gapMs;
    atMs = from + coldMs + execMs;
    return { pool, startedMs: from, endedMs: atMs, coldMs };
  });
  return { function: name, startedMs, endedMs: atMs, visits };
}

export const poolNames = ['a', 'b', 'c', 'd'];

/** Any run: steps overlap, repeat, wait, have no length. */
export function anyTrace(startedMs = 1_000_000): fc.Arbitrary<RunTrace> {
  const step = fc.record({
    pool: fc.constantFrom(...poolNames),
    afterMs: fc.integer({ min: 0, max: 60_000 }),
    coldMs: fc.integer({ min: 0, max: 30_000 }),
    execMs: fc.integer({ min: 0, max: 60_000 }),
  });
  return fc
    .record({ name: fc.constantFrom('f', 'g', 'h'), steps: fc.array(step, { maxLength: 12 }) })
    .map(({ name, steps }) => {
      let atMs = startedMs;
      const visits = steps.map(({ pool, afterMs, coldMs, execMs }) => {
        atMs += afterMs;
        return { pool, startedMs: atMs, endedMs: atMs + coldMs + execMs, coldMs };
      });
      const endedMs = Math.max(startedMs, ...visits.map((visit) => visit.endedMs));
      return { function: name, startedMs, endedMs, visits };
    });
}
