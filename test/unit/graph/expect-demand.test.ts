// What a run is expected to ask for: the declared pools before anything is known, then chances and times as they were seen, given where
// the run stands; cold starts left out; nothing of what is behind.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectDemand, type Expectation } from '../../../src/core/graph/expect-demand.ts';
import { emptyGraph, learnRun, type FunctionGraph } from '../../../src/core/graph/function-graph.ts';
import { anyTrace, chainRun, poolNames, type MadeStep } from './run-maker.ts';

const runMs = 600_000;

/** A hundred runs; `steps` says what the n-th one does. */
function learned(steps: (n: number) => readonly MadeStep[]): FunctionGraph {
  let graph = emptyGraph();
  for (let n = 0; n < 100; n += 1) {
    const trace = chainRun('f', n * runMs, steps(n));
    graph = learnRun(graph, trace, trace.endedMs);
  }
  return graph;
}

const nowMs = 1_000_000_000;

function of(expectations: readonly Expectation[], pool: string): Expectation | undefined {
  return expectations.find((each) => each.pool === pool);
}

function running(
  pool: string,
  forMs: number,
  coldMs = 0,
): { pool: string; startedMs: number; endedMs: null; coldMs: number } {
  return { pool, startedMs: nowMs - forMs, endedMs: null, coldMs };
}

describe('before anything is learned', () => {
  test('declared pools are expected at once, and only those', () => {
    const found = expectDemand(emptyGraph(), { function: 'f', startedMs: nowMs, nowMs, visits: [] }, [
      'a',
      'b',
    ]);
    expect(found.map(({ pool }) => pool)).toEqual(['a', 'b']);
    for (const { probability, startMs, untilMs } of found) {
      expect(probability).toBe(0.5);
      expect(startMs).toBe(nowMs);
      expect(untilMs).toBeGreaterThan(nowMs);
    }
  });

  test('a pool that was used is not declared for a second time', () => {
    const progress = { function: 'f', startedMs: nowMs - 50, nowMs, visits: [running('a', 50)] };
    expect(expectDemand(emptyGraph(), progress, ['a', 'b']).map(({ pool }) => pool)).toEqual(['b']);
  });
});

describe('a chain', () => {
  const graph = learned(() => [
    { pool: 'a', execMs: 10_000 },
    { pool: 'b', execMs: 20_000, gapMs: 1_000 },
    { pool: 'c', execMs: 5_000 },
  ]);

  test('each stage is expected when those before it have ended', () => {
    const found = expectDemand(graph, { function: 'f', startedMs: nowMs, nowMs, visits: [] }, []);
    expect(of(found, 'a')?.startMs ?? 0).toBeLessThan(nowMs + 2);
    expect(Math.abs((of(found, 'b')?.startMs ?? 0) - nowMs - 11_000)).toBeLessThan(1_500);
    expect(Math.abs((of(found, 'c')?.startMs ?? 0) - nowMs - 31_000)).toBeLessThan(4_000);
    for (const { probability } of found) expect(probability).toBeGreaterThan(0.95);
  });

  test('what is behind is not expected, and what is ahead is timed from the last step', () => {
    const late = { pool: 'a', startedMs: nowMs - 60_000, endedMs: nowMs - 5_000, coldMs: 0 };
    const visits = [late, running('b', 4_000)];
    const found = expectDemand(graph, { function: 'f', startedMs: nowMs - 60_000, nowMs, visits }, []);
    expect(found.map(({ pool }) => pool)).toEqual(['c']);
    expect(Math.abs((of(found, 'c')?.startMs ?? 0) - nowMs - 16_000)).toBeLessThan(4_000);
  });

  test('a cold start on the way does not count as time passed', () => {
    const warm = { function: 'f', startedMs: nowMs, nowMs, visits: [running('a', 2_000)] };
    const cold = { function: 'f', startedMs: nowMs, nowMs, visits: [running('a', 42_000, 40_000)] };
    expect(expectDemand(graph, cold, [])).toEqual(expectDemand(graph, warm, []));
  });

  test('cold starts while it was learned leave the delays as they are', () => {
    const cold = learned(() => [
      { pool: 'a', execMs: 10_000, coldMs: 50_000 },
      { pool: 'b', execMs: 20_000, gapMs: 1_000, coldMs: 30_000 },
      { pool: 'c', execMs: 5_000 },
    ]);
    const progress = { function: 'f', startedMs: nowMs, nowMs, visits: [] };
    expect(expectDemand(cold, progress, [])).toEqual(expectDemand(graph, progress, []));
  });
});

