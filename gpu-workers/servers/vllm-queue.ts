// The requests of a vLLM: so many run, the others wait in order of arrival, and while it is paused none is begun: it keeps them all, and
// refuses none. Owns the order alone.

export interface RunningRequest {
  readonly signal: AbortSignal;
  end(): void;
}

interface Waiting {
  readonly begin: (running: RunningRequest | null) => void;
}

export class VllmQueue {
  readonly #slots: number;
  readonly #running = new Map<RunningRequest, AbortController>();
  readonly #waiting: Waiting[] = [];
  readonly #idle: (() => void)[] = [];
  #isPaused = false;

  constructor(slots: number) {
    this.#slots = slots;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Waits for its turn; null when the client left before. The signal fires when the client leaves, or when the engine aborts. */
  async enter(gone: AbortSignal): Promise<RunningRequest | null> {
    const { promise, resolve } = Promise.withResolvers<RunningRequest | null>();
    const entry: Waiting = { begin: resolve };
    this.#waiting.push(entry);
    gone.addEventListener('abort', () => {
      const at = this.#waiting.indexOf(entry);
      if (at >= 0) this.#waiting.splice(at, 1);
      resolve(null);
    });
    this.#beginNext();
    const running = await promise;
    if (running !== null) gone.addEventListener('abort', () => this.#running.get(running)?.abort());
    return running;
  }

  /** Begins nothing more. `abort` cuts what runs, `wait` lets it end. Resolves once nothing runs. */
  async pause(mode: 'abort' | 'wait'): Promise<void> {
    this.#isPaused = true;
    if (mode === 'abort') for (const controller of this.#running.values()) controller.abort();
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }

  resume(): void {
    this.#isPaused = false;
    this.#beginNext();
  }

  #beginNext(): void {
    while (!this.#isPaused && this.#running.size < this.#slots) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const controller = new AbortController();
      const running: RunningRequest = { signal: controller.signal, end: () => this.#end(running) };
      this.#running.set(running, controller);
      next.begin(running);
    }
  }

  #end(running: RunningRequest): void {
    this.#running.delete(running);
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#beginNext();
  }
}
