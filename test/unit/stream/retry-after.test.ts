// A stranger's word on how long to stay away: read in both forms of the standard, and never believed without bounds.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRetryAfter } from '../../../src/core/stream/retry-after.ts';

const NOW = Date.parse('Wed, 25 Nov 2026 10:00:00 GMT');

it.each([
  ['2', 2_000],
  [' 2 ', 2_000],
  ['0', 0],
  ['0.25', 250],
  ['Wed, 25 Nov 2026 10:00:05 GMT', 5_000],
  ['Wed, 25 Nov 2026 09:00:00 GMT', 0],
  ['Wed, 25 Nov 2099 10:00:00 GMT', 60_000],
  ['1000000000', 60_000],
])('%j is read and bounded', (header, ms) => {
  expect(parseRetryAfter(header, NOW)).toBe(ms);
});

it.each([
  [null],
  [''],
  ['-1'],
  ['soon'],
  ['1e3'],
  ['NaN'],
  ['Infinity'],
  ['2099'.repeat(10)],
  ['Wed, nonsense'],
])('%j says nothing', (header) => {
  expect(parseRetryAfter(header, NOW)).toBeNull();
});

it('is a time from 0 to a minute or nothing, whatever the header', () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ noNaN: true }), (text, number) => {
      for (const header of [text, String(number), `Wed, ${text}`]) {
        const ms = parseRetryAfter(header, NOW);
        if (ms !== null) expect(ms >= 0 && ms <= 60_000).toBe(true);
      }
    }),
  );
});
