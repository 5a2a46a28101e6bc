// The learned graph: a snapshot is itself, memory is bounded whatever runs come, the past fades, and bad times teach nothing.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectDemand } from '../../../src/core/graph/expect-demand.ts';
import {
  emptyGraph,
  findFunction,
  functionsMax,
  learnRun,
  nodesMax,
  sliceOf,
  type FunctionGraph,
} from '../../../src/core/graph/function-graph.ts';
import { anyTrace, chainRun, poolNames } from './run-maker.ts';

const hourMs = 3_600_000;

function learnAll(
  graph: FunctionGraph,
  pools: readonly string[],
  count: number,
  fromMs: number,
): FunctionGraph {
  let learned = graph;
  for (let run = 0; run < count; run += 1) {
    const atMs = fromMs + run * hourMs;
    const steps = pools.map((pool) => ({ pool, execMs: 1_000 }));
    learned = learnRun(learned, chainRun('f', atMs, steps), atMs + 10_000);
  }
  return learned;
}

function chanceOf(graph: FunctionGraph, pool: string, nowMs: number): number {
  const progress = { function: 'f', startedMs: nowMs, nowMs, visits: [] };
  return expectDemand(graph, progress, []).find((each) => each.pool === pool)?.probability ?? 0;
}

test('what was learned is plain data: written and read again it expects the same', () => {
  fc.assert(
    fc.property(fc.array(anyTrace(), { maxLength: 8 }), (traces) => {
      const graph = traces.reduce((each, trace) => learnRun(each, trace, trace.endedMs), emptyGraph());
      const again = JSON.parse(JSON.stringify(graph)) as FunctionGraph;
      expect(again).toEqual(graph);
      const progress = { function: 'f', startedMs: 0, nowMs: 5_000, visits: [] };
      expect(expectDemand(sliceOf(again, 'f'), progress, poolNames)).toEqual(
        expectDemand(graph, progress, poolNames),
      );
    }),
    { numRuns: 60 },
  );
});

test('a graph that was read is never changed by learning more', () => {
  fc.assert(
    fc.property(anyTrace(), anyTrace(), (first, second) => {
      const graph = learnRun(emptyGraph(), first, first.endedMs);
      const text = JSON.stringify(graph);
      learnRun(graph, { ...second, function: first.function }, second.endedMs);
      expect(JSON.stringify(graph)).toBe(text);
    }),
    { numRuns: 60 },
  );
});

test('functions, nodes and bytes stay within their bounds however many come', () => {
  let graph = emptyGraph();
  for (let at = 0; at < functionsMax + 20; at += 1)
    graph = learnRun(graph, chainRun(`f${at}`, at, [{ pool: 'a', execMs: 9 }]), at);
  expect(graph.functions).toHaveLength(functionsMax);
  expect(findFunction(graph, 'f0')).toBeNull();
  for (let run = 0; run < 120; run += 1) {
    const steps = Array.from({ length: 10 }, (_, at) => ({
      pool: `p${(run * 7 + at) % 90}`,
      execMs: 2 ** ((run + at) % 20),
    }));
    graph = learnRun(graph, chainRun('wide', run, steps), run);
  }
  const wide = findFunction(graph, 'wide');
  expect(wide?.nodes).toHaveLength(nodesMax);
  expect(JSON.stringify(wide).length).toBeLessThan(400_000);
});

test('a run of more pools than there are nodes is learned as far as they go', () => {
  const steps = Array.from({ length: nodesMax + 5 }, (_, at) => ({ pool: `p${at}`, execMs: 10 }));
  const graph = learnRun(emptyGraph(), chainRun('f', 0, steps), 1_000);
  expect(findFunction(graph, 'f')?.nodes).toHaveLength(nodesMax);
});

test('what a function no longer does is forgotten within some hundred runs', () => {
  const before = learnAll(emptyGraph(), ['a', 'b'], 300, 0);
  expect(chanceOf(before, 'b', 0)).toBeGreaterThan(0.99);
  const after = learnAll(before, ['a', 'c'], 400, 300 * hourMs);
  expect(chanceOf(after, 'b', 0)).toBeLessThan(0.15);
  expect(chanceOf(after, 'c', 0)).toBeGreaterThan(0.85);
});

test('after years of rest what was learned counts less than a few new runs, and no number overflows', () => {
  const before = learnAll(emptyGraph(), ['a', 'b'], 300, 0);
  const after = learnAll(before, ['a', 'c'], 5, 10 * 365 * 24 * hourMs);
  expect(chanceOf(after, 'c', 0)).toBeGreaterThan(0.8);
  expect(chanceOf(after, 'b', 0)).toBeLessThan(0.2);
});

test('a clock that jumps back and times that are no numbers break nothing', () => {
  const graph = learnAll(emptyGraph(), ['a', 'b'], 20, 100 * hourMs);
  const back = learnRun(graph, chainRun('f', 0, [{ pool: 'a', execMs: 10 }]), 0);
  expect(chanceOf(back, 'a', 0)).toBeGreaterThan(0.9);
  const broken = chainRun('f', 0, [{ pool: 'a', execMs: Number.NaN }]);
  expect(learnRun(graph, broken, 0)).toBe(graph);
});
