// The life of a model server: loading, ready, draining, parked, waking; and its slots, handed out in order of arrival. Owns no I/O.

export type ServerState = 'loading' | 'ready' | 'draining' | 'parked' | 'waking';

/** Requests that wait inside the server; the pool leases slots, so that more than a few here mean that something else calls. */
const waitingMax = 256;

export class ServerLife {
  state: ServerState = 'loading';
  readonly slots: number;
  #busy = 0;
  readonly #waiting: { start: () => void; signal: AbortSignal }[] = [];
  #idle: (() => void)[] = [];

  constructor(slots: number) {
    this.slots = slots;
  }

  get busySlots(): number {
    return this.#busy;
  }

  get crowded(): boolean {
    return this.#waiting.length >= waitingMax;
  }

  /** Waits for a slot; false when the caller went away before. Every true is followed by one `release`. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#busy < this.slots) {
      this.#busy += 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const entry = { start: () => resolve(true), signal };
    this.#waiting.push(entry);
    signal.addEventListener('abort', () => {
      const at = this.#waiting.indexOf(entry);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      resolve(false);
    });
    return promise;
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next.start();
    this.#busy -= 1;
    if (this.#busy > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when no request runs. */
  async untilIdle(): Promise<void> {
    if (this.#busy === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }
}
