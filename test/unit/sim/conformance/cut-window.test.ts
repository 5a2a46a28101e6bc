// Cutting a stretch out of a workload: what lies in it stays, on its own clock; the busiest stretch and the busiest pools are found.
import { expect, test } from 'vitest';
import { cutWindow } from '../../../../src/sim/conformance/cut-window.ts';
import { workloadOf } from '../../../support/replay-workload.ts';

const workload = workloadOf([
  { at: 10, exec: 1, pool: 0, tenant: 0 },
  { at: 3_600, exec: 2, pool: 1, tenant: 1 },
  { at: 3_700, exec: 3, pool: 2, tenant: 1 },
  { at: 3_800, exec: 4, pool: 2, tenant: 2 },
  { at: 5_399, exec: 5, pool: 1, tenant: 0 },
  { at: 5_400, exec: 6, pool: 0, tenant: 0 },
]);

function cut(fromS: number | null, minutes: number, poolsMax: number | null = null) {
  const window = cutWindow(workload, { fromS, minutes, poolsMax });
  if (!window.ok) throw new Error(window.error);
  return window.value;
}

test('requests of the stretch stay in order, on its own clock, under the names that occur', () => {
  const window = cut(3_600, 30);
  expect(window).toMatchObject({ fromMs: 3_600_000, lengthMs: 1_800_000, pools: ['m1', 'm2'] });
  expect(window.tenants).toEqual(['g1', 'g2', 'g0']);
  expect(window.requests).toEqual([
    { atMs: 0, pool: 0, tenant: 0, execMs: 2_000 },
    { atMs: 100_000, pool: 1, tenant: 0, execMs: 3_000 },
    { atMs: 200_000, pool: 1, tenant: 1, execMs: 4_000 },
    { atMs: 1_799_000, pool: 0, tenant: 2, execMs: 5_000 },
  ]);
});

test('without a beginning the stretch with the most requests is taken', () => {
  expect(cut(null, 30).fromMs).toBe(3_600_000);
});

test('of the busiest pools only, ties go to the first', () => {
  expect(cut(3_600, 30, 1).pools).toEqual(['m1']);
});

test('a stretch without requests is an error that says where it lies', () => {
  expect(cutWindow(workload, { fromS: 100, minutes: 1, poolsMax: null })).toEqual({
    ok: false,
    error: 'there are no requests in the 1 minutes from second 100 on',
  });
});
