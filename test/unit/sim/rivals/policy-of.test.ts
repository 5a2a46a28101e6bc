// The registry: every spelling it prints can be read, and what cannot be read is refused in words that help.
import { expect, test } from 'vitest';
import { listPolicies, parsePolicy, sweepOf } from '../../../../src/sim/rivals/policy-of.ts';
import { makePolicy } from './rival-fixtures.ts';

const families = listPolicies().map(({ name }) => name);

test.each(families)('every spelling in the sweep of %s makes a policy of that name', (family) => {
  const sweep = sweepOf(family);
  expect(sweep.length).toBeGreaterThan(0);
  expect(new Set(sweep).size).toBe(sweep.length);
  for (const spec of sweep) expect(makePolicy(spec, 2).name).toBe(spec);
});

test('a factory makes a fresh policy each time', () => {
  const parsed = parsePolicy('histogram:90');
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.value({ poolCount: 1 })).not.toBe(parsed.value({ poolCount: 1 }));
});

test('the sweeps of the baselines are as dense as their comparison needs', () => {
  expect(sweepOf('fixed').length).toBeGreaterThanOrEqual(28);
  for (const seconds of [5, 60, 300, 600, 900, 1200, 3600, 7200, 10_800, 14_400, 21_600])
    expect(sweepOf('fixed')).toContain(`fixed:${seconds}`);
  expect(sweepOf('two-tier').length).toBeGreaterThan(250);
  expect(sweepOf('ski')).toEqual(expect.arrayContaining(['ski:1', 'ski:2000']));
});

test('an unknown policy is named, with those that are known', () => {
  const parsed = parsePolicy('crystal-ball:7');
  expect(parsed).toMatchObject({ ok: false });
  if (parsed.ok) return;
  expect(parsed.error).toContain('"crystal-ball"');
  for (const family of families) expect(parsed.error).toContain(family);
});

test.each([
  ['fixed', 'SECONDS must be a number from 0 to 31536000; it is missing'],
  ['fixed:', 'SECONDS must be a number from 0 to 31536000; got ""'],
  ['fixed:-5', 'got "-5"'],
  ['fixed:1e3', 'got "1e3"'],
  ['fixed:NaN', 'got "NaN"'],
  ['fixed:Infinity', 'got "Infinity"'],
  ['fixed:60:70', 'policy fixed takes at most 1, not 2: write fixed:SECONDS'],
  ['two-tier:60', 'TOTAL must be a number'],
  ['zero:1', 'policy zero takes no parameter'],
  ['kpa:5', 'WINDOW_S must be a number from 6 to 86400; got "5"'],
  ['histogram:101', 'TAIL_PCT must be a number from 5 to 100'],
  ['faascache:1.5', 'CAP must be a whole number from 1 to 1000000; got "1.5"'],
  ['static:often', 'REPLICAS must be a whole number from 0 to 10000, or peak; got "often"'],
  ['static:constructor', 'got "constructor"'],
  ['seasonal:1.1', 'P must be a number from 0 to 1'],
  ['mpc:1000001', 'GAMMA must be a number from 0 to 1000000'],
])('%s is refused: %s', (spec, words) => {
  const parsed = parsePolicy(spec);
  expect(parsed).toMatchObject({ ok: false });
  if (!parsed.ok) expect(parsed.error).toContain(words);
});

test('help has one line for each family', () => {
  for (const { usage, help } of listPolicies()) {
    expect(help).not.toContain('\n');
    expect(`${usage} ${help}`.length).toBeLessThan(150);
  }
});
