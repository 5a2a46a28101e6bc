// Several decisions in one commit: only the last version of a row is written. Pure.
import type { RunWrite } from './run-events.ts';

/** Keeps the order of the log, which is what readers see; of the progress and of each step only the last. */
export function compactWrites(writes: readonly RunWrite[]): readonly RunWrite[] {
  const last = new Map<string, RunWrite>();
  for (const write of writes) last.set(keyOf(write), write);
  return writes.filter((write) => last.get(keyOf(write)) === write);
}

function keyOf(write: RunWrite): string {
  switch (write.kind) {
    case 'spec':
    case 'progress':
      return write.kind;
    case 'step':
      return `step/${write.step.n}`;
    case 'log':
      return `log/${write.entry.seq}`;
    default:
      return write satisfies never;
  }
}
