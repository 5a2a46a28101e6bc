// Reads a workload in the replay format (CSV `t_s,function_or_model,tenant,exec_s`, sorted by `t_s`) from text. Owns every check on it
// and the words for each fault; where the text comes from is src/cli/sim/read-workload.ts. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import { csvFault, type CsvFault } from '../workload/csv-fault.ts';
import { readNumber, readPlainThousandfold } from '../workload/csv-number.ts';
import { GrowingColumns } from '../workload/growing-columns.ts';
import type { Workload } from './workload.ts';

/** A workload whose names are those of the tables it was parsed with, and grow with them. */
export type ParsedReplay = Workload;
export type ReplayFault = CsvFault;

export const replayColumns = ['t_s', 'function_or_model', 'tenant', 'exec_s'] as const;
export const replayHeader = replayColumns.join(',');
export const dayMs = 86_400_000;

/** Four columns of this many rows are 240 MB, what a small machine can hold beside a simulator. */
export const replayRowsMax = 10_000_000;
/** A policy keeps a few KB of state for each pool. */
export const replayPoolsMax = 100_000;
const limitsDefault: ReplayLimits = { rowsMax: replayRowsMax, poolsMax: replayPoolsMax };
/** Names are printed in tables and kept for every pool and tenant. */
export const nameCharsMax = 200;
/** Requests of more than a week and traces of more than a year are slips of a unit: ms for seconds, or seconds since 1970. */
const execMsMax = 7 * dayMs;
const arrivalMsMax = 400 * dayMs;

export interface ReplayLimits {
  readonly rowsMax: number;
  readonly poolsMax: number;
}

interface NameTable {
  readonly names: string[];
  readonly indexByName: Map<string, number>;
}

/** Names by index, shared by the files of one comparison so that an index means the same in all of them. */
export interface ReplayTables {
  readonly pools: NameTable;
  readonly tenants: NameTable;
}

export function makeReplayTables(): ReplayTables {
  return {
    pools: { names: [], indexByName: new Map() },
    tenants: { names: [], indexByName: new Map() },
  };
}

/** Parses a whole file; names new to `tables` are added to it, also when a later line turns out to be faulty. */
export function parseReplay(
  text: string,
  tables: ReplayTables = makeReplayTables(),
  limits: ReplayLimits = limitsDefault,
): Result<ParsedReplay, ReplayFault> {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const rowsAt = skipHeader(body);
  if (typeof rowsAt !== 'number') return err(rowsAt);
  const reader = new RowReader(body, tables, limits);
  let at = rowsAt;
  while (at < body.length) {
    const fault = reader.read(at);
    if (fault !== null) return err(fault);
    at = reader.nextAt;
  }
  if (reader.count === 0)
    return err(fileFault('has a header but no rows', 'give at least one request per file'));
  return ok(reader.finish());
}

function fileFault(problem: string, advice: string): ReplayFault {
  return csvFault({ line: 0, field: 'file', problem, found: '', advice });
}

/** Where the first row begins, or why the header is not one. */
function skipHeader(text: string): number | ReplayFault {
  if (text.trim() === '') return fileFault('is empty', `the first line must be ${replayHeader}`);
  const newline = text.indexOf('\n');
  const end = newline === -1 ? text.length : newline;
  const header = text.slice(0, end).replace(/\r$/, '');
  if (header === replayHeader) return end + 1;
  const columns = header.split(',');
  const missing = replayColumns.find((name) => !columns.includes(name));
  const problem =
    missing === undefined
      ? 'has other columns, or in another order'
      : columns.some((column) => /^[0-9.]+$/.test(column))
        ? 'is missing: the first line is a row already'
        : `lacks the column ${missing}`;
  return csvFault({
    line: 1,
    field: missing ?? 'header',
    problem,
    found: header,
    advice: `the first line must be ${replayHeader}`,
  });
}

/** Walks the text by searching for commas and line ends; no row becomes an object or an array of strings. */
class RowReader {
  nextAt = 0;
  private readonly columns = new GrowingColumns();
  private line = 1;
  private lastMs = 0;
  private readonly text: string;
  private readonly tables: ReplayTables;
  private readonly limits: ReplayLimits;

  constructor(text: string, tables: ReplayTables, limits: ReplayLimits) {
    this.text = text;
    this.tables = tables;
    this.limits = limits;
  }

  get count(): number {
    return this.columns.count;
  }

