// Virtual time: a queue of moments. Nothing waits for real; the same seed gives the same order of events, always.
import { Heap } from '../core/base/heap.ts';

export class SimClock {
  readonly #queue = new Heap<() => void>();
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get pending(): number {
    return this.#queue.size;
  }

  after(delayMs: number, run: () => void): void {
    this.#queue.push(this.#nowMs + Math.max(0, delayMs), run);
  }

  /** Runs the next moment; false when there is none. */
  step(): boolean {
    const next = this.#queue.pop();
    if (next === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, next.key);
    next.value();
    return true;
  }
}
