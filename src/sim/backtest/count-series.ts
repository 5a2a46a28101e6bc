// Reads a series of counts per interval (CSV `t_s,requests`) as arrivals spread evenly over each interval. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import { csvFault, type CsvFault } from '../workload/csv-fault.ts';
import { parseTable } from '../workload/parse-table.ts';
import type { ArrivalSeries } from './arrival-series.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const startSMax = 400 * 86_400;
const countMax = 1e9;
/** More missing in a row is not a gap but another series. */
const missingMax = 288;

interface Row {
  readonly line: number;
  readonly atS: number;
  readonly count: number;
}

/**
 * `t_s` is the beginning of an interval; all are as long as the first, a whole number of minutes. A missing interval repeats the one
 * before it. The clock is moved so that intervals begin at whole multiples of their length. The first half only teaches.
 */
export function parseCountSeries(text: string): Result<ArrivalSeries, CsvFault> {
  const table = parseTable(text, ['t_s', 'requests']);
  if (!table.ok) return table;
  const rows: Row[] = [];
  for (const row of table.value.rows) {
    const at = row.number('t_s', 0, startSMax);
    if (!at.ok) return at;
    const count = row.number('requests', 0, countMax);
    if (!count.ok) return count;
    if (at.value <= (rows.at(-1)?.atS ?? -1))
      return err(row.fault('t_s', 'is not after the line before', 'sort the rows by time'));
    rows.push({ line: row.line, atS: at.value, count: count.value });
  }
  return spread(rows);
}

function spread(rows: readonly Row[]): Result<ArrivalSeries, CsvFault> {
  const [first, second] = rows;
  if (first === undefined || second === undefined)
    return err(fault(0, 'has fewer than two rows', 'give a series of counts'));
  const stepS = second.atS - first.atS;
  if (stepS % 60 !== 0 || 3600 % stepS !== 0)
    return err(
      fault(
        second.line,
        'makes an interval that is no whole part of an hour',
        'give 60 s, 300 s or the like',
      ),
    );
  const counts: number[] = [];
  let previous = { ...first, atS: first.atS - stepS };
  for (const row of rows) {
    const steps = (row.atS - previous.atS) / stepS;
    if (!Number.isInteger(steps) || steps > missingMax)
      return err(fault(row.line, `is not at a multiple of ${stepS} s`, 'give equal intervals'));
    for (let missing = 1; missing < steps; missing += 1) counts.push(previous.count);
    counts.push(row.count);
    previous = row;
  }
  const startMs = Math.floor(first.atS / stepS) * stepS * 1000;
  return ok(toSeries(counts, startMs, stepS * 1000));
}

function toSeries(counts: readonly number[], startMs: number, stepMs: number): ArrivalSeries {
  const parts = stepMs / minuteMs;
  const rows = counts.length * parts;
  const atMs = new Float64Array(rows);
  const count = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    atMs[row] = startMs + row * minuteMs;
    const all = counts[Math.floor(row / parts)] ?? 0;
    const part = row % parts;
    // Whole requests, evenly: what is left of the division comes bit by bit.
    count[row] = Math.floor((all * (part + 1)) / parts) - Math.floor((all * part) / parts);
  }
  const endMs = startMs + counts.length * stepMs;
  const halfMs = Math.floor((startMs + endMs) / 2 / dayMs) * dayMs;
  return {
    names: ['all pools'],
    atMs,
    pool: new Int32Array(rows),
    count,
    scoreFromMs: halfMs > startMs ? halfMs : (startMs + endMs) / 2,
    endMs,
    grainMs: stepMs,
  };
}

function fault(line: number, problem: string, advice: string): CsvFault {
  return csvFault({ line, field: line === 0 ? 'file' : 't_s', problem, found: '', advice });
}
