// Takes up a graph that was written before: functions whose record is of another shape, or holds what is no number, are left out and
// learned anew. Pure.
import { z } from 'zod';
import { functionsMax, nodesMax, type FunctionGraph, type LearnedFunction } from './function-graph.ts';
import { occurrencesMax } from './run-visits.ts';

const weight = z.number().min(0);
const sketch = z.object({ from: z.int().min(0).max(200), weights: z.array(weight).max(200) });
const learned = z.object({
  name: z.string(),
  learnedMs: z.number(),
  weight: z.number().positive(),
  nodes: z
    .array(z.object({ pool: z.string(), occurrence: z.int().min(1).max(occurrencesMax) }))
    .max(nodesMax),
  anchors: z
    .array(
      z.object({
        count: weight,
        sequels: z
          .array(z.object({ node: z.int().min(0), later: weight, earlier: weight, delays: sketch }))
          .max(nodesMax),
      }),
    )
    .max(1 + 2 * nodesMax),
});

export function restoreGraph(records: readonly unknown[]): FunctionGraph {
  const functions = records.slice(0, functionsMax).flatMap((record): LearnedFunction[] => {
    const read = learned.safeParse(record);
    return read.success && isWhole(read.data) ? [read.data] : [];
  });
  return { version: 1, functions };
}

function isWhole({ nodes, anchors }: LearnedFunction): boolean {
  return (
    anchors.length === 1 + 2 * nodes.length &&
    anchors.every(({ sequels }) => sequels.every(({ node }) => node < nodes.length))
  );
}
