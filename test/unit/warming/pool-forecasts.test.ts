// The forecasts that an operator sees: one per pool, learned together, and what becomes of them when they are written down.
import { expect, test } from 'vitest';
import { horizonsMs } from '../../../src/core/demand/forecast.ts';
import { PoolForecasts, type PoolForecastsSnapshot } from '../../../src/core/warming/pool-forecasts.ts';
import { monday } from './brain-fixtures.ts';

const minuteMs = 60_000;

/** Two pools, of which the first is asked once a minute for two hours. */
function fed(): PoolForecasts {
  const forecasts = new PoolForecasts(2);
  for (let minute = 1; minute <= 120; minute += 1) forecasts.arrive(0, monday + minute * minuteMs, 1);
  return forecasts;
}
const nowMs = monday + 121 * minuteMs;
const copyOf = (forecasts: PoolForecasts): PoolForecastsSnapshot =>
  JSON.parse(JSON.stringify(forecasts.snapshot())) as PoolForecastsSnapshot;

test('each pool has a forecast for every horizon and a record of its own; a pool that is not there has none', () => {
  const forecasts = fed();
  expect(forecasts.forecast(0, nowMs).map(({ horizonMs }) => horizonMs)).toEqual([...horizonsMs]);
  for (const { lowCount, midCount, highCount, anyChance } of forecasts.forecast(0, nowMs)) {
    expect(lowCount).toBeLessThanOrEqual(midCount);
    expect(midCount).toBeLessThanOrEqual(highCount);
    expect(anyChance).toBeGreaterThan(0.5);
  }
  expect(forecasts.forecast(1, nowMs).map(({ meanCount }) => meanCount)).toEqual([0, 0, 0]);
  expect(forecasts.track(0, nowMs)).toHaveLength(12);
  expect(forecasts.track(1, nowMs)).toEqual([]);
  expect([forecasts.forecast(2, nowMs), forecasts.track(2, nowMs)]).toEqual([[], []]);
  expect(() => forecasts.arrive(2, nowMs, 1)).not.toThrow();
});

test('written down and read again they say the same, and go on the same, with a new pool beside them', () => {
  const forecasts = fed();
  const again = new PoolForecasts(3);
  again.restore(copyOf(forecasts));
  for (const each of [forecasts, again])
    for (let at = 0; at < 30; at += 1) each.arrive(1, nowMs + at * 7_000, 2);
  const laterMs = nowMs + 3_600_000;
  for (const at of [0, 1]) {
    expect(again.forecast(at, laterMs)).toEqual(forecasts.forecast(at, laterMs));
    expect(again.track(at, laterMs)).toEqual(forecasts.track(at, laterMs));
  }
  again.arrive(2, laterMs, 1);
  expect(again.forecast(2, laterMs)[2]?.anyChance).toBeGreaterThan(0);
});

test('a pool whose own part is damaged begins anew with its record; the others keep theirs', () => {
  const snapshot = copyOf(fed());
  const [first, second] = snapshot.tracks;
  if (first === undefined || second === undefined) throw new Error('two tracks');
  const again = new PoolForecasts(2);
  again.restore({
    ...snapshot,
    tracks: [{ ...first, forecaster: { ...first.forecaster, state: [1, 2] } }, second],
  });
  expect(again.track(0, nowMs)).toHaveLength(12);
  expect(again.forecast(0, nowMs).map(({ meanCount }) => meanCount)).toEqual([0, 0, 0]);
});

test('what they learned together, when damaged, is not half taken: all begin anew', () => {
  const snapshot = copyOf(fed());
  const again = new PoolForecasts(2);
  again.restore({ ...snapshot, shared: { ...snapshot.shared, state: snapshot.shared.state.slice(0, -1) } });
  expect(JSON.stringify(again.snapshot())).toBe(JSON.stringify(new PoolForecasts(2).snapshot()));
});
