// A tape gives back what was written, and knows when it is not whole.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TapeReader, TapeWriter } from '../../../../src/core/demand/forecasters/number-tape.ts';

test('what is written is read back, number by number and column by column', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
      (first, column) => {
        const writer = new TapeWriter();
        writer.put(first);
        writer.putAll(column);
        const reader = new TapeReader(writer.numbers);
        const read = new Float64Array(column.length);
        expect(reader.take()).toBe(first);
        reader.takeInto(read);
        expect([...read]).toEqual(column);
        expect(reader.isWhole).toBe(true);
      },
    ),
  );
});

test.each([
  ['too short', [1], 2],
  ['too long', [1, 2, 3], 2],
  ['with a hole', [1, Number.NaN], 2],
  ['beyond all numbers', [Number.POSITIVE_INFINITY, 1], 2],
])('a tape %s is not whole', (_what, numbers, taken) => {
  const reader = new TapeReader(numbers);
  for (let at = 0; at < taken; at += 1) expect(Number.isFinite(reader.take())).toBe(true);
  expect(reader.isWhole).toBe(false);
});
