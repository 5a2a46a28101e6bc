import { expect, test } from 'vitest';
import { LatestTarget } from '../../../../gpu-workers/agent/kubernetes/latest-target.ts';
import { ok } from '../../../../src/core/base/result.ts';

const target = (floor: number) => ({ floor, buffer: 0, ceiling: Math.max(1, floor), idleMs: 0 });

test('one write at a time; those that wait are one, of the newest target', async () => {
  const written: number[] = [];
  const gates: (() => void)[] = [];
  const latest = new LatestTarget(async (wanted) => {
    await new Promise<void>((go) => gates.push(go));
    written.push(wanted().floor);
    return ok(null);
  });
  const first = latest.set(target(1));
  await expect.poll(() => gates.length).toBe(1);
  const others = [2, 3, 1].map((floor) => latest.set(target(floor)));
  expect(gates).toHaveLength(1);
  gates[0]?.();
  await first;
  await expect.poll(() => gates.length).toBe(2);
  gates[1]?.();
  expect(await Promise.all(others)).toEqual([ok(null), ok(null), ok(null)]);
  expect(written).toEqual([1, 1]);
});

test('a write that fails keeps none from following', async () => {
  let calls = 0;
  const latest = new LatestTarget(async () => {
    calls += 1;
    if (calls === 1) throw new Error('a bug');
    return ok(null);
  });
  await expect(latest.set(target(1))).rejects.toThrow('a bug');
  expect(await latest.set(target(2))).toEqual(ok(null));
});
