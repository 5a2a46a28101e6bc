// A workload as columns: what a simulator replays. Owns the shape alone; parse-replay.ts reads it from text, synthetic.ts makes it up.

/** Requests in order of arrival. Columns instead of objects: a month of traffic is walked dozens of times for one comparison. */
export interface Workload {
  /** Names by index; the columns hold indices into them. */
  readonly pools: readonly string[];
  readonly tenants: readonly string[];
  /** Arrival, in ms since the midnight that starts the workload. */
  readonly arrivalMs: Float64Array;
  readonly pool: Int32Array;
  readonly tenant: Int32Array;
  /** How long the request occupies its slot once it is served, in ms. */
  readonly execMs: Float64Array;
  /** End of the observed span in ms, a whole number of days; idle replicas are removed then. */
  readonly endMs: number;
  /** Which rows are stages of runs of functions; without it every row comes by itself. Not part of the replay format. */
  readonly runs?: WorkloadRuns;
}

/**
 * Runs of functions, one entry per row. A row that follows another one comes when that one has ended, however long that took: its
 * `arrivalMs` says when that would be if nobody waited.
 */
export interface WorkloadRuns {
  readonly functions: readonly string[];
  readonly run: Int32Array;
  /** The function of each row's run. */
  readonly function: Int32Array;
  /** The row that each one follows, always an earlier one; -1 for the first of a run. */
  readonly after: Int32Array;
}
