// Files of a replay: packed or not, one or several, with and without a history; and what is said when that fails.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readLoads } from '../../../../src/cli/sim/read-loads.ts';
import { readWorkload } from '../../../../src/cli/sim/read-workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-workload-'));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const header = 't_s,function_or_model,tenant,exec_s\n';
const first = put('first.csv', `${header}10,a,x,1\n86399,b,y,2\n`);
const second = put('second.csv', `${header}10,c,x,1\n86400,a,z,2\n`);
const packed = put('packed.csv.gz', gzipSync(`${header}10,c,x,1\n86400,a,z,2\n`));

test('several files are laid end to end at whole days, on the same names', () => {
  const loaded = readWorkload([first, second, first], []);
  expect(loaded).toMatchObject({ ok: true, value: { history: null } });
  if (!loaded.ok) return;
  const { replay } = loaded.value;
  expect([...replay.arrivalMs]).toEqual(
    [10, 86_399, 86_410, 172_800, 259_210, 345_599].map((seconds) => seconds * 1000),
  );
  expect(replay.endMs).toBe(4 * 86_400_000);
  expect([...replay.pool].map((index) => replay.pools[index]).join('')).toBe('abcaab');
  expect([...replay.tenant].map((index) => replay.tenants[index]).join('')).toBe('xyxzxy');
});

test('replay and history share their names, and the history does not move the indices of the replay', () => {
  const alone = readWorkload([first], []);
  const both = readWorkload([first], [packed]);
  expect(alone.ok && both.ok).toBe(true);
  if (!alone.ok || !both.ok) return;
  const { replay, history } = both.value;
  expect(replay.pool).toEqual(alone.value.replay.pool);
  expect(replay.pools).toEqual(['a', 'b', 'c']);
  expect(history?.pools).toBe(replay.pools);
  expect(history?.tenants).toBe(replay.tenants);
  expect([...(history?.pool ?? [])]).toEqual([2, 0]);
});

test('a packed file is known by its first bytes, whatever its name', () => {
  const misnamed = put('misnamed.csv', gzipSync(`${header}10,c,x,1\n86400,a,z,2\n`));
  expect(readWorkload([misnamed], [])).toEqual(readWorkload([packed], []));
  expect(readWorkload([second], [])).toEqual(readWorkload([packed], []));
});

test.each([
  ['no file at all', [], 'no replay file was given: --replay FILE'],
  ['a file that is not there', [join(folder, 'gone.csv')], 'gone.csv: there is no such file'],
  ['a folder', [folder], 'is a directory, give a file'],
  ['a damaged gzip file', [put('damaged.gz', gzipSync(header).subarray(0, 20))], 'damaged or cut off'],
  ['plain text called .gz', [put('plain.csv.gz', header)], 'does not begin like a gzip file'],
  ['text that is not UTF-8', [put('latin.csv', Uint8Array.of(0x74, 0xff, 0x0a))], 'is not UTF-8 text'],
  ['an empty file', [put('empty.csv', '')], 'empty.csv: is empty: the first line must be t_s,'],
  ['a bad row in the second file', [first, put('bad.csv', `${header}1,m,g,x\n`)], 'bad.csv line 2, exec_s: '],
])('says in one line what is wrong with %s', (_what, paths, words) => {
  const loaded = readWorkload(paths, []);
  expect(loaded).toMatchObject({ ok: false, error: expect.stringContaining(words) as unknown });
  if (!loaded.ok) expect(loaded.error).not.toContain('\n');
});

test('says it of the history as well', () => {
  const loaded = readWorkload([first], [join(folder, 'gone.csv')]);
  expect(loaded).toMatchObject({ ok: false, error: expect.stringContaining('no such file') as unknown });
});

test('--load takes seconds or a file of measured loads', () => {
  expect(readLoads('23')).toMatchObject({ ok: true, value: { meanMs: 23_000 } });
  const file = put('loads.csv', 't_s,ms,container\n1,2000,c0\n2,4000,c1\n');
  expect(readLoads(file)).toMatchObject({ ok: true, value: { meanMs: 3000, p50Ms: 2000, p90Ms: 4000 } });
});

test.each([
  ['0', '--load: a load takes from 0.001 to 3600 seconds, not 0'],
  ['-3', 'not -3'],
  ['Infinity', 'not Infinity'],
  ['', '--load takes seconds or a file'],
  ['fast', '--load takes seconds or a file: fast: there is no such file'],
  [first, 'first.csv line 1, ms: lacks the column ms'],
])('refuses --load "%s" in one line', (given, words) => {
  expect(readLoads(given)).toMatchObject({ ok: false, error: expect.stringContaining(words) as unknown });
});
