import { expect, test } from 'vitest';
import { runSessionScenario } from '../../src/sim/session-scenario.ts';
import failingSeeds from './session-crash.seeds.json' with { type: 'json' };

const seeds = Number(process.env['PILOTLIGHT_SIM_SEEDS'] ?? 20_000);

test('seeds that once failed hold', async () => {
  for (const seed of failingSeeds) {
    expect({ seed, violations: (await runSessionScenario(seed)).violations }).toEqual({
      seed,
      violations: [],
    });
  }
});

test('no message lost or doubled, nothing seen that is not durable, one answer a key, every follower whole: whatever crashes when', async () => {
  let crashes = 0;
  let answered = 0;
  let events = 0;
  const failures: { seed: number; violations: readonly string[] }[] = [];
  for (let seed = 1; seed <= seeds && failures.length < 5; seed += 1) {
    const result = await runSessionScenario(seed);
    crashes += result.crashes;
    answered += result.answered;
    events += result.events;
    if (result.violations.length > 0) failures.push({ seed, violations: result.violations.slice(0, 3) });
  }
  console.log(`${seeds} seeds, ${crashes} crashes of the object, ${answered} answers, ${events} events`);
  expect(failures).toEqual([]);
  expect(crashes).toBeGreaterThan(seeds / 2);
});

test('a crash at every single port call of one scenario, before it and after it, changes nothing of that', async () => {
  const { calls } = await runSessionScenario(7, { crash: { chance: 0 } });
  expect(calls).toBeGreaterThan(30);
  const failures: { atCall: number; violations: readonly string[] }[] = [];
  for (let atCall = 1; atCall <= calls; atCall += 1) {
    const { violations } = await runSessionScenario(7, { crash: { atCall } });
    if (violations.length > 0) failures.push({ atCall, violations: violations.slice(0, 3) });
  }
  expect(failures.slice(0, 5)).toEqual([]);
});

test('the same seed gives the same trace', async () => {
  for (const seed of [1, 2, 3, 99]) {
    expect((await runSessionScenario(seed)).trace).toBe((await runSessionScenario(seed)).trace);
  }
});
