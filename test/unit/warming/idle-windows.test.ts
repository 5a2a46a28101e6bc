// Ski-rental windows and what trust makes of them.
import { expect, test } from 'vitest';
import type { WarmthFigures } from '../../../src/core/warming/exchange.ts';
import { skiWindows, trustWindows } from '../../../src/core/warming/idle-windows.ts';

const hotOnly: WarmthFigures = { loadSeconds: 23, wakeSeconds: null, parkedShare: 0, gamma: 10 };
/** Hot pays for 20 s, parked until 1,890 s after the replica became idle. */
const parking: WarmthFigures = { loadSeconds: 23, wakeSeconds: 2, parkedShare: 0.1, gamma: 8 };

const window = (hotMs: number, parkedMs: number): object => ({
  hotMinMs: hotMs,
  hotMaxMs: hotMs,
  parkedMinMs: parkedMs,
  parkedMaxMs: parkedMs,
});

test('ski-rental keeps for exactly the break-even times; parked is counted from when it was parked', () => {
  expect(skiWindows(hotOnly)).toEqual(window(253_000, 0));
  expect(skiWindows(parking)).toEqual(window(20_000, 1_870_000));
});

test('what is not worth parking is kept hot for the whole load and never parked', () => {
  expect(skiWindows({ ...parking, parkedShare: 0.95 })).toEqual(window(207_000, 0));
});

test('trust 1 is ski-rental, trust 0 leaves all to the forecast, trust between keeps t and 1/t of it', () => {
  expect(trustWindows(parking, 1)).toEqual(skiWindows(parking));
  expect(trustWindows(parking, 0)).toEqual({
    hotMinMs: 0,
    hotMaxMs: Infinity,
    parkedMinMs: 0,
    parkedMaxMs: Infinity,
  });
  expect(trustWindows(parking, 0.1)).toEqual({
    hotMinMs: 2_000,
    hotMaxMs: 200_000,
    parkedMinMs: 187_000,
    parkedMaxMs: 18_700_000,
  });
});
