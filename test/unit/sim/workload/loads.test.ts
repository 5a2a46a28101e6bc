// Measured load times: what is read, what a policy is told of them, what a start draws.
import { expect, test } from 'vitest';
import { makeRng } from '../../../../src/core/base/rng.ts';
import { constantLoad, makeLoadSampler, parseLoads } from '../../../../src/sim/workload/loads.ts';

const table = (...times: readonly (number | string)[]): string =>
  ['t_s,ms,container', ...times.map((ms, at) => `${at * 57},${ms},c${at}`), ''].join('\n');

test('mean and quantiles are those of the file; other columns do not matter', () => {
  const loads = parseLoads(table(1000, 0, 5000, 2000, 2000, 3000, 4000, 9000, 7000, 8000));
  expect(loads).toMatchObject({ ok: true, value: { meanMs: 4100, p50Ms: 3000, p90Ms: 8000 } });
  expect(parseLoads('ms\n41.5\n')).toMatchObject({ ok: true, value: { meanMs: 41.5, p90Ms: 41.5 } });
});

test('draws come from the file, each row as often as any other, the same for the same seed', () => {
  const loads = parseLoads(table(1000, 2000, 3000, 4000));
  if (!loads.ok) throw new Error('unexpected');
  const draw = makeLoadSampler(loads.value, makeRng(1));
  const drawn = Array.from({ length: 8000 }, draw);
  for (const ms of [1000, 2000, 3000, 4000])
    expect(Math.abs(drawn.filter((each) => each === ms).length - 2000)).toBeLessThan(200);
  const again = makeLoadSampler(loads.value, makeRng(1));
  expect(Array.from({ length: 8000 }, again)).toEqual(drawn);
});

test('a constant load is always the same', () => {
  const loads = constantLoad(23);
  if (!loads.ok) throw new Error(loads.error);
  expect(loads.value).toMatchObject({ meanMs: 23_000, p50Ms: 23_000, p90Ms: 23_000 });
  expect(makeLoadSampler(loads.value, makeRng(1))()).toBe(23_000);
});

test.each<readonly [string, string, number, string]>([
  ['an empty file', '', 0, 'file'],
  ['a header alone', 't_s,ms,container\n', 0, 'file'],
  ['a missing column', 't_s,load\n1,2\n', 1, 'ms'],
  ['a row with too few fields', 't_s,ms,container\n1,2,c\n3,4\n', 3, 'row'],
  ['a word', table(1000, 'long'), 3, 'ms'],
  ['nothing', table(1000, ''), 3, 'ms'],
  ['a negative time', table(-1), 2, 'ms'],
  ['a time beyond an hour', table(3_600_001), 2, 'ms'],
  ['loads of nothing only', table(0, 0), 0, 'file'],
])('refuses %s, naming line and field', (_what, text, line, field) => {
  expect(parseLoads(text)).toMatchObject({ ok: false, error: { line, field } });
});

test.each([0, -1, Number.NaN, Infinity, 3601])('refuses a constant load of %d s', (seconds) => {
  expect(constantLoad(seconds).ok).toBe(false);
});
