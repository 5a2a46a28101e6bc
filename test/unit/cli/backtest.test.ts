// `npm run backtest`: bad input is one clear line and exit code 2; good input gives tables, checks and pictures.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { backtestHelp } from '../../../src/cli/backtest/backtest-help.ts';
import { readBacktestOptions } from '../../../src/cli/backtest/backtest-options.ts';
import { forecasterNames } from '../../../src/core/demand/forecasters/forecaster-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-backtest-'));
afterAll(() => rmSync(folder, { recursive: true }));
const program = join(import.meta.dirname, '../../../src/cli/backtest.ts');
const run = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

const complain = (...args: readonly string[]): string => {
  const options = readBacktestOptions(args);
  return options.ok ? 'nothing is wrong' : options.error;
};

describe('options', () => {
  test.each<readonly [readonly string[], RegExp]>([
    [
      ['--forecaster', 'magic'],
      /^--forecaster: there is no forecaster "magic", there are last-value, .*ensemble$/,
    ],
    [['--pools', '-1'], /--pools/],
    [['--pools', '1.5'], /--pools/],
    [['--pools', 'many'], /--pools/],
    [['--seed', '-1'], /--seed/],
    [['--counts', 'a.csv', '--replay', 'b.csv'], /^--counts stands alone/],
    [['--horizon', '5'], /--horizon/],
    [['stray'], /stray/],
  ])('%j is refused in one line', (args, expected) => {
    expect(complain(...args)).toMatch(expected);
    expect(complain(...args)).not.toContain('\n');
  });

  test('all forecasters by default, each once', () => {
    const all = readBacktestOptions([]);
    expect(all.ok && all.value.forecasters).toEqual(forecasterNames);
    const twice = readBacktestOptions(['--forecaster', 'seasonal', '--forecaster', 'seasonal']);
    expect(twice.ok && twice.value.forecasters).toEqual(['seasonal']);
  });

  test('the help names every option and forecaster', () => {
    for (const word of [
      '--replay',
      '--history',
      '--counts',
      '--forecaster',
      '--pools',
      '--json',
      '--svg',
      '--seed',
      ...forecasterNames,
    ])
      expect(backtestHelp).toContain(word);
  });
});

describe('the command itself', () => {
  test.each<readonly [readonly string[], RegExp]>([
    [['--forecaster', 'magic'], /^backtest: --forecaster: there is no forecaster "magic".*\n$/],
    [['--replay', join(folder, 'missing.csv')], /^backtest: .*missing\.csv.*\n$/],
    [['--counts', join(folder, 'missing.csv')], /^backtest: --counts: .*missing\.csv.*\n$/],
    [['--history', join(folder, 'missing.csv')], /^backtest: --history needs --replay FILE.*\n$/],
    [['--svg', join(folder, 'nowhere')], /^backtest: --svg .*nowhere: is not a folder.*\n$/],
  ])('%j: one line on standard error and exit code 2', (args, expected) => {
    const { status, stdout, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(expected);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stdout).toBe('');
  });

  test('a small series of counts: tables, checks, pictures', () => {
    const counts = join(folder, 'counts.csv');
    const rows = Array.from({ length: 2 * 288 }, (_, at) => `${300 * at},${at % 24}`);
    writeFileSync(counts, `t_s,requests\n${rows.join('\n')}\n`);
    const json = join(folder, 'out.json');
    const { status, stdout } = run(
      '--counts',
      counts,
      '--forecaster',
      'last-value',
      '--forecaster',
      'ensemble',
      '--json',
      json,
      '--svg',
      folder,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/all pools as one, next 10m: 144 forecasts/);
    expect(stdout).not.toMatch(/NaN|undefined/);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['bands-10m.svg', 'bands-1h.svg', 'calibration-total-1h.svg']),
    );
    const written = JSON.parse(readFileSync(json, 'utf8')) as { checks: unknown[]; scores: unknown[] };
    expect(written.scores).toHaveLength(2 * 2);
    expect(written.checks.length).toBeGreaterThan(0);
  });
});
