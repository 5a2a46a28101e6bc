// What a model learns from the past: every arrival, load and tick in the order of time.
import { expect, test } from 'vitest';
import { HazardModel } from '../../../../src/core/demand/hazard-model.ts';
import type { PastArrival } from '../../../../src/sim/replay/fleet-policy.ts';
import { replayPast } from '../../../../src/sim/replay/replay-past.ts';

const tickMs = 60_000;

/** A model that writes down what it is told. */
class Diary extends HazardModel {
  readonly lines: string[] = [];

  override arrive(pool: number, tenant: number | null, nowMs: number): void {
    this.lines.push(`${nowMs / 1000} arrive ${pool} ${tenant}`);
  }

  override load(pool: number, busy: number, nowMs: number): void {
    this.lines.push(`${nowMs / 1000} load ${pool} ${busy}`);
  }

  override tick(nowMs: number): void {
    this.lines.push(`${nowMs / 1000} tick`);
  }
}

const arrival = (at: number, pool: number, exec: number, tenant = 0): PastArrival => ({
  atMs: at * 1000,
  pool,
  tenant,
  execMs: exec * 1000,
});

function diaryOf(arrivals: readonly PastArrival[], endSeconds: number): readonly string[] {
  const diary = new Diary(tickMs, 2);
  replayPast(diary, arrivals, endSeconds * 1000);
  return diary.lines;
}

test('arrivals, the loads that follow from them, and ticks come in the order of time', () => {
  expect(diaryOf([arrival(10, 0, 100, 7), arrival(20, 1, 5), arrival(70, 0, 5)], 120)).toEqual([
    '10 arrive 0 7',
    '10 load 0 1',
    '20 arrive 1 0',
    '20 load 1 1',
    '25 load 1 0',
    '60 tick',
    '70 arrive 0 0',
    '70 load 0 2',
    '75 load 0 1',
    '110 load 0 0',
    '120 tick',
  ]);
});

test('at one instant ends come before ticks, and these before arrivals', () => {
  expect(diaryOf([arrival(0, 0, 60), arrival(60, 0, 1)], 60)).toEqual([
    '0 arrive 0 0',
    '0 load 0 1',
    '60 load 0 0',
    '60 tick',
    '60 arrive 0 0',
    '60 load 0 1',
    // Whoever goes on from here begins with nobody busy.
    '60 load 0 0',
  ]);
});

test('an empty past is ticks alone, up to its end', () => {
  expect(diaryOf([], 185)).toEqual(['60 tick', '120 tick', '180 tick']);
});

test('a model that watched is one that was told, tick by tick', () => {
  const arrivals = Array.from({ length: 500 }, (_, n) => arrival(n * 37, n % 2, 20 + (n % 90), n % 9));
  const [watched, told] = [new HazardModel(tickMs, 2), new HazardModel(tickMs, 2)];
  const endMs = 20_000_000;
  replayPast(watched, arrivals, endMs);
  const diary = new Diary(tickMs, 2);
  replayPast(diary, arrivals, endMs);
  for (const line of diary.lines) {
    const [at = '', what = '', pool = '', value = ''] = line.split(' ');
    const nowMs = Number(at) * 1000;
    if (what === 'tick') told.tick(nowMs);
    else if (what === 'load') told.load(Number(pool), Number(value), nowMs);
    else told.arrive(Number(pool), Number(value), nowMs);
  }
  expect(watched.snapshot()).toEqual(told.snapshot());
});
