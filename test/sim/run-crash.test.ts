import { expect, test } from 'vitest';
import { runRunScenario } from '../../src/sim/run/run-scenario.ts';
import failingSeeds from './run-crash.seeds.json' with { type: 'json' };

const seeds = Number(process.env['PILOTLIGHT_SIM_SEEDS'] ?? 20_000);

/** A millisecond a seed on a core of its own; a machine that does other things as well takes longer. */
const timeout = 60_000 + seeds * 10;

/** A scenario with branches, words and effects, long enough for a crash to find every kind of moment. */
const RICH_SEED = 142;

test('seeds that once failed hold', async () => {
  for (const seed of failingSeeds) {
    const { violations } = await runRunScenario(seed);
    expect({ seed, violations }).toEqual({ seed, violations: [] });
  }
});

test(
  'no settled step done again, no effect doubled or lost, nothing seen that is not durable, one end, and the outcome that the program comes to: whatever crashes when',
  { timeout },
  async () => {
    const sums = { crashes: 0, refused: 0, steps: 0, known: 0 };
    const ends = new Map<string, number>();
    const failures: { seed: number; violations: readonly string[] }[] = [];
    for (let seed = 1; seed <= seeds && failures.length < 5; seed += 1) {
      const { violations, crashes, refused, steps, isKnown, status } = await runRunScenario(seed);
      sums.crashes += crashes;
      sums.refused += refused;
      sums.steps += steps;
      sums.known += isKnown ? 1 : 0;
      ends.set(status, (ends.get(status) ?? 0) + 1);
      if (violations.length > 0) failures.push({ seed, violations: violations.slice(0, 3) });
    }
    console.log(`${seeds} seeds, ${JSON.stringify(sums)}, ${JSON.stringify(Object.fromEntries(ends))}`);
    expect(failures).toEqual([]);
    expect(sums.crashes).toBeGreaterThan(seeds);
    expect(sums.known).toBeGreaterThan(seeds / 3);
    expect([...ends.keys()].toSorted()).toEqual(['cancelled', 'completed', 'failed', 'incomplete']);
  },
);

test('a crash at every single port call of one scenario, before it and after it, changes nothing of that', async () => {
  const { calls } = await runRunScenario(RICH_SEED, { crash: { chance: 0 } });
  expect(calls).toBeGreaterThan(60);
  const failures: { atCall: number; violations: readonly string[] }[] = [];
  for (let atCall = 1; atCall <= calls; atCall += 1) {
    const { violations } = await runRunScenario(RICH_SEED, { crash: { atCall } });
    if (violations.length > 0) failures.push({ atCall, violations: violations.slice(0, 3) });
  }
  expect(failures.slice(0, 5)).toEqual([]);
});

test('the same seed gives the same trace', async () => {
  for (const seed of [1, 2, 3, 99]) {
    expect((await runRunScenario(seed)).trace).toBe((await runRunScenario(seed)).trace);
  }
});
