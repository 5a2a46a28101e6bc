// Writes a workload in the replay format, the inverse of parse-replay.ts. Pure.
import { replayHeader } from '../replay/parse-replay.ts';
import type { Workload } from '../replay/workload.ts';

/** Rows per piece: few enough to keep a piece small, many enough to make joining cheap. */
const rowsPerPiece = 10_000;

/** The text in pieces. Times keep whole ms; finer parts are rounded. */
export function* renderReplay(workload: Workload): Generator<string> {
  const { pools, tenants } = workload;
  yield `${replayHeader}\n`;
  for (let from = 0; from < workload.pool.length; from += rowsPerPiece) {
    const to = Math.min(workload.pool.length, from + rowsPerPiece);
    let piece = '';
    for (let row = from; row < to; row += 1) {
      const pool = pools[workload.pool[row] ?? 0];
      const tenant = tenants[workload.tenant[row] ?? 0];
      piece += `${renderSeconds(workload.arrivalMs[row] ?? 0)},${pool},${tenant},${renderSeconds(workload.execMs[row] ?? 0)}\n`;
    }
    yield piece;
  }
}

/** Shortest decimal of whole ms: a double divided by 1000 prints as such. */
function renderSeconds(ms: number): string {
  return String(Math.round(ms) / 1000);
}
