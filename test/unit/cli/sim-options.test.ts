// `npm run sim`: every bad input is one clear line that names the file, line, field or option; nothing runs before all is checked.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readCompareOptions } from '../../../src/cli/sim/compare-options.ts';
import { prepareSim } from '../../../src/cli/sim/prepare-sim.ts';
import { simHelp } from '../../../src/cli/sim/sim-help.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-sim-'));
afterAll(() => rmSync(folder, { recursive: true }));
const head = 't_s,function_or_model,tenant,exec_s';
const file = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};
const good = file('good.csv', head, '0,a,g,1', '5,b,g,2', '90000,a,h,3');
const base = ['--replay', good];

const complain = (args: readonly string[]): string => {
  const prepared = prepareSim(args);
  return prepared.ok ? 'nothing is wrong' : prepared.error;
};

describe('a trace that cannot be replayed', () => {
  test.each<readonly [string, readonly string[], RegExp]>([
    ['malformed', [head, '0,a,g'], /malformed\.csv line 2, exec_s: is missing: the row has 3 of 4 fields/],
    ['words', [head, '0,a,g,1', '1,a,g,soon'], /words\.csv line 3, exec_s: /],
    ['unsorted', [head, '9,a,g,1', '3,a,g,1'], /unsorted\.csv line 3, t_s: /],
    ['negative', [head, '0,a,g,-4'], /negative\.csv line 2, exec_s: is negative/],
    ['early', [head, '-1,a,g,4'], /early\.csv line 2, t_s: is negative/],
    ['gigantic', [head, '1e300,a,g,1'], /gigantic\.csv line 2, t_s: /],
    ['long', [head, '0,a,g,99999999'], /long\.csv line 2, exec_s: is absurdly large/],
    ['nameless', [head, '0,,g,1'], /nameless\.csv line 2, function_or_model: is empty/],
    ['rowless', [head], /rowless\.csv: has a header but no rows/],
    ['headless', ['0,a,g,1'], /headless\.csv line 1/],
    ['empty', [''], /empty\.csv: is empty/],
  ])('%s', (name, lines, expected) => {
    const path = file(`${name}.csv`, ...lines);
    expect(complain(['--replay', path, '--policy', 'fixed:60'])).toMatch(expected);
    expect(complain([...base, '--history', path, '--policy', 'fixed:60'])).toMatch(expected);
  });

  test('is not there, is a folder, or is not packed though it is called so', () => {
    expect(complain(['--replay', join(folder, 'no.csv'), '--policy', 'zero'])).toContain(
      'no.csv: there is no such file',
    );
    expect(complain(['--replay', folder, '--policy', 'zero'])).toContain('is a directory');
    expect(complain(['--replay', file('plain.csv.gz', head, '0,a,g,1'), '--policy', 'zero'])).toContain(
      'plain.csv.gz: ',
    );
  });

  test('a history without a replay', () => {
    expect(complain(['--history', good, '--policy', 'zero'])).toMatch(/^--history needs --replay/);
  });
});

