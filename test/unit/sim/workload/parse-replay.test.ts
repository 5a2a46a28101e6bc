// The replay format: what is read is what was written, and each fault names its line and field.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayMs, makeReplayTables, parseReplay } from '../../../../src/sim/replay/parse-replay.ts';
import type { Workload } from '../../../../src/sim/replay/workload.ts';
import { describeCsvFault } from '../../../../src/sim/workload/csv-fault.ts';
import { renderReplay } from '../../../../src/sim/workload/render-replay.ts';

const header = 't_s,function_or_model,tenant,exec_s';
const lines = (...rows: readonly string[]): string => [header, ...rows].join('\n');

function read(text: string): Workload {
  const parsed = parseReplay(text);
  if (!parsed.ok) throw new Error(describeCsvFault(parsed.error, 'test'));
  return parsed.value;
}

test('rows become columns in ms, names become indices in order of appearance', () => {
  expect(read(lines('0,m1,g1,2', '0.5,m0,g1,0', '0.5,m1,g0,1.005', '86400,m1,g1,1e1', ''))).toEqual({
    pools: ['m1', 'm0'],
    tenants: ['g1', 'g0'],
    arrivalMs: Float64Array.of(0, 500, 500, 86_400_000),
    pool: Int32Array.of(0, 1, 0, 0),
    tenant: Int32Array.of(0, 0, 1, 0),
    execMs: Float64Array.of(2000, 0, 1005, 10_000),
    endMs: 2 * dayMs,
  });
});

test.each([
  ['a mark of the byte order', `\uFEFF${lines('1,m,g,2', '')}`],
  ['line ends of Windows', lines('1,m,g,2', '').replaceAll('\n', '\r\n')],
  ['no newline at the end', lines('1,m,g,2')],
])('reads a file with %s', (_what, text) => {
  expect(read(text)).toEqual(read(lines('1,m,g,2', '')));
});

test.each<readonly [string, string, number, string, string]>([
  ['an empty file', '', 0, 'file', 'is empty'],
  ['a file of blanks', ' \n\n', 0, 'file', 'is empty'],
  ['a header alone', `${header}\n`, 0, 'file', 'has a header but no rows'],
  ['a missing header', '1,m,g,2\n', 1, 't_s', 'is missing: the first line is a row already'],
  ['a missing column', 't_s,model,tenant,exec_s\n', 1, 'function_or_model', 'lacks the column'],
  ['columns in another order', 'tenant,t_s,function_or_model,exec_s\n', 1, 'header', 'in another order'],
  ['a column too many', `${header},steps\n`, 1, 'header', 'has other columns'],
  ['too few fields', lines('1,m,g,2', '2,m,g'), 3, 'exec_s', 'is missing: the row has 3 of 4 fields'],
  ['one field', lines('1', '2,m,g,3'), 2, 'function_or_model', 'the row has 1 of 4 fields'],
  ['too many fields', lines('1,m,g,2', '2,m,x,g,3'), 3, 'row', 'has 5 fields instead of 4'],
  ['an empty line', lines('1,m,g,2', '', '2,m,g,3'), 3, 'row', 'is empty'],
  ['a time that is a word', lines('soon,m,g,2'), 2, 't_s', 'is not a number'],
  ['a time in hex', lines('0x10,m,g,2'), 2, 't_s', 'is not a number'],
  ['a time with a blank', lines(' 1,m,g,2'), 2, 't_s', 'is not a number'],
  ['no time', lines(',m,g,2'), 2, 't_s', 'is empty'],
  ['a time that is NaN', lines('NaN,m,g,2'), 2, 't_s', 'is not a number'],
  ['two points', lines('1.2.3,m,g,2'), 2, 't_s', 'is not a number'],
  ['nothing behind the point', lines('1.,m,g,2'), 2, 't_s', 'is not a number'],
  ['a negative time', lines('-1,m,g,2'), 2, 't_s', 'is negative'],
  ['a time in ms since 1970', lines('1785000000000,m,g,2'), 2, 't_s', 'is absurdly large'],
  ['a time beyond 400 days', lines('34560001,m,g,2'), 2, 't_s', 'is absurdly large'],
  ['times out of order', lines('5,m,g,2', '4.999,m,g,2'), 3, 't_s', 'is not sorted: the row before has 5'],
  ['an execution time of NaN', lines('1,m,g,NaN'), 2, 'exec_s', 'is not a number'],
  ['an infinite execution time', lines('1,m,g,inf'), 2, 'exec_s', 'is not finite'],
  ['an execution time beyond doubles', lines('1,m,g,1e999'), 2, 'exec_s', 'is not finite'],
  ['a negative execution time', lines('1,m,g,-0.5'), 2, 'exec_s', 'is negative'],
  ['an execution time of more than a week', lines('1,m,g,604801'), 2, 'exec_s', 'is absurdly large'],
  ['no execution time', lines('1,m,g,'), 2, 'exec_s', 'is empty'],
  ['no model', lines('1,,g,2'), 2, 'function_or_model', 'is empty'],
  ['no tenant', lines('1,m,,2'), 2, 'tenant', 'is empty'],
  ['a name of 201 characters', lines(`1,m,${'g'.repeat(201)},2`), 2, 'tenant', 'is too long'],
  ['a name in quotes', lines('1,"m",g,2'), 2, 'function_or_model', 'has a quote or a blank around it'],
  ['a name with a blank in front', lines('1,m, g,2'), 2, 'tenant', 'has a quote or a blank around it'],
])('refuses %s, naming line and field', (...[, text, line, field, problem]) => {
  const parsed = parseReplay(text);
  expect(parsed).toMatchObject({
    ok: false,
    error: { line, field, problem: expect.stringContaining(problem) as unknown },
  });
  if (!parsed.ok) expect(parsed.error.advice).not.toBe('');
});

