// The rows of one run in memory, as the simulation and tests keep them: whole commits or none, and what a new life would load. Values are
// copied as text on the way in and out, so that nothing is shared with the life that wrote them.
import { checkRun } from '../../core/run/check-run.ts';
import type { RunWrite } from '../../core/run/run-events.ts';
import type { LogEntry, RunProgress, RunSpec, RunState, StepRecord } from '../../core/run/run-state.ts';
import type { RunStore } from '../../hosts/run-ports.ts';

export class MemoryRunStore implements RunStore {
  #spec: string | null = null;
  #progress: string | null = null;
  readonly #steps = new Map<number, string>();
  #log: string[] = [];
  /** Commits so far: where a crash can be planted. */
  commits = 0;
  /** Invariants that did not hold after some commit. */
  readonly violations: string[] = [];

  load(): RunState | null {
    if (this.#spec === null || this.#progress === null) return null;
    const steps = [...this.#steps.entries()].toSorted(([a], [b]) => a - b);
    return {
      spec: JSON.parse(this.#spec) as RunSpec,
      progress: JSON.parse(this.#progress) as RunProgress,
      steps: steps.map(([, text]) => JSON.parse(text) as StepRecord),
    };
  }

  commit(writes: readonly RunWrite[]): void {
    this.commits += 1;
    for (const write of writes) this.#write(write);
    const state = this.load();
    if (state !== null) this.violations.push(...checkRun(state, this.log(0, this.#log.length)));
  }

  log(afterSeq: number, entriesMax: number): readonly LogEntry[] {
    return this.#log.slice(afterSeq, afterSeq + entriesMax).map((text) => JSON.parse(text) as LogEntry);
  }

  erase(): void {
    this.#spec = null;
    this.#progress = null;
    this.#steps.clear();
    this.#log = [];
  }

  #write(write: RunWrite): void {
    switch (write.kind) {
      case 'spec':
        this.#spec = JSON.stringify(write.spec);
        return;
      case 'progress':
        this.#progress = JSON.stringify(write.progress);
        return;
      case 'step':
        this.#steps.set(write.step.n, JSON.stringify(write.step));
        return;
      case 'log':
        if (write.entry.seq !== this.#log.length + 1)
          throw new Error(`log seq ${write.entry.seq} out of place`);
        this.#log.push(JSON.stringify(write.entry));
        return;
      default:
        return write satisfies never;
    }
  }
}
