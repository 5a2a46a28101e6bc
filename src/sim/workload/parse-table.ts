// Reads small CSV tables (loads, request rates): finds the columns that are needed, whatever others there are. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import { csvFault, type CsvFault } from './csv-fault.ts';
import { readNumber } from './csv-number.ts';

/** The largest table known has 100,000 rows; its cells are kept as strings while it is read. */
const tableRowsMax = 2_000_000;

export interface CsvTable {
  readonly rows: readonly CsvRow[];
}

/** A row's fields by column name, with checks that name line and column. */
export class CsvRow {
  readonly line: number;
  private readonly cells: readonly string[];
  private readonly columns: ReadonlyMap<string, number>;

  constructor(line: number, cells: readonly string[], columns: ReadonlyMap<string, number>) {
    this.line = line;
    this.cells = cells;
    this.columns = columns;
  }

  text(column: string): string {
    return this.cells[this.columns.get(column) ?? -1] ?? '';
  }

  /** The number in a column when it lies in [min, max]. */
  number(column: string, min: number, max: number): Result<number, CsvFault> {
    const found = this.text(column);
    const value = readNumber(found);
    if (typeof value === 'string')
      return err(this.fault(column, value, `give a number from ${min} to ${max}`));
    if (value < min || value > max)
      return err(this.fault(column, 'is out of bounds', `give a number from ${min} to ${max}`));
    return ok(value);
  }

  fault(column: string, problem: string, advice: string): CsvFault {
    return csvFault({ line: this.line, field: column, problem, found: this.text(column), advice });
  }
}

/** Every row has as many fields as the header; `needed` columns may stand in any order. */
export function parseTable(text: string, needed: readonly string[]): Result<CsvTable, CsvFault> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const header = lines[0] ?? '';
  if (header.trim() === '')
    return err(tableFault('is empty', `the first line must name the columns ${needed.join(',')}`));
  const names = header.split(',');
  const missing = needed.find((name) => !names.includes(name));
  if (missing !== undefined)
    return err(
      csvFault({
        line: 1,
        field: missing,
        problem: `lacks the column ${missing}`,
        found: header,
        advice: `the first line must name the columns ${needed.join(',')}`,
      }),
    );
  if (lines.length === 1) return err(tableFault('has a header but no rows', 'give at least one row'));
  if (lines.length - 1 > tableRowsMax)
    return err(tableFault('is too long', `a table has at most ${tableRowsMax} rows`));
  const columns = new Map(names.map((name, at) => [name, at]));
  const rows: CsvRow[] = [];
  for (const [at, line] of lines.entries()) {
    if (at === 0) continue;
    const cells = line.split(',');
    if (cells.length !== names.length)
      return err(
        csvFault({
          line: at + 1,
          field: 'row',
          problem: `has ${cells.length} fields instead of ${names.length}`,
          found: line,
          advice: `each row is ${header}`,
        }),
      );
    rows.push(new CsvRow(at + 1, cells, columns));
  }
  return ok({ rows });
}

function tableFault(problem: string, advice: string): CsvFault {
  return csvFault({ line: 0, field: 'file', problem, found: '', advice });
}
