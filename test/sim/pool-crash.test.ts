import { expect, test } from 'vitest';
import { runScenario } from '../../src/sim/pool-scenario.ts';
import failingSeeds from './pool-crash.seeds.json' with { type: 'json' };

const seeds = Number(process.env['PILOTLIGHT_SIM_SEEDS'] ?? 10_000);

test('seeds that once failed hold', () => {
  for (const seed of failingSeeds)
    expect({ seed, violations: runScenario(seed).violations }).toEqual({ seed, violations: [] });
});

test('no orphan, no double start, no slot leak, every second charged once, at rest in the end: whatever crashes when', () => {
  let crashes = 0;
  let granted = 0;
  const failures: { seed: number; violations: readonly string[] }[] = [];
  for (let seed = 1; seed <= seeds && failures.length < 5; seed += 1) {
    const result = runScenario(seed);
    crashes += result.crashes;
    granted += result.granted;
    if (result.violations.length > 0) failures.push({ seed, violations: result.violations.slice(0, 3) });
  }
  console.log(`${seeds} seeds, ${crashes} crashes of the object, ${granted} slots granted`);
  expect(failures).toEqual([]);
  expect(crashes).toBeGreaterThan(seeds / 2);
});

test('a crash at every single port call of one scenario, before it and after it, changes nothing of that', () => {
  const { calls } = runScenario(7, { crash: { chance: 0 } });
  expect(calls).toBeGreaterThan(100);
  const failures: { atCall: number; violations: readonly string[] }[] = [];
  for (let atCall = 1; atCall <= calls; atCall += 1) {
    const { violations } = runScenario(7, { crash: { atCall } });
    if (violations.length > 0) failures.push({ atCall, violations: violations.slice(0, 3) });
  }
  expect(failures.slice(0, 5)).toEqual([]);
});

test('the same seed gives the same trace', () => {
  for (const seed of [1, 2, 3, 99]) expect(runScenario(seed).trace).toBe(runScenario(seed).trace);
});
