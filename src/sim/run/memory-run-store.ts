// The rows of one run in memory, as the simulation and tests keep them: whole commits or none, and what a new life would load. Values are
// copied as text on the way in and out, so that nothing is shared with the life that wrote them. Every commit is checked.
import { checkRun } from '../../core/run/check-run.ts';
import type { RunWrite } from '../../core/run/run-events.ts';
import type { LogEntry, RunProgress, RunSpec, RunState, StepRecord } from '../../core/run/run-state.ts';
import type { RunStore } from '../../hosts/run-ports.ts';
import { checkCommit } from './check-commit.ts';

/** `value` is only looked at by checks; whoever loads gets what the text says. */
interface Row<T> {
  readonly text: string;
  readonly value: T;
}

export class MemoryRunStore implements RunStore {
  #spec: Row<RunSpec> | null = null;
  #progress: Row<RunProgress> | null = null;
  readonly #steps: Row<StepRecord>[] = [];
  readonly #log: Row<LogEntry>[] = [];
  readonly #entries: LogEntry[] = [];
  /** Commits so far: where a crash can be planted. */
  commits = 0;
  /** Invariants that did not hold after some commit. */
  readonly violations: string[] = [];

  load(): RunState | null {
    if (this.#spec === null || this.#progress === null) return null;
    return {
      spec: parse(this.#spec),
      progress: parse(this.#progress),
      steps: this.#steps.map((row) => parse(row)),
    };
  }

  /** What the rows say, to look at only. */
  peek(): RunState | null {
    if (this.#spec === null || this.#progress === null) return null;
    const steps = this.#steps.map(({ value }) => value);
    return { spec: this.#spec.value, progress: this.#progress.value, steps };
  }

  commit(writes: readonly RunWrite[]): void {
    this.commits += 1;
    const before = this.peek();
    for (const write of writes) this.#write(write);
    const after = this.peek();
    if (after === null) return;
    this.violations.push(...checkCommit(before, after, writes), ...checkRun(after, this.#entries));
  }

  log(afterSeq: number, entriesMax: number): readonly LogEntry[] {
    return this.#log.slice(afterSeq, afterSeq + entriesMax).map((row) => parse(row));
  }

  erase(): void {
    this.#spec = null;
    this.#progress = null;
    this.#steps.length = 0;
    this.#log.length = 0;
    this.#entries.length = 0;
  }

  #write(write: RunWrite): void {
    switch (write.kind) {
      case 'spec':
        if (this.#spec !== null) throw new Error('a run that is there was created again');
        this.#spec = rowOf(write.spec);
        return;
      case 'progress':
        this.#progress = rowOf(write.progress);
        return;
      case 'step':
        this.#steps[write.step.n] = rowOf(write.step);
        return;
      case 'log': {
        if (write.entry.seq !== this.#log.length + 1)
          throw new Error(`log seq ${write.entry.seq} out of place`);
        const row = rowOf(write.entry);
        this.#log.push(row);
        this.#entries.push(row.value);
        return;
      }
      default:
        return write satisfies never;
    }
  }
}

function rowOf<T>(value: T): Row<T> {
  return { text: JSON.stringify(value), value };
}

function parse<T>({ text }: Row<T>): T {
  return JSON.parse(text) as T;
}
