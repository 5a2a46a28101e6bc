// What the tests of all implementations came to, as a table and as checks. Pure.
import type { Check } from '../../src/cli/checks.ts';
import { groupOf, groups, type Group, type Implementation } from './implementations.ts';

/** One test, as vitest's JSON reporter tells it. */
export interface TestOutcome {
  /** Of the describe blocks around it. */
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

export interface Cell {
  readonly passed: number;
  readonly failed: number;
  /** Skipped by name, with the reason why they do not apply. */
  readonly apart: number;
}

export interface Row {
  readonly name: string;
  /** Null: its suites were not run. `broken`: why a file gave no tests. */
  readonly cells: ReadonlyMap<Group, Cell>;
  readonly broken: readonly string[];
  readonly failures: readonly string[];
}

const none: Cell = { passed: 0, failed: 0, apart: 0 };

export function makeRow(
  { name }: Pick<Implementation, 'name'>,
  outcomes: readonly TestOutcome[],
  broken: readonly string[],
): Row {
  const cells = new Map<Group, Cell>();
  const failures: string[] = [];
  for (const { ancestorTitles, title, status } of outcomes) {
    const group = groupOf(ancestorTitles);
    const cell = cells.get(group) ?? none;
    if (status === 'passed') cells.set(group, { ...cell, passed: cell.passed + 1 });
    else if (status === 'failed') {
      cells.set(group, { ...cell, failed: cell.failed + 1 });
      failures.push([...ancestorTitles, title].join(' > '));
    } else cells.set(group, { ...cell, apart: cell.apart + 1 });
  }
  return { name, cells, broken, failures };
}

/** Each cell: tests that passed, `/n` that do not apply here, `!n` that failed. */
export function renderMatrix(rows: readonly Row[]): string {
  const head = ['', ...groups];
  const lines = [head, ...rows.map((row) => [row.name, ...groups.map((group) => renderCell(row, group))])];
  const widths = head.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const table = lines.map((line) =>
    line
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const legend = 'n = passed, /n = do not apply here (each by name, with its reason), !n = failed';
  const told = rows.flatMap(({ name, broken, failures }) => [
    ...broken.map((why) => `${name}: ${why}`),
    ...failures.map((title) => `${name}: failed: ${title}`),
  ]);
  return [...table, '', legend, ...told].join('\n');
}

export function renderCell({ cells }: Row, group: Group): string {
  const cell = cells.get(group);
  if (cell === undefined) return '-';
  const { passed, failed, apart } = cell;
  return `${passed}${apart > 0 ? `/${apart}` : ''}${failed > 0 ? `!${failed}` : ''}`;
}

/** An implementation conforms when all of its files ran, something passed, and nothing failed. */
export function checkRow({ name, cells, broken }: Row): readonly Check[] {
  const sum = (count: (cell: Cell) => number): number =>
    [...cells.values()].reduce((total, cell) => total + count(cell), 0);
  const passed = sum((cell) => cell.passed);
  const failed = sum((cell) => cell.failed) + broken.length;
  const apart = sum((cell) => cell.apart);
  const note = `${passed} passed, ${apart} do not apply${broken.length > 0 ? `; ${broken.join('; ')}` : ''}`;
  return [
    {
      id: `conformance.${name}.failed`,
      value: failed,
      bar: 0,
      op: '<=',
      ok: failed === 0,
      n: passed + failed,
      note,
    },
    {
      id: `conformance.${name}.passed`,
      value: passed,
      bar: 1,
      op: '>=',
      ok: passed >= 1,
      n: passed + failed,
      note,
    },
  ];
}
