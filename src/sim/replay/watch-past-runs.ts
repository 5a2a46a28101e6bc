// Lets a guide follow runs of the past as if nobody had waited, and a demand model hear what the guide would have told: what both would have
// learned had they been there. Owns the coupling alone.
import type { HazardModel } from '../../core/demand/hazard-model.ts';
import type { RunNews } from './fleet-policy.ts';
import type { PastWatch } from './replay-past.ts';
import { RunBook } from './run-book.ts';
import type { RunGuide } from './run-guide.ts';
import type { Workload } from './workload.ts';

/** For `replayPast`; null where the workload has no runs. */
export function watchPastRuns(
  history: Workload,
  guide: RunGuide,
  model: HazardModel | null,
): PastWatch | null {
  if (history.runs === undefined) return null;
  const book = new RunBook(history.runs);
  return (row, what, atMs) => {
    const hear = (kind: RunNews['kind']): void => {
      const [run, at] = [book.rows.run[row] ?? 0, book.rows.function[row] ?? 0];
      const news = { kind, request: row, pool: history.pool[row] ?? 0, run, function: at };
      for (const pool of guide.hear(news, atMs)) model?.expect(pool, guide.runsTo(pool, atMs));
    };
    hear(what === 'comes' ? 'asks' : 'leaves');
    if (what === 'ends' && book.leave(row)) hear('ends');
  };
}
