import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { edgeAlone, groupOf, implementations } from '../../conformance-matrix/implementations.ts';
import { checkRow, makeRow, renderMatrix } from '../../conformance-matrix/matrix.ts';
import { driverPlants } from '../../conformance-matrix/plants.ts';
import { mergeTable } from '../../conformance-matrix/results.ts';

const root = resolve(import.meta.dirname, '../../..');

const outcome = (status: string, ...ancestorTitles: readonly string[]) => ({
  ancestorTitles,
  title: 't',
  status,
});

test('a test belongs to the group of its suite, and to its implementation alone where it is of none', () => {
  expect(groupOf(['backend runpod', 'start'])).toBe('start');
  expect(groupOf(['backend under faults: runpod', 'no room'])).toBe('no room');
  expect(groupOf(['backend runpod'])).toBe('door');
  expect(groupOf(['a Deployment', 'backend kubernetes', 'stop'])).toBe('stop');
  expect(groupOf(['the end of the agent'])).toBe('own');
  expect(groupOf([])).toBe('own');
});

test('a row tells what passed, what does not apply and what failed, and fails its check for one failure', () => {
  const row = makeRow(
    { name: 'x' },
    [
      outcome('passed', 'backend x', 'start'),
      outcome('pending', 'backend x', 'start'),
      outcome('failed', 'backend x', 'stop'),
    ],
    [],
  );
  expect(renderMatrix([row])).toContain('1/1');
  expect(renderMatrix([row])).toContain('0!1');
  expect(renderMatrix([row])).toContain('x: failed: backend x > stop > t');
  expect(checkRow(row).map(({ id, value, ok }) => [id, value, ok])).toEqual([
    ['conformance.x.failed', 1, false],
    ['conformance.x.passed', 1, true],
  ]);
});

test.each([
  ['nothing ran', [], []],
  ['a file is not there', [outcome('passed', 'backend x', 'start')], ['y.test.ts is not there']],
  ['all was skipped', [outcome('pending', 'backend x', 'start')], []],
])('a row in which %s does not conform', (_what, outcomes, broken) => {
  expect(checkRow(makeRow({ name: 'x' }, outcomes, broken)).every(({ ok }) => ok)).toBe(false);
});

test('bugs are planted in drivers that there are', () => {
  const names = [...implementations, edgeAlone].map(({ name }) => name);
  for (const name of Object.keys(driverPlants)) expect(names).toContain(name);
});

test.each(
  Object.entries(driverPlants).flatMap(([name, plants]) => plants.map((plant) => [name, plant] as const)),
)(
  'a bug of %s is a change of source that is there, and its own file of tests, too',
  (_, { name, file, find, suite }) => {
    expect(readFileSync(resolve(root, file), 'utf8'), name).toContain(find);
    if (suite !== undefined) expect(() => readFileSync(resolve(root, suite))).not.toThrow();
  },
);

test('every implementation has bugs that are planted in it', () => {
  for (const { name } of [...implementations, edgeAlone])
    expect(driverPlants[name]?.length ?? 0, name).toBeGreaterThan(2);
});

test('a table takes the new rows in, and keeps those of other runs', () => {
  const first = mergeTable(
    '',
    ['', 'start'],
    [
      ['a', '1'],
      ['b', '2|3'],
    ],
  );
  expect(first).toBe('|  | start |\n| --- | --- |\n| `a` | 1 |\n| `b` | 2\\|3 |');
  const padded = first.replace('| `a` | 1 |', '| `a`  | 1     |');
  const second = mergeTable(
    padded,
    ['', 'start'],
    [
      ['b', '4'],
      ['c', '5'],
    ],
  );
  expect(second.split('\n').slice(2)).toEqual(['| `a`  | 1     |', '| `b` | 4 |', '| `c` | 5 |']);
});