test('refuses more rows and more pools than its limits', () => {
  const text = lines('1,m0,g,1', '2,m1,g,1', '3,m2,g,1');
  const limits = (rowsMax: number, poolsMax: number) =>
    parseReplay(text, makeReplayTables(), { rowsMax, poolsMax });
  expect(limits(3, 3).ok).toBe(true);
  expect(limits(2, 3)).toMatchObject({ error: { line: 4, field: 'row', problem: 'is one row too many' } });
  expect(limits(3, 2)).toMatchObject({ error: { line: 4, field: 'function_or_model', found: 'm2' } });
});

test('a fault is one line of words with place, evidence and advice, however long the evidence is', () => {
  const parsed = parseReplay(lines(`1,m,${'g'.repeat(1000)},2`));
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  const words = describeCsvFault(parsed.error, 'a.csv');
  expect(words).toMatch(/^a\.csv line 2, tenant: is too long, found "g{60}\.\.\.": a name has at most 200/);
});

const secondsOf = fc.integer({ min: 0, max: 5_000_000 });
const row = fc.record({
  gapMs: secondsOf,
  pool: fc.stringMatching(/^[a-z/é]{1,20}$/u),
  tenant: fc.stringMatching(/^[a-z ]{0,5}x$/).map((name) => `t${name}`),
  execMs: secondsOf,
});

test('law: what is written reads back as the same workload, to the ms', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), (rows) => {
      let atMs = 0;
      const text = lines(
        ...rows.map(({ gapMs, pool, tenant, execMs }) => {
          atMs += gapMs;
          return `${atMs / 1000},${pool},${tenant},${execMs / 1000}`;
        }),
        '',
      );
      const workload = read(text);
      expect([...workload.execMs]).toEqual(rows.map(({ execMs }) => execMs));
      expect(workload.arrivalMs.at(-1)).toBe(atMs);
      expect([...workload.pool].map((index) => workload.pools[index])).toEqual(rows.map(({ pool }) => pool));
      expect([...renderReplay(workload)].join('')).toBe(text);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('law: any text is either a workload in order or a fault with words', () => {
  const anyLine = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('1,m,g,2', '2,m,g,3', '', ',,,', '1,m,g,2,', '-1,m,g,2'),
  );
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 10 }), (rows): void => {
      const parsed = parseReplay(lines(...rows));
      const arrivals = parsed.ok ? parsed.value.arrivalMs : Float64Array.of(0);
      expect(arrivals).toEqual(arrivals.toSorted());
      expect(arrivals.length).toBeGreaterThan(0);
      if (!parsed.ok) expect(describeCsvFault(parsed.error, 'f')).toMatch(/^f(?: line \d+, \w+)?: .+: .+/);
    }),
    { numRuns: 300, seed: 1 },
  );
});