describe('an option that cannot be', () => {
  test.each<readonly [readonly string[], RegExp]>([
    [[], /^no policy was given: --policy NAME/],
    [['--policy', 'magic'], /^--policy magic: unknown policy "magic"; known are ours, fixed, /],
    [['--policy', 'fixed'], /^--policy fixed: .*SECONDS.* is missing/],
    [['--policy', 'fixed:-3'], /SECONDS must be a number from 0/],
    [['--policy', 'fixed:1:2'], /at most 1/],
    [['--policy', 'ours:0'], /"ours:0": ours:GAMMA takes/],
    [['--policy', 'ours:-5'], /"ours:-5": ours:GAMMA takes/],
    [['--policy', 'ours:NaN'], /"ours:NaN": ours:GAMMA takes/],
    [['--policy', 'ours:40:without=luck'], /"luck" is none of age, /],
    [
      ['--policy', 'static:10000'],
      /^--policy static:10000: holds 10000 replicas in each of 2 pools, 20000 in all; at most/,
    ],
    [['--policy', 'two-tier:60:600'], /^--policy two-tier:60:600: needs a fleet that parks/],
    [['--policy', 'zero', '--gamma', '0'], /^--gamma must be a number above 0, .* not "0"/],
    [['--policy', 'zero', '--gamma', '-3'], /^--gamma must be .* not "-3"/],
    [['--policy', 'zero', '--gamma', 'NaN'], /^--gamma must be .* not "NaN"/],
    [['--policy', 'zero', '--gamma', '1e99'], /^--gamma must be .* not "1e99"/],
    [['--policy', 'zero', '--gamma', ''], /^--gamma must be .* not ""/],
    [['--policy', 'zero', '--load', '0'], /^--load: a load takes from 0.001 to 3600 seconds, not 0/],
    [['--policy', 'zero', '--load', '-2'], /^--load: a load takes .* not -2/],
    [['--policy', 'zero', '--load', 'NaN'], /^--load takes seconds or a file: NaN: there is no such file/],
    [['--policy', 'zero', '--park', '2'], /^--park takes SECONDS:FRACTION/],
    [['--policy', 'zero', '--park', '2:0'], /^--park 2:0: the price of a parked second must be above 0/],
    [
      ['--policy', 'zero', '--park', '2:1'],
      /^--park 2:1: the price of a parked second must be above 0 and below 1/,
    ],
    [['--policy', 'zero', '--park', '2:x'], /^--park 2:x: the price .* not "x"/],
    [['--policy', 'zero', '--park', '0:0.1'], /^--park must be a number above 0/],
    [['--policy', 'zero', '--park', '23:0.1'], /^--park 23:0.1: a wake of 23 s is no faster than a load/],
    [['--policy', 'zero', '--seed', '1.5'], /^--seed must be a whole number/],
    [['--policy', 'zero', '--workers', '0'], /^--workers must be a whole number from 1/],
    [['--policy', 'zero', '--queueing', 'fair'], /^--queueing must be own or shared, not "fair"/],
    [['--policy', 'fixed:60', '--sweep'], /^--policy fixed:60: --sweep chooses the parameters, write fixed/],
    [['--policy', 'magic', '--sweep'], /^--policy magic: unknown policy; known are/],
    [['--policy', 'zero', '--sweep', '--gamma', '3'], /^--gamma and --sweep exclude each other/],
    [['--policy', 'fixed', '--sweep', '--svg', 'a.svg'], /^--svg shows one policy at one point/],
    [['--policy', 'zero', '--speed', '2'], /^Unknown option '--speed'/],
    [['--policy', 'zero', 'stray'], /^Unexpected argument 'stray'/],
    [['--policy'], /^Option '--policy <value>' argument missing/],
  ])('%j', (args, expected) => {
    const line = complain([...base, ...args]);
    expect(line).toMatch(expected);
    expect(line).not.toContain('\n');
  });

  test('results that cannot be written are known before anything runs', () => {
    expect(complain([...base, '--policy', 'zero', '--json', join(folder, 'no', 'a.json')])).toMatch(
      /^--json .*there is no folder/,
    );
    expect(complain([...base, '--policy', 'zero', '--svg', folder])).toMatch(/^--svg .*is a directory/);
  });

  test.each<readonly [readonly string[], RegExp]>([
    [['--families', 'fixed,magic'], /^--families: unknown policy "magic"/],
    [['--only'], /^--only leaves out the comparison itself/],
    [['--park', '2:0'], /^--park 2:0: /],
    [['--name', 'a b'], /^--name takes letters/],
  ])('of the comparison: %j', (args, expected) => {
    const read = readCompareOptions(args);
    expect(read.ok ? 'nothing is wrong' : read.error).toMatch(expected);
  });
});

test('a comparison shows the command that made it without places of this machine or where results go', () => {
  const read = readCompareOptions([
    '--replay',
    good,
    '--load=7',
    '--json',
    join(folder, 'a.json'),
    '--workers=2',
    '--quick',
  ]);
  expect(read).toMatchObject({
    ok: true,
    value: { command: 'npm run sim:compare -- --replay good.csv --load=7 --quick', name: 'good' },
  });
});

test('the help names every option and every kind of policy', () => {
  for (const word of [
    '--replay',
    '--history',
    '--load',
    '--park',
    '--gamma',
    '--sweep',
    '--json',
    'ours',
    'two-tier:HOT:TOTAL',
    'mpc',
  ])
    expect(simHelp).toContain(word);
});

test('the command itself: bad input is one line on standard error and exit code 2', () => {
  const program = join(import.meta.dirname, '../../../src/cli/sim.ts');
  const run = spawnSync(process.execPath, [program, '--policy', 'magic'], { encoding: 'utf8' });
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/^sim: --policy magic: unknown policy "magic"; .*\n$/);
  expect(run.stdout).toBe('');
});
