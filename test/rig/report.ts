// What the rig writes: a section per scenario into docs/results/reliability.md, and one row per planted bug. The markers, and what stands
// between them, are those of the chaos runs.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { Check } from '../../src/cli/checks.ts';
import { readSection, writeSection } from '../chaos/runs/report.ts';
import { percent } from './load/tally.ts';
import { isMeant, type RigPlant } from './scenario.ts';

export interface ScenarioReport {
  readonly name: string;
  readonly plants: Readonly<Record<string, RigPlant>>;
  readonly command: string;
  readonly facts: readonly string[];
  readonly checks: readonly Check[];
  readonly seconds: number;
}

/** What is between the markers of other scenarios stays as it is. */
export function writeScenario(file: string, report: ScenarioReport): void {
  const machine = `emulated GPUs (paced processes); ${report.seconds.toFixed(0)} s on ${cpus().length} cores, node ${process.version}`;
  const when = new Date().toISOString().slice(0, 10);
  writeSection(
    file,
    report.name,
    renderScenario(report, `\`${report.command}\`, commit ${commit()}, ${when}; ${machine}`),
  );
}

export function renderScenario(
  { plants, facts, checks }: Pick<ScenarioReport, 'plants' | 'facts' | 'checks'>,
  origin: string,
): string {
  const rows = checks.map((check) => {
    const { id, value, op, bar, ok, n, note } = check;
    const meaning = bar === null ? '' : `${op === '>=' ? 'at least' : 'at most'} ${bar}`;
    const met = bar === null ? '' : ok ? 'yes' : '**no**';
    const planted = Object.keys(plants).filter((name) => {
      const plant = plants[name];
      return plant !== undefined && isMeant(plant, id);
    });
    const bugs = planted.map((name) => `\`${name}\``).join(', ');
    return `| \`${id}\` | ${show(value)} | ${meaning} | ${met} | ${n} | ${boundOfZero(check)} | ${bugs} | ${cell(note)} |`;
  });
  const head = [
    '| check | value | bar | met | n | bound (95 %) | planted bug | |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  return [origin, '', ...facts.map((line) => `- ${cell(line)}`), '', ...head, ...rows].join('\n');
}

/** 0 of n bounds a rate at 3/n; for other values there is nothing to bound. */
function boundOfZero({ value, bar, op, n }: Check): string {
  return value === 0 && bar === 0 && op === '<=' && n > 0 ? percent(3 / n) : '';
}

export interface PlantReport {
  readonly scenario: string;
  readonly plant: string;
  readonly isCaught: boolean;
  /** Those that caught it. */
  readonly missed: readonly Check[];
}

/** Rows of other scenarios and plants stay as they are. */
export function writePlant(file: string, report: PlantReport): void {
  writeSection(file, 'plants', mergePlant(readSection(file, 'plants'), report));
}

export function mergePlant(before: string, { scenario, plant, isCaught, missed }: PlantReport): string {
  const lines = new Map<string, string>();
  for (const line of before.split('\n')) {
    // The formatter has widened the cells of those that it has seen.
    const name = /^\| *`([^`]+)` *\| *`([^`]+)`/.exec(line);
    if (name !== null) lines.set(`${name[1]} ${name[2]}`, line);
  }
  const found = missed.map(({ id, value, bar }) => `\`${id}\` ${show(value)} (bar ${bar})`).join(', ');
  lines.set(
    `${scenario} ${plant}`,
    `| \`${scenario}\` | \`${plant}\` | ${isCaught ? 'yes' : '**no**'} | ${found} |`,
  );
  const head = ['| scenario | planted | caught | found |', '| --- | --- | --- | --- |'];
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return [...head, ...sorted].join('\n');
}

function show(value: number): string {
  return Number.isFinite(value) ? String(value) : 'none';
}

/** A bar would end a cell of the table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Of the sources that run; `-dirty` where they are not all committed. Pages of results are none: each run writes into them. */
export function commit(): string {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  try {
    const changes = git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      ':/',
      ':(top,exclude)docs/results',
    );
    return `${git('describe', '--always')}${changes === '' ? '' : '-dirty'}`;
  } catch {
    return 'unknown';
  }
}
