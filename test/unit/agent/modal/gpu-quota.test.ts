import { expect, test } from 'vitest';
import { countGpus, GpuQuota } from '../../../../gpu-workers/agent/modal/gpu-quota.ts';

test.each([
  ['H100', 1],
  ['A100-80GB:2', 2],
  ['H100:8', 8],
])('%s is %d', (gpu, expected) => {
  expect(countGpus(gpu)).toBe(expected);
});

test('each user may have what the others leave', () => {
  const quota = new GpuQuota(8);
  const use = { a: 3, b: 4 };
  const left = { a: quota.join(() => use.a), b: quota.join(() => use.b) };
  expect([quota.used, left.a(), left.b()]).toEqual([7, 4, 5]);
  use.a = 6;
  expect([left.a(), left.b()]).toEqual([4, 2]);
});
