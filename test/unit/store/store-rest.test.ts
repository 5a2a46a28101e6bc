import { describe, expect, test } from 'vitest';
import {
  mayAsk,
  noRest,
  noteAnswered,
  noteFault,
  restMsMax,
  type StoreRest,
} from '../../../src/core/store/store-rest.ts';

const failed = (times: number, nowMs = 0): StoreRest =>
  Array.from({ length: times }).reduce<StoreRest>((rest) => noteFault(rest, nowMs), noRest);

describe('a store that fails', () => {
  test('is asked on after two faults, and left alone after three', () => {
    expect(mayAsk(failed(2), 0).asks).toBe(true);
    expect(mayAsk(failed(3), 0).asks).toBe(false);
    expect(mayAsk(failed(3), 999).asks).toBe(false);
  });

  test('is asked by one request once it has rested, not by all at once', () => {
    const one = mayAsk(failed(3), 1_000);
    expect(one.asks).toBe(true);
    expect(mayAsk(one.rest, 1_000).asks).toBe(false);
    // That one never came back: another takes its place.
    expect(mayAsk(one.rest, 2_000).asks).toBe(true);
  });

  test('rests longer each time, never longer than its bound, and is trusted again at its first answer', () => {
    const rests = Array.from({ length: 2_000 }, (_, at) => failed(at + 3).untilMs);
    expect(rests.slice(0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    expect(Math.max(...rests)).toBe(restMsMax);
    expect(mayAsk(noteAnswered(), 0)).toEqual({ asks: true, rest: noRest });
  });
});
