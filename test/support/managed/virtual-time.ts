// Time that passes only when the next event is due, for code that awaits. Owns the clock and the queue.
import { Heap } from '../../../src/core/base/heap.ts';

export class VirtualTime {
  nowMs = 0;
  readonly #due = new Heap<() => void>();

  after(ms: number, act: () => void): void {
    this.#due.push(this.nowMs + Math.max(0, ms), act);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs what is due within `ms`, whatever follows from each event before the next one; `check` after each. */
  async run(ms: number, check: () => void): Promise<void> {
    const untilMs = this.nowMs + ms;
    const end = (): void => undefined;
    this.after(ms, end);
    for (;;) {
      const next = this.#due.pop();
      if (next === undefined || next.value === end) break;
      this.nowMs = next.key;
      next.value();
      await settled();
      check();
    }
    this.nowMs = untilMs;
  }
}

/** All that follows from what has happened, without time passing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
