// Nodes, events and cold time of a run: uses are numbered and folded, ends come before the beginnings they cause, cold time counts once.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  coldBetween,
  eventsOf,
  nodesOf,
  occurrencesMax,
  visitsMax,
} from '../../../src/core/graph/run-visits.ts';
import { anyTrace, chainRun } from './run-maker.ts';

test('uses of a pool are numbered, and from the fourth on they are one node', () => {
  const steps = ['a', 'b', 'a', 'a', 'a', 'a'].map((pool) => ({ pool, execMs: 5 }));
  expect(nodesOf(chainRun('f', 0, steps).visits).map(({ node }) => node.occurrence)).toEqual([
    1, 1, 2, 3, 4, 4,
  ]);
});

test('the end of a step comes before the beginning of the next one in the same moment', () => {
  const { visits } = chainRun('f', 10, [
    { pool: 'a', execMs: 5 },
    { pool: 'b', execMs: 5 },
  ]);
  const seen = eventsOf(visits).map(({ node, kind, atMs }) => `${node.pool} ${kind} ${atMs}`);
  expect(seen).toEqual(['a start 10', 'a end 15', 'b start 15', 'b end 20']);
});

test('a use that goes on has no end', () => {
  expect(eventsOf([{ pool: 'a', startedMs: 1, endedMs: null, coldMs: 0 }])).toHaveLength(1);
});

test('cold time of steps side by side counts once, and that of a step which still runs only when asked for', () => {
  const visits = [
    { pool: 'a', startedMs: 0, endedMs: 50, coldMs: 20 },
    { pool: 'b', startedMs: 10, endedMs: 60, coldMs: 20 },
    { pool: 'c', startedMs: 5, endedMs: 500, coldMs: 90 },
  ];
  expect(coldBetween(visits, { fromMs: 0, untilMs: 100, endedOnly: true })).toBe(30);
  expect(coldBetween(visits, { fromMs: 0, untilMs: 100, endedOnly: false })).toBe(95);
  expect(coldBetween(visits, { fromMs: 25, untilMs: 100, endedOnly: true })).toBe(5);
});

test('cold time is never negative nor longer than the time it lies in', () => {
  fc.assert(
    fc.property(anyTrace(0), fc.nat(200_000), fc.nat(200_000), ({ visits }, fromMs, spanMs) => {
      const cold = coldBetween(visits, { fromMs, untilMs: fromMs + spanMs, endedOnly: false });
      expect(cold).toBeGreaterThanOrEqual(0);
      expect(cold).toBeLessThanOrEqual(spanMs);
      expect(nodesOf(visits).every(({ node }) => node.occurrence <= occurrencesMax)).toBe(true);
    }),
  );
});

test('of a run without end only its beginning is looked at', () => {
  const visits = Array.from({ length: 500 }, (_, at) => ({
    pool: 'a',
    startedMs: at,
    endedMs: at + 1,
    coldMs: 0,
  }));
  expect(nodesOf(visits)).toHaveLength(visitsMax);
});
