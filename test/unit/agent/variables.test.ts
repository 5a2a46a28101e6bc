import { expect, test } from 'vitest';
import { orNull, parseNumber } from '../../../gpu-workers/agent/variables.ts';

const read = (text: string | undefined) => parseNumber({ COUNT: text }, 'COUNT', 4, [1, 100]);

test.each([undefined, ''])('a number that is not set (%j) is what it usually is', (text) => {
  expect(read(text)).toEqual({ ok: true, value: 4 });
});

test.each(['1', '100', '007'])('%s is a number within its bounds', (text) => {
  expect(read(text)).toEqual({ ok: true, value: Number(text) });
});

test.each(['0', '101', '-1', '1.5', '1e2', ' 1', 'four', '1234567890'])(
  '%j is refused, by the name of its variable and with its bounds',
  (text) => {
    expect(read(text)).toEqual({ ok: false, error: 'COUNT must be a whole number from 1 to 100' });
  },
);

test('an empty variable counts as one that is not set', () => {
  expect([undefined, '', ' ', '0'].map(orNull)).toEqual([null, null, ' ', '0']);
});
