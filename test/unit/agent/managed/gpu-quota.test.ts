import { expect, test } from 'vitest';
import { countGpus, GpuQuota } from '../../../../gpu-workers/agent/managed/gpu-quota.ts';

test.each([
  ['H100', 1],
  ['A100-80GB:2', 2],
  ['H100:8', 8],
])('%s is %d', (gpu, expected) => {
  expect(countGpus(gpu)).toBe(expected);
});

const user = (use: { gpus: number; known?: boolean }, gaveUp: string[] = [], name = '') => ({
  used: () => use.gpus,
  isKnown: () => use.known ?? true,
  makeRoom: () => void gaveUp.push(name),
});

test('each user may have what the others leave', () => {
  const quota = new GpuQuota(8, () => 0);
  const use = { a: { gpus: 3 }, b: { gpus: 4 } };
  const share = { a: quota.join(user(use.a)), b: quota.join(user(use.b)) };
  expect([quota.used, share.a.gpusLeft(), share.b.gpusLeft()]).toEqual([7, 4, 5]);
  use.a.gpus = 6;
  expect([share.a.gpusLeft(), share.b.gpusLeft()]).toEqual([4, 2]);
  use.b.gpus = 20;
  expect(share.a.gpusLeft()).toBe(0);
});

test('while one user does not know what it has, none is known', () => {
  const quota = new GpuQuota(8, () => 0);
  const use = { gpus: 0, known: false };
  const { sharing } = quota.join(user({ gpus: 1 }));
  quota.join(user(use));
  expect(sharing.isKnown()).toBe(false);
  use.known = true;
  expect(sharing.isKnown()).toBe(true);
});

test('a refusal makes everybody give up what is kept for bursts, for a minute', () => {
  let nowMs = 0;
  const gaveUp: string[] = [];
  const quota = new GpuQuota(1, () => nowMs);
  const { sharing } = quota.join(user({ gpus: 1 }, gaveUp, 'a'));
  quota.join(user({ gpus: 0 }, gaveUp, 'b'));
  expect(sharing.isShort()).toBe(false);
  sharing.tellShort();
  expect([sharing.isShort(), gaveUp]).toEqual([true, ['a', 'b']]);
  nowMs = 60_000;
  expect(sharing.isShort()).toBe(false);
});
