// One replica as the local-process driver knows it, what it reports to the pool, and what it tells an operator.
import type { ReplicaReport } from '../../src/backends/backend.ts';
import type { ReplicaRow } from './replica-book.ts';
import type { ReplicaProcess } from './replica-process.ts';

export interface Replica {
  readonly row: Omit<ReplicaRow, 'process'>;
  readonly port: number;
  /** Whether its program may leave children behind. */
  readonly foreign: boolean;
  readonly child: ReplicaProcess;
}

export function reportOf({ row, child }: Replica): ReplicaReport {
  const { id, generation, pool, version } = row;
  return { id, generation, pool, version, ...child.report };
}

/** Logs the start of a life and how it went on. Its end on command is logged by whoever commands it. */
export function narrateLife({ row, child }: Replica, log: (line: string) => void): void {
  log(`replica ${row.id} starting ${row.version} (generation ${row.generation}, pid ${child.pid})`);
  void child.settled.then(() => {
    const { condition, readyMs, spawnMs, loadMs } = child.report;
    if (condition === 'ready')
      log(`replica ${row.id} ready in ${readyMs} ms (spawn ${spawnMs}, load ${loadMs})`);
  });
  void Promise.all([child.exited, child.settled]).then(() => {
    const { condition, reason } = child.report;
    if (condition === 'failed') log(`replica ${row.id} failed: ${reason}`);
  });
}

/** What a park or wake came to. */
export function describeTurn({ id, condition, wakeMs }: ReplicaReport): string {
  return `replica ${id} ${condition === 'ready' ? `awake in ${wakeMs} ms` : condition}`;
}
