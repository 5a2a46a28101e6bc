// What the rig writes: a section per scenario into docs/results/reliability.md, and one row per planted bug. The markers, and what stands
// between them, are those of the chaos runs.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { Check } from '../../src/cli/checks.ts';
import { readSection, writeSection } from '../chaos/runs/report.ts';

export interface ScenarioReport {
  readonly name: string;
  readonly command: string;
  readonly facts: readonly string[];
  readonly checks: readonly Check[];
  readonly seconds: number;
}

export function writeScenario(file: string, report: ScenarioReport): void {
  writeSection(file, report.name, renderScenario(report));
}

function renderScenario({ command, facts, checks, seconds }: ScenarioReport): string {
  const rows = checks.map(
    ({ id, value, op, bar, ok, n, note }) =>
      `| \`${id}\` | ${show(value)} | ${bar === null ? '' : `${op === '>=' ? 'at least' : 'at most'} ${bar}`} | ${bar === null ? '' : ok ? 'yes' : '**no**'} | ${n} | ${note} |`,
  );
  const machine = `${seconds.toFixed(0)} s on ${cpus().length} cores, node ${process.version}, commit ${commit()}`;
  const head = ['| check | value | bar | met | n | |', '| --- | --- | --- | --- | --- | --- |'];
  return [`\`${command}\``, '', ...[...facts, machine].map((line) => `- ${line}`), '', ...head, ...rows].join(
    '\n',
  );
}

export interface PlantReport {
  readonly scenario: string;
  readonly plant: string;
  readonly isCaught: boolean;
  readonly missed: readonly Check[];
}

/** Rows of other scenarios and plants stay as they are. */
export function writePlant(file: string, { scenario, plant, isCaught, missed }: PlantReport): void {
  const lines = new Map<string, string>();
  for (const line of readSection(file, 'plants').split('\n')) {
    const name = /^\| `([^`]+)` \| `([^`]+)`/.exec(line);
    if (name !== null) lines.set(`${name[1]} ${name[2]}`, line);
  }
  const found = missed.map(({ id, value, bar }) => `\`${id}\` ${show(value)} (bar ${bar})`).join(', ');
  lines.set(
    `${scenario} ${plant}`,
    `| \`${scenario}\` | \`${plant}\` | ${isCaught ? 'yes' : 'NO'} | ${found} |`,
  );
  const head = ['| scenario | planted | caught | found |', '| --- | --- | --- | --- |'];
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  writeSection(file, 'plants', [...head, ...sorted].join('\n'));
}

function show(value: number): string {
  return Number.isFinite(value) ? String(value) : 'none';
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
