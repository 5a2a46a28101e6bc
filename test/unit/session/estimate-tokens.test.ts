// What a text is taken to cost: by the kind of each character, never less for a longer text.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateTokens, type TokenGauge } from '../../../src/core/session/estimate-tokens.ts';

/** Each kind of character has a figure that no sum of others comes to. */
const gauge: TokenGauge = { words: 1, digits: 1 / 1_000, marks: 1 / 1_000_000, wide: 1 / 1_000_000_000 };
const [frame, digit, mark, wide] = [6, 1_000, 1_000_000, 1_000_000_000];

test.each([
  ['letters of any case, and blanks', 'aZ mN', 5],
  ['letters with accents', '\u00c0\u00ff\u024f', 3],
  ['digits', '09', 2 * digit],
  ['marks and line breaks', '!/:@[`{~\n\t\u00bf', 11 * mark],
  ['what is beyond Latin, by its halves', '\u0250\u6f22\u{1f600}', 4 * wide],
  ['nothing', '', 0],
])('%s', (_kind, text, tokens) => {
  expect(estimateTokens(text, gauge)).toBe(tokens + frame);
});

test('every character counts, once, wherever it stands', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
      const parts = estimateTokens(left, gauge) + estimateTokens(right, gauge) - frame;
      expect(estimateTokens(left + right, gauge)).toBe(parts);
      expect(estimateTokens(right + left, gauge)).toBe(parts);
    }),
  );
});