  /** Reads the row that begins at `at`; null when all is well. */
  read(at: number): ReplayFault | null {
    const { text } = this;
    const end = this.openLine(at);
    const comma1 = text.indexOf(',', at);
    const comma2 = comma1 === -1 ? -1 : text.indexOf(',', comma1 + 1);
    const comma3 = comma2 === -1 ? -1 : text.indexOf(',', comma2 + 1);
    const beyond = comma3 === -1 ? -1 : text.indexOf(',', comma3 + 1);
    if (comma3 === -1 || comma3 >= end || (beyond !== -1 && beyond < end)) return this.countFault(at, end);
    if (this.count === this.limits.rowsMax) return this.rowsFault();

    const arrivalMs = this.readMs(at, comma1, 't_s', arrivalMsMax);
    if (typeof arrivalMs !== 'number') return arrivalMs;
    if (arrivalMs < this.lastMs) return this.orderFault(at, comma1);
    const pool = this.indexOf(text.slice(comma1 + 1, comma2), 'function_or_model');
    if (typeof pool !== 'number') return pool;
    const tenant = this.indexOf(text.slice(comma2 + 1, comma3), 'tenant');
    if (typeof tenant !== 'number') return tenant;
    const execMs = this.readMs(comma3 + 1, end, 'exec_s', execMsMax);
    if (typeof execMs !== 'number') return execMs;

    this.lastMs = arrivalMs;
    this.columns.append(arrivalMs, pool, tenant, execMs);
    return null;
  }

  finish(): ParsedReplay {
    return {
      pools: this.tables.pools.names,
      tenants: this.tables.tenants.names,
      ...this.columns.finish(),
      endMs: (Math.floor(this.lastMs / dayMs) + 1) * dayMs,
    };
  }

  /** Counts the line and notes where the next one begins; gives where this one's text ends. */
  private openLine(at: number): number {
    this.line += 1;
    const newline = this.text.indexOf('\n', at);
    const end = newline === -1 ? this.text.length : newline;
    this.nextAt = end + 1;
    return end > at && this.text.charCodeAt(end - 1) === 13 ? end - 1 : end;
  }

  /** Seconds in text[from, to) as ms within [0, maxMs]. */
  private readMs(from: number, to: number, field: string, maxMs: number): number | ReplayFault {
    const plain = readPlainThousandfold(this.text, from, to);
    if (plain <= maxMs) return plain;
    const found = this.text.slice(from, to);
    const value = readNumber(found);
    const must = `give seconds from 0 to ${maxMs / 1000} as digits with a point`;
    if (typeof value === 'string') return this.fault(field, value, found, must);
    if (value < 0) return this.fault(field, 'is negative', found, must);
    if (value * 1000 > maxMs)
      return this.fault(field, 'is absurdly large', found, `${must}; is it in another unit?`);
    return value * 1000;
  }

  /** The index of a name. Names are checked once, when they are new. */
  private indexOf(name: string, field: 'function_or_model' | 'tenant'): number | ReplayFault {
    const table = field === 'tenant' ? this.tables.tenants : this.tables.pools;
    const known = table.indexByName.get(name);
    if (known !== undefined) return known;
    if (name === '') return this.fault(field, 'is empty', name, 'give every request a name here');
    if (name.length > nameCharsMax)
      return this.fault(field, 'is too long', name, `a name has at most ${nameCharsMax} characters`);
    if (name.includes('"') || name.trim() !== name)
      return this.fault(field, 'has a quote or a blank around it', name, 'write plain names, without quotes');
    if (field === 'function_or_model' && table.names.length === this.limits.poolsMax)
      return this.fault(
        field,
        'is one name too many',
        name,
        `a replay has at most ${this.limits.poolsMax} functions and models`,
      );
    const index = table.names.push(name) - 1;
    table.indexByName.set(name, index);
    return index;
  }

  private countFault(at: number, end: number): ReplayFault {
    const found = this.text.slice(at, end);
    const count = found.split(',').length;
    if (found === '')
      return this.fault(
        'row',
        'is empty',
        found,
        'remove the empty line (a newline after the last row is fine)',
      );
    const missing = replayColumns[count];
    return missing === undefined
      ? this.fault('row', `has ${count} fields instead of 4`, found, 'names must not contain commas')
      : this.fault(
          missing,
          `is missing: the row has ${count} of 4 fields`,
          found,
          `each row is ${replayHeader}`,
        );
  }

  private orderFault(from: number, to: number): ReplayFault {
    const problem = `is not sorted: the row before has ${this.lastMs / 1000}`;
    return this.fault('t_s', problem, this.text.slice(from, to), 'sort the rows by t_s');
  }

  private rowsFault(): ReplayFault {
    const advice = `a replay has at most ${this.limits.rowsMax} rows; cut the file into shorter spans`;
    return this.fault('row', 'is one row too many', '', advice);
  }

  private fault(field: string, problem: string, found: string, advice: string): ReplayFault {
    return csvFault({ line: this.line, field, problem, found, advice });
  }
}
