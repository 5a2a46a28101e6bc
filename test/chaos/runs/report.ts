// What the command prints, writes as JSON, and puts into docs/results/runs.md. A zero is printed with the rate that it bounds: 0 of n bounds
// it at 3/n with 95 % confidence.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Check } from '../../../src/cli/checks.ts';
import type { Tally } from './epoch.ts';
import { promises, type Findings, type PromiseId } from './findings.ts';

export function checksOf(findings: Findings, ids: readonly PromiseId[]): readonly Check[] {
  return ids.map((id): Check => {
    const [value, n] = [findings.brokenIn(id), findings.lookedAt(id)];
    return {
      id,
      value,
      bar: 0,
      op: '<=',
      ok: value === 0 && n > 0,
      n,
      note: `${boundOf(value, n)}; ${promises[id]}`,
    };
  });
}

/** A number that has to be reached for the zeros to mean something. */
export function floorCheck(id: string, value: number, bar: number, note: string): Check {
  return { id, value, bar, op: '>=', ok: value >= bar, n: value, note };
}

function boundOf(value: number, n: number): string {
  if (n === 0) return 'nothing was looked at';
  return value === 0 ? `0 of n bounds the rate at ${percent(3 / n)} (95 %)` : percent(value / n);
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`;
}

export function sayTally({ kills, runs, refusals, ...rest }: Tally): readonly string[] {
  const { replica, agent, worker } = kills.kills;
  const count = replica + agent + worker;
  const list = (counts: ReadonlyMap<string, number>): string =>
    counts.size === 0 ? 'none' : [...counts].map(([code, times]) => `${code} ${times}`).join(', ');
  return [
    `${count} SIGKILLs: ${worker} Workers, ${replica} model servers, ${agent} agents; ${(kills.underWaySum / Math.max(1, count)).toFixed(1)} requests and runs under way at a kill (mean); slowest return ${kills.slowestBackMs} ms`,
    `${runs.accepted} runs judged: ${runs.completed} completed, ${runs.cancelled} cancelled by command, failed and said so: ${list(runs.failures)}`,
    `${rest.acknowledged} session messages acknowledged after ${rest.retries} repeated sends; refusals: ${list(refusals)}`,
    `${rest.followers} followers, ${rest.bytes} bytes, ${rest.cuts} connections cut by the client (${runs.places.inLine} in the middle of a line, ${runs.places.inCharacter} of a character), ${rest.breaks} by a kill or an end`,
  ];
}

export function renderResults(parts: {
  readonly command: string;
  readonly lines: readonly string[];
  readonly checks: readonly Check[];
}): string {
  const rows = parts.checks.map(
    ({ id, value, n, op, bar, note }) =>
      `| \`${id}\` | ${value} | ${op === '>=' ? `at least ${String(bar)}` : n} | ${note} |`,
  );
  const facts = parts.lines.map((line) => `- ${line}`);
  const head = ['| check | value | n | |', '| --- | --- | --- | --- |'];
  return [`\`${parts.command}\``, '', ...facts, '', ...head, ...rows].join('\n');
}

export interface PlantRow {
  readonly name: string;
  readonly kills: number;
  readonly histories: number;
  readonly broken: readonly { readonly id: string; readonly value: number }[];
  readonly caught: boolean;
}

/** Puts a row for each into the file's table; what other runs have found stays. */
export function writePlants(file: string, rows: readonly PlantRow[]): void {
  const lines = new Map<string, string>();
  for (const line of readSection(file, 'plants').split('\n')) {
    const name = /^\| `([^`]+)`/.exec(line)?.[1];
    if (name !== undefined) lines.set(name, line);
  }
  for (const row of rows) lines.set(row.name, renderPlant(row));
  const head = ['| bug | caught | after | found |', '| --- | --- | --- | --- |'];
  writeSection(file, 'plants', [...head, ...lines.values()].join('\n'));
}

function renderPlant({ name, kills, histories, broken, caught }: PlantRow): string {
  const after = kills > 0 ? `${kills} kills` : `${histories} histories`;
  const found = broken.map(({ id, value }) => `\`${id}\` ${value}`).join(', ');
  return `| \`${name}\` | ${caught ? 'yes' : 'NO'} | ${after} | ${found} |`;
}

/** Puts the text between the file's markers of this name; whatever else is in the file stays. */
export function writeSection(file: string, name: string, text: string): void {
  const { before, after } = splitAt(file, name);
  writeFileSync(file, `${before}\n\n${text}\n\n${after}`);
}

export function readSection(file: string, name: string): string {
  return splitAt(file, name).inside;
}

function splitAt(file: string, name: string): { before: string; inside: string; after: string } {
  const [begin, end] = [`<!-- ${name}: written by the command -->`, `<!-- end of ${name} -->`];
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (!text.includes(begin) || to < from) throw new Error(`${file} has no place for ${name}`);
  return { before: text.slice(0, from), inside: text.slice(from, to), after: text.slice(to) };
}
