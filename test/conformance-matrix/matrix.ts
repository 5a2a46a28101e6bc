// What the tests of all implementations came to, as a table and as checks. Pure.
import { makeCheck, type Check } from '../../src/cli/checks.ts';
import { groupOf, groups, type Group, type Implementation } from './implementations.ts';

/** One test, as vitest's JSON reporter tells it. */
export interface TestOutcome {
  /** Of the describe blocks around it. */
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly failureMessages?: readonly string[] | undefined;
}

export interface Cell {
  readonly passed: number;
  readonly failed: number;
  /** Skipped by name, with the reason why they do not apply. */
  readonly apart: number;
}

export interface Row {
  readonly name: string;
  readonly cells: ReadonlyMap<Group, Cell>;
  /** Why a file gave no tests. */
  readonly broken: readonly string[];
  /** Why its suites were not run; null = they were. */
  readonly notRun: string | null;
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
  for (const outcome of outcomes) {
    const { ancestorTitles, status } = outcome;
    const group = groupOf(ancestorTitles);
    const cell = cells.get(group) ?? none;
    if (status === 'passed') cells.set(group, { ...cell, passed: cell.passed + 1 });
    else if (status === 'failed') {
      cells.set(group, { ...cell, failed: cell.failed + 1 });
      failures.push(tellFailure(outcome));
    } else cells.set(group, { ...cell, apart: cell.apart + 1 });
  }
  return { name, cells, broken, failures, notRun: null };
}

/** The test by its whole title, and the first line of what went wrong. */
export function tellFailure({ ancestorTitles, title, failureMessages = [] }: TestOutcome): string {
  const [why = ''] = failureMessages[0]?.split('\n') ?? [];
  return `${[...ancestorTitles, title].join(' > ')}: ${why}`;
}

/** A row that says why it is empty. */
export function makeEmptyRow({ name }: Pick<Implementation, 'name'>, notRun: string): Row {
  return { name, cells: new Map(), broken: [], failures: [], notRun };
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
  const told = rows.flatMap(({ name, broken, failures, notRun }) => [
    ...(notRun === null ? [] : [`${name}: not run: ${notRun}`]),
    ...broken.map((why) => `${name}: ${why}`),
    ...failures.map((title) => `${name}: failed: ${title}`),
  ]);
  return [...table, '', legend, ...told].join('\n');
}

export function renderCell({ cells, notRun }: Row, group: Group): string {
  if (notRun !== null) return group === groups[0] ? 'not run' : '-';
  const cell = cells.get(group);
  if (cell === undefined) return '-';
  const { passed, failed, apart } = cell;
  return `${passed}${apart > 0 ? `/${apart}` : ''}${failed > 0 ? `!${failed}` : ''}`;
}

/** What passed, does not apply and failed, in words. */
export function tellRow(row: Row): string {
  if (row.notRun !== null) return `not run: ${row.notRun}`;
  const { passed, failed, apart } = sumRow(row);
  return `${passed} passed, ${apart} do not apply${failed > 0 ? `, ${failed} FAILED` : ''}`;
}

function sumRow({ cells, broken }: Row): Cell {
  const sum = (count: (cell: Cell) => number): number =>
    [...cells.values()].reduce((total, cell) => total + count(cell), 0);
  return {
    passed: sum((cell) => cell.passed),
    failed: sum((cell) => cell.failed) + broken.length,
    apart: sum((cell) => cell.apart),
  };
}

/** An implementation conforms when all of its files ran, something passed, and nothing failed. What cannot be run here is a value without a
 * bar, which says so. */
export function checkRow(row: Row): readonly Check[] {
  const { name, broken, notRun } = row;
  if (notRun !== null) return [makeCheck(`conformance.${name}.passed`, 0, 0, tellRow(row))];
  const { passed, failed, apart } = sumRow(row);
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
