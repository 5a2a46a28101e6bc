// Pairing the commands of two runs: by pool and in order, within a tolerance; what is left over is told apart.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CommandTimes } from '../../../../src/sim/conformance/command-times.ts';
import { matchCommands } from '../../../../src/sim/conformance/match-commands.ts';
import type { GivenCommand } from '../../../../src/sim/conformance/pool-command.ts';

const given = (
  command: GivenCommand['command'],
  replica: number,
  askedMs: number,
  pool = 'p',
): GivenCommand => ({
  pool,
  command,
  replicaId: `${pool}-${replica}`,
  generation: replica,
  askedMs,
  doneMs: askedMs + 100,
});

const commands = fc.array(
  fc
    .tuple(
      fc.constantFrom('start', 'park', 'wake', 'stop'),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 50 }),
      fc.constantFrom('p', 'q'),
    )
    .map(([command, replica, at, pool]) => given(command, replica, at, pool)),
  { maxLength: 40 },
);

test('a run agrees with itself', () => {
  fc.assert(
    fc.property(commands, (run) => {
      const match = matchCommands(run, run, 0);
      expect(match).toMatchObject({ matched: run.length, mismatchShare: 0, mismatches: [] });
    }),
  );
});

test('every command is matched or a mismatch, whatever the two runs are', () => {
  fc.assert(
    fc.property(commands, commands, (real, twin) => {
      const { matched, mismatches } = matchCommands(real, twin, 10);
      const count = (what: string): number => mismatches.filter((each) => each.what === what).length;
      expect(matched + count('other-time') + count('only-real')).toBe(real.length);
      expect(matched + count('other-time') + count('only-twin')).toBe(twin.length);
    }),
  );
});

test('what comes later by the tolerance is matched, by more it is not, and the message says by how much', () => {
  const twin = [given('start', 1, 0), given('park', 1, 1_000)];
  expect(matchCommands([given('start', 1, 250), given('park', 1, 1_000)], twin, 250).mismatchShare).toBe(0);
  const late = matchCommands([given('start', 1, 251), given('park', 1, 1_000)], twin, 250);
  expect(late.mismatches).toMatchObject([{ what: 'other-time', laterMs: 251 }]);
  expect(late.mismatchShare).toBe(0.5);
});

test('one that only one of them gave is named, and the others still pair', () => {
  const twin = [given('start', 1, 0), given('park', 1, 1_000), given('wake', 1, 2_000)];
  const real = [given('start', 1, 0), given('wake', 1, 2_000), given('stop', 1, 3_000)];
  const { matched, mismatches } = matchCommands(real, twin, 10);
  expect(matched).toBe(2);
  expect(mismatches.map(({ what, command }) => `${what} ${command.command}`)).toEqual([
    'only-real stop',
    'only-twin park',
  ]);
});

test('the same command takes its measured time; one that was never given takes the usual time of its kind, else the guess', () => {
  const measured = [
    { ...given('start', 1, 0), doneMs: 700 },
    { ...given('start', 2, 0), doneMs: 500 },
    { ...given('start', 3, 0), doneMs: 600 },
    { ...given('wake', 1, 800), doneMs: 830 },
    { ...given('wake', 1, 900), doneMs: 950 },
    { ...given('park', 1, 900), doneMs: null },
  ];
  const times = new CommandTimes(measured, { start: 1, park: 2, wake: 3, stop: 4 });
  const take = (command: GivenCommand['command'], generation: number): number =>
    times.take({ pool: 'p', command, generation });
  expect([take('start', 2), take('start', 9)]).toEqual([500, 600]);
  expect([take('wake', 1), take('wake', 1), take('wake', 1)]).toEqual([30, 50, 50]);
  expect([take('park', 1), take('stop', 1)]).toEqual([2, 4]);
});
