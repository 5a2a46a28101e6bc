// A tenant that kills replicas takes with it only those who share both of its seats: one in 28 of two seats of eight.
import { expect, test } from 'vitest';
import { runPoison, type PoisonScenario } from '../../src/sim/resilience/poison-world.ts';

const scenario: PoisonScenario = {
  seed: 1,
  seats: 8,
  shardSize: 2,
  tenants: 560,
  requests: 60_000,
  poisonEvery: 10,
  restart: 2_000,
};
const lost = (shares: readonly number[]): number =>
  shares.filter((share) => share < 0.9).length / shares.length;

test('at most one tenant in 25 is lost with it, and all others are served', () => {
  const shares = runPoison(scenario);
  expect(lost(shares)).toBeLessThanOrEqual(0.045);
  expect(shares.filter((share) => share > 0.999).length / shares.length).toBeGreaterThan(0.95);
});

test('the control: every tenant may use every seat, and all are lost', () => {
  expect(lost(runPoison({ ...scenario, shardSize: 8 }))).toBe(1);
});
