import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { whyNotPlanted, whyUnfit } from '../../conformance-matrix/catch-plants.ts';
import {
  agentContainer,
  edgeAlone,
  groupOf,
  implementations,
  realApiServer,
  whyNotRun,
} from '../../conformance-matrix/implementations.ts';
import { checkRow, makeEmptyRow, makeRow, renderMatrix } from '../../conformance-matrix/matrix.ts';
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
      { ...outcome('failed', 'backend x', 'stop'), failureMessages: ['Error: late\n    at y.ts'] },
    ],
    [],
  );
  expect(renderMatrix([row])).toContain('1/1');
  expect(renderMatrix([row])).toContain('0!1');
  expect(renderMatrix([row])).toContain('x: failed: backend x > stop > t: Error: late');
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

test('what needs a program that is not there has a row that names it, and neither conforms nor fails', () => {
  expect(whyNotRun({}, {})).toBeNull();
  expect(whyNotRun(realApiServer, { KUBE_APISERVER: '/bin/a', ETCD: '/bin/b' })).toBeNull();
  const reason = whyNotRun(realApiServer, { KUBE_APISERVER: '/bin/a', ETCD: '' });
  expect(reason).toContain('ETCD names no program');
  const row = makeEmptyRow(realApiServer, reason ?? '');
  expect(renderMatrix([row])).toMatch(/^kubernetes-api +not run/m);
  expect(renderMatrix([row])).toContain(`kubernetes-api: not run: ${reason}`);
  expect(checkRow(row)).toMatchObject([{ value: 0, bar: null, op: null, n: 0, note: `not run: ${reason}` }]);
});

const planted = [...implementations, agentContainer, edgeAlone];

test('bugs are planted in drivers that there are', () => {
  const names = planted.map(({ name }) => name);
  for (const name of Object.keys(driverPlants)) expect(names).toContain(name);
});

test.each(
  Object.entries(driverPlants).flatMap(([name, plants]) => plants.map((plant) => [name, plant] as const)),
)(
  'a bug of %s is a change of source that is there once, and its own file of tests, too',
  (_, { suite, ...plant }) => {
    expect(whyNotPlanted(plant), plant.name).toBeNull();
    if (suite !== undefined) expect(() => readFileSync(resolve(root, suite))).not.toThrow();
  },
);

test.each([
  ['there once', "name: 'unit'", "name: 'other'", null],
  ['not there', 'no such text', '', 'its text is 0 times in vitest.config.ts'],
  ['there twice', "compatibilityDate: '2026-11-01'", '', 'its text is 2 times in vitest.config.ts'],
  ['the same afterwards', "name: 'unit'", "name: 'unit'", 'it changes nothing'],
])('a change whose text is %s is a bug, or none', (_what, find, replace, reason) => {
  expect(whyNotPlanted({ file: 'vitest.config.ts', find, replace })).toBe(reason);
});

test.each([
  ['pass without the bug', ['passed', 'pending'], null],
  ['fail without it', ['passed', 'failed'], 'its test fails without the bug, too'],
  ['are skipped', ['pending', 'skipped'], 'not run: its test is skipped on this machine'],
  ['are not there', [], 'there is no test of this title'],
])('tests that %s can catch a bug, or not', (_what, statuses, reason) => {
  expect(whyUnfit(statuses.map((status) => outcome(status)))).toBe(reason);
});

test('every implementation has bugs that are planted in it', () => {
  for (const { name } of planted) expect(driverPlants[name]?.length ?? 0, name).toBeGreaterThan(2);
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
