// The published prices: each with a source, none of them out of the question, and found by every name that a GPU has.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hotPriceOf, parseGpu, priceTable, type PriceList } from '../../../src/core/registry/price-table.ts';

const lists = Object.entries(priceTable) as [PriceList, (typeof priceTable)[PriceList]][];

test.each([
  ['H100', { type: 'H100', count: 1 }],
  ['A100-80GB:2', { type: 'A100-80GB', count: 2 }],
])('%s is read', (text, gpu) => {
  expect(parseGpu(text)).toEqual(gpu);
});

describe.each(lists)('%s', (_, { rows, otherwise, parkedShare, source, timesSource, loadMs, wakeMs }) => {
  test('has a source with its day for every published figure', () => {
    for (const each of [source, timesSource])
      if (each !== null) {
        expect(each.url).toMatch(/^https:\/\//);
        expect(each.read).toMatch(/^20[0-9]{2}-[01][0-9]-[0-3][0-9]$/);
      }
    if (rows.length > 0) expect(source).not.toBeNull();
  });

  test('names each GPU once, from fifty cents to ten dollars an hour', () => {
    expect(new Set(rows.map(({ gpu }) => gpu)).size).toBe(rows.length);
    for (const { microsPerSecond } of rows) {
      expect(microsPerSecond * 3_600).toBeGreaterThan(500_000);
      expect(microsPerSecond * 3_600).toBeLessThan(10_000_000);
    }
  });

  test('has a wake that takes no longer than a load, and parked time no dearer than hot time', () => {
    expect(wakeMs).toBeLessThanOrEqual(loadMs);
    expect(parkedShare).toBeLessThanOrEqual(1);
    expect(otherwise).toBeGreaterThanOrEqual(0);
  });
});

describe('the price of a replica', () => {
  test.each<[PriceList, string | null, number]>([
    ['modal', 'H100', 1_097],
    ['modal', 'h100', 1_097],
    ['modal', 'A100-80GB:2', 1_388],
    ['modal', 'A100', 583],
    ['modal', 'A10G', 306],
    ['modal-function', 'L4', 222],
    ['runpod', 'H100', 1_160],
    ['kubernetes', 'H100:8', 15_288],
    // A GPU that is in no row is counted by the piece all the same.
    ['modal', 'X999:2', 440],
    ['kubernetes', null, 220],
    ['local', null, 220],
    ['fixed', null, 0],
  ])('%s with %s is %d micro-dollars a second', (list, gpu, expected) => {
    expect(hotPriceOf(list, gpu)).toBe(expected);
  });
});

test('the documentation shows every published price and its source', () => {
  const text = readFileSync('docs/backends.md', 'utf8');
  const cells = text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const column: Readonly<Record<string, number>> = {
    modal: 2,
    'modal-function': 2,
    runpod: 3,
    kubernetes: 4,
  };
  for (const [list, { rows, source, timesSource }] of lists) {
    for (const { gpu, microsPerSecond } of rows) {
      const row = cells.find((each) => each[1] === gpu);
      expect(row?.[column[list] ?? 0], `${gpu} at ${list}`).toBe(String(microsPerSecond));
    }
    for (const each of [source, timesSource]) if (each !== null) expect(text).toContain(each.url);
  }
});
