// Floor, buffer and sandboxes under one quota: thousands of plans, redeploys, lost words, refusals and agents that die, by seeds.
import { expect, test } from 'vitest';
import { GpuQuota } from '../../gpu-workers/agent/managed/gpu-quota.ts';
import { ManagedBackend } from '../../src/backends/managed/managed-backend.ts';
import { ManagedWorld, type Tally } from '../support/managed/managed-world.ts';

const seeds = 60;
const minutes = 20;

test('whatever is planned, lost, reset or killed: never more than the quota, the floor is back within a period, and nothing is left', async () => {
  const sum: Tally = {
    plans: 0,
    redeploys: 0,
    restarts: 0,
    refused: 0,
    buffers: 0,
    sandboxes: 0,
    most: 0,
  };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const world = new ManagedWorld(seed, { ManagedBackend, GpuQuota });
    await world.run(minutes);
    expect([...world.violations].slice(0, 3), `seed ${seed}`).toEqual([]);
    for (const name of Object.keys(sum) as (keyof Tally)[])
      sum[name] = name === 'most' ? Math.max(sum.most, world.tally.most) : sum[name] + world.tally[name];
  }
  console.log(`managed quota: ${seeds} seeds`, JSON.stringify(sum));
  // The quota was reached, and everything that can go wrong went wrong.
  expect(sum.most).toBe(8);
  expect(Math.min(sum.redeploys, sum.restarts, sum.refused, sum.buffers, sum.sandboxes)).toBeGreaterThan(100);
  expect(sum.plans).toBeGreaterThan(10_000);
});
