// Runs of functions in a replay: which rows follow which, and when a run has ended. Owns the index; mutable, no I/O.
import type { WorkloadRuns } from './workload.ts';

export class RunBook {
  readonly rows: WorkloadRuns;
  readonly #next = new Map<number, number[]>();
  /** Rows of each run that have not ended; a row that follows counts from the moment it comes. */
  readonly #open = new Map<number, number>();

  constructor(rows: WorkloadRuns) {
    this.rows = rows;
    for (const [row, after] of rows.after.entries()) {
      if (after < 0) continue;
      const known = this.#next.get(after);
      if (known === undefined) this.#next.set(after, [row]);
      else known.push(row);
    }
  }

  /** The rows that come when this one has ended. */
  next(row: number): readonly number[] {
    return this.#next.get(row) ?? [];
  }

  /** A row has ended and those after it have come: whether its run has ended with it. */
  leave(row: number): boolean {
    const run = this.rows.run[row] ?? 0;
    const open = (this.#open.get(run) ?? 1) - 1 + this.next(row).length;
    this.#open.set(run, open);
    return open === 0;
  }
}
