// A graph that was written is taken up as it was; what is broken is left out alone.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyGraph, learnRun } from '../../../src/core/graph/function-graph.ts';
import { restoreGraph } from '../../../src/core/graph/restore-graph.ts';
import { anyTrace, chainRun } from './run-maker.ts';

test('written and read, a graph is the same', () => {
  fc.assert(
    fc.property(fc.array(anyTrace(), { maxLength: 6 }), (traces) => {
      const graph = traces.reduce((each, trace) => learnRun(each, trace, trace.endedMs), emptyGraph());
      const read = graph.functions.map((each) => JSON.parse(JSON.stringify(each)) as unknown);
      expect(restoreGraph(read)).toEqual(graph);
    }),
    { numRuns: 60 },
  );
});

test('a function whose record is broken is left out, the others stay', () => {
  const graph = learnRun(emptyGraph(), chainRun('f', 0, [{ pool: 'a', execMs: 5 }]), 9);
  const [good] = graph.functions;
  const broken = [
    null,
    {},
    { ...good, weight: 0 },
    { ...good, weight: null },
    { ...good, anchors: [] },
    { ...good, nodes: [] },
  ];
  expect(restoreGraph([...broken, good])).toEqual(graph);
});