describe('branches and loops', () => {
  const branching = learned((n) => [
    { pool: 'a', execMs: 1_000 },
    { pool: n % 10 < 3 ? 'b' : 'c', execMs: 1_000 },
    ...(n % 10 < 3 ? [{ pool: 'd', execMs: 1_000 }] : []),
  ]);

  test('branches are expected as often as they were taken, and the one taken rules out the other', () => {
    const begun = expectDemand(branching, { function: 'f', startedMs: nowMs, nowMs, visits: [] }, []);
    expect(of(begun, 'b')?.probability).toBeCloseTo(0.3, 1);
    expect(of(begun, 'c')?.probability).toBeCloseTo(0.7, 1);
    expect(of(begun, 'd')?.probability).toBeCloseTo(0.3, 1);
    const first = { pool: 'a', startedMs: nowMs - 1_100, endedMs: nowMs - 100, coldMs: 0 };
    const visits = [first, running('b', 100)];
    const resolved = expectDemand(branching, { function: 'f', startedMs: nowMs - 1_100, nowMs, visits }, []);
    expect(of(resolved, 'c')?.probability ?? 0).toBeLessThan(0.03);
    expect(of(resolved, 'd')?.probability).toBeGreaterThan(0.95);
  });

  test('a branch that has not come when it should is less and less expected', () => {
    const optional = learned((n) => [
      { pool: 'a', execMs: 1_000 },
      ...(n % 2 === 0 ? [{ pool: 'b', execMs: 1_000, gapMs: 1_000 + 100 * (n % 10) }] : []),
    ]);
    const chances = [0, 2_500, 4_000].map((passedMs) => {
      const ended = { pool: 'a', startedMs: nowMs - 1_000 - passedMs, endedMs: nowMs - passedMs, coldMs: 0 };
      const progress = { function: 'f', startedMs: ended.startedMs, nowMs, visits: [ended] };
      return of(expectDemand(optional, progress, []), 'b')?.probability ?? 0;
    });
    expect(chances[0]).toBeCloseTo(0.5, 1);
    expect(chances[1]).toBeLessThan(chances[0] ?? 0);
    expect(chances[2]).toBe(0);
  });

  test('a moment between two steps says nothing, however quick they were before', () => {
    const chain = learned(() => [
      { pool: 'a', execMs: 1_000 },
      { pool: 'b', execMs: 1_000 },
    ]);
    for (const passedMs of [0, 5, 50, 500]) {
      const ended = { pool: 'a', startedMs: nowMs - 1_000 - passedMs, endedMs: nowMs - passedMs, coldMs: 0 };
      const progress = { function: 'f', startedMs: ended.startedMs, nowMs, visits: [ended] };
      expect(of(expectDemand(chain, progress, []), 'b')?.probability ?? 0).toBeGreaterThan(0.9);
    }
  });

  test('a loop of unknown length is expected to go on, however long it went on already', () => {
    const looping = learned((n) =>
      Array.from({ length: 2 + (n % 9) }, (_, at) => ({ pool: at % 2 === 0 ? 'a' : 'b', execMs: 1_000 })),
    );
    const visits = chainRun(
      'f',
      nowMs - 20_000,
      Array.from({ length: 20 }, (_, at) => ({ pool: at % 2 === 0 ? 'a' : 'b', execMs: 1_000 })),
    ).visits;
    const found = expectDemand(looping, { function: 'f', startedMs: nowMs - 20_000, nowMs, visits }, []);
    expect(of(found, 'a')?.probability ?? 0).toBeLessThan(0.9);
    expect(found.length).toBeLessThanOrEqual(2);
  });
});

test('side by side: the stages of a fan are all expected when the one before them ends', () => {
  let graph = emptyGraph();
  for (let n = 0; n < 50; n += 1) {
    const atMs = n * runMs;
    const fan = ['b', 'c', 'd'].map((pool, at) => ({
      pool,
      startedMs: atMs + 9_000,
      endedMs: atMs + 12_000 + at * 1_000,
      coldMs: 0,
    }));
    const visits = [{ pool: 'a', startedMs: atMs, endedMs: atMs + 9_000, coldMs: 0 }, ...fan];
    graph = learnRun(
      graph,
      { function: 'f', startedMs: atMs, endedMs: atMs + 14_000, visits },
      atMs + 14_000,
    );
  }
  const found = expectDemand(
    graph,
    { function: 'f', startedMs: nowMs - 3_000, nowMs, visits: [running('a', 3_000)] },
    [],
  );
  expect(found.map(({ pool }) => pool).toSorted()).toEqual(['b', 'c', 'd']);
  for (const { startMs } of found) expect(Math.abs(startMs - nowMs - 6_000)).toBeLessThan(1_500);
});

test('whatever was learned and wherever a run stands: one expectation a pool, sound chances, times that lie ahead', () => {
  fc.assert(
    fc.property(
      fc.array(anyTrace(), { maxLength: 6 }),
      anyTrace(),
      fc.nat(400_000),
      (traces, run, passedMs) => {
        const graph = traces.reduce((each, trace) => learnRun(each, trace, trace.endedMs), emptyGraph());
        const now = run.startedMs + passedMs;
        const visits = run.visits
          .filter(({ startedMs }) => startedMs <= now)
          .map(({ pool, startedMs, endedMs, coldMs }) => ({
            pool,
            startedMs,
            endedMs: endedMs > now ? null : endedMs,
            coldMs,
          }));
        const found = expectDemand(
          graph,
          { function: run.function, startedMs: run.startedMs, nowMs: now, visits },
          poolNames,
        );
        expect(new Set(found.map(({ pool }) => pool)).size).toBe(found.length);
        for (const { probability, startMs, untilMs } of found) {
          expect(probability).toBeGreaterThan(0);
          expect(probability).toBeLessThanOrEqual(1);
          expect(startMs).toBeGreaterThanOrEqual(now);
          expect(untilMs).toBeGreaterThan(startMs);
        }
      },
    ),
    { numRuns: 100 },
  );
});
