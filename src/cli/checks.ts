// What every measuring command prints and writes: a table of checks, and the same as JSON.
import { writeFileSync } from 'node:fs';

export interface Check {
  readonly id: string;
  readonly value: number;
  readonly bar: number | null;
  readonly op: '<=' | '>=' | null;
  readonly ok: boolean;
  readonly n: number;
  readonly note: string;
}

/** A measured value without a bar is always ok: it is there to be watched. */
export function makeCheck(id: string, value: number, n: number, note: string): Check {
  return { id, value: Number(value.toPrecision(4)), bar: null, op: null, ok: true, n, note };
}

/** Something that may not be. */
export function zeroCheck(id: string, value: number, n: number, note: string): Check {
  return { id, value, bar: 0, op: '<=', ok: value <= 0, n, note };
}

export function printChecks(checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ id }) => id.length));
  for (const { id, value, bar, op, ok, n, note } of checks) {
    const against = bar === null ? '' : ` ${op} ${bar} ${ok ? 'ok' : 'MISSED'}`;
    console.log(`${id.padEnd(width)}  ${String(value).padStart(10)}${against}  n=${n}  ${note}`);
  }
}

export function writeChecks(file: string, checks: readonly Check[]): void {
  writeFileSync(file, `${JSON.stringify({ checks }, null, 2)}\n`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest-rank quantile; NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
