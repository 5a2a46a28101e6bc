// Runs on their way as a figure of demand: none where none was ever expected, chances that add up, later ones for less, the past for nothing.
import { expect, test } from 'vitest';
import { OnTheirWay } from '../../../src/core/demand/on-their-way.ts';

const nowMs = 1_000_000;
const minuteMs = 60_000;
const run = (probability: number, startInMs = 0, forMs = 5 * minuteMs) => ({
  probability,
  startMs: nowMs + startInMs,
  untilMs: nowMs + startInMs + forMs,
});

test('a pool that was never expected has no such figure; one that was keeps it', () => {
  const runs = new OnTheirWay();
  expect(runs.log(nowMs, minuteMs)).toBeNull();
  runs.expect([]);
  expect(runs.log(nowMs, minuteMs)).toBeNull();
  runs.expect([run(0.5)]);
  runs.expect([]);
  expect(runs.log(nowMs, minuteMs)).toBe(-9);
});

test('chances add up, and one that comes a tick later counts half', () => {
  const runs = new OnTheirWay();
  runs.expect([run(1), run(1, minuteMs), run(1, 2 * minuteMs), run(1, 3 * minuteMs)]);
  expect(runs.log(nowMs, minuteMs)).toBeCloseTo(Math.log2(2.75), 2);
  expect(runs.log(nowMs + 10 * minuteMs, minuteMs)).toBe(-9);
});

test('what is no number or no chance is not counted, and a snapshot is identity', () => {
  const runs = new OnTheirWay();
  runs.expect([run(Number.NaN), run(2), run(0), { ...run(0.3), startMs: Infinity }, run(0.25)]);
  expect(runs.log(nowMs, minuteMs)).toBeCloseTo(-2, 1);
  const again = new OnTheirWay();
  expect(
    again.restore(JSON.parse(JSON.stringify(runs.snapshot())) as ReturnType<OnTheirWay['snapshot']>),
  ).toBe(true);
  expect(again.snapshot()).toEqual(runs.snapshot());
  expect(again.restore({ isKnown: true, runs: [[Number.NaN, 0, 0]] })).toBe(false);
});
