// Virtual time for code that waits by promises, as the hosts of production do: moments come in order, and whatever they set off runs to
// its end before the next one. Owns the queue. Deterministic.
import { Heap } from '../../core/base/heap.ts';

/** Promises that follow one another without a wait between: more than any call of the hosts chains up. */
const chainMax = 64;

export class VirtualTime {
  readonly #queue = new Heap<() => void>();
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `act` then, or now when that is past; after all else of the same moment that was asked for earlier. */
  at(atMs: number, act: () => void): void {
    this.#queue.push(Math.max(this.#nowMs, atMs), act);
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.#nowMs + delayMs, act);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((done) => this.after(ms, done));
  }

  /** Runs everything up to `endMs`; what would come later never happens. */
  async run(endMs: number): Promise<void> {
    await settle();
    for (let next = this.#queue.pop(); next !== undefined && next.key <= endMs; next = this.#queue.pop()) {
      this.#nowMs = next.key;
      next.value();
      await settle();
    }
    this.#nowMs = endMs;
  }
}

async function settle(): Promise<void> {
  for (let hop = 0; hop < chainMax; hop += 1) await Promise.resolve();
}
