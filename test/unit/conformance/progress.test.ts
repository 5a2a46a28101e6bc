import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from '../../conformance-matrix/progress.ts';

const said: string[] = [];

beforeEach(() => {
  said.length = 0;
  vi.useFakeTimers();
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('long work says where it is, how long it has taken so far, and what came of it', async () => {
  const progress = new Progress(12);
  const { promise, resolve } = Promise.withResolvers<number>();
  const done = progress.step('first', () => promise, String);
  vi.advanceTimersByTime(31_000);
  resolve(7);
  expect(await done).toBe(7);
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([
    '[ 1/12] first: 15 s so far, 15 s in all',
    '[ 1/12] first: 30 s so far, 30 s in all',
    '[ 1/12] first: 7, 31 s',
  ]);
});

test('work that fails is not spoken of any more', async () => {
  const progress = new Progress(1);
  await expect(progress.step('first', () => Promise.reject(new Error('no')), String)).rejects.toThrow('no');
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([]);
});
