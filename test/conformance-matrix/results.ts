// What the command has found, as the tables of docs/results/conformance.md: a row for each implementation and one for each planted bug, each
// with the sources and the day that it is of. Rows of other runs stay.
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Check } from '../../src/cli/checks.ts';
import { readSection, writeSection } from '../chaos/runs/report.ts';
import { commit } from '../rig/report.ts';
import { groups } from './implementations.ts';
import { renderCell, type Row } from './matrix.ts';
import { project } from './run-suites.ts';

/** A row by its name, which is its first cell. */
type Cells = readonly [name: string, ...rest: string[]];

export function writeRows(file: string, rows: readonly Row[]): void {
  const cells = rows.map((row): Cells => {
    const reason = row.notRun === null ? '' : `not run: ${row.notRun}; `;
    return [row.name, ...groups.map((group) => renderCell(row, group)), `${reason}${of()}`];
  });
  writeTable(file, 'matrix', ['', ...groups, 'of'], cells);
}

export function writeCaught(file: string, checks: readonly Check[]): void {
  const cells = checks.map(({ id, ok, note }): Cells => [
    id.replace(/^plants\./, ''),
    ok ? 'yes' : '**no**',
    note,
    of(),
  ]);
  writeTable(file, 'plants', ['bug', 'caught', 'what, and by which test', 'of'], cells);
}

/** Why the tables cannot be written there, to be told before the work and not after it; null = they can. */
export function whyNoPlace(file: string | null): string | null {
  if (file === null) return null;
  try {
    for (const section of ['matrix', 'plants']) readSection(file, section);
    return null;
  } catch (cause) {
    return `--out wants a page like docs/results/conformance.md: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** The table with these rows in the places of those of the same names, or behind all others. */
export function mergeTable(before: string, head: readonly string[], rows: readonly Cells[]): string {
  const lines = new Map<string, string>();
  for (const line of before.split('\n')) {
    const name = /^\| `([^`]+)`/.exec(line)?.[1];
    if (name !== undefined) lines.set(name, line);
  }
  for (const [name, ...rest] of rows) lines.set(name, line([`\`${name}\``, ...rest]));
  return [line(head), line(head.map(() => '---')), ...lines.values()].join('\n');
}

function writeTable(file: string, section: string, head: readonly string[], rows: readonly Cells[]): void {
  writeSection(file, section, mergeTable(readSection(file, section), head, rows));
  format(file);
}

/** As the project's check wants it. */
function format(file: string): void {
  const formatter = join(project, 'node_modules/oxfmt/bin/oxfmt');
  const args = [formatter, '--config', join(project, '.oxfmtrc.json'), resolve(file)];
  execFileSync(process.execPath, args, { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
}

function line(cells: readonly string[]): string {
  const plain = cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll('\n', ' '));
  return `| ${plain.join(' | ')} |`;
}

function of(): string {
  return `${commit()}, ${new Date().toISOString().slice(0, 10)}`;
}
