// The life of a model server (loading, ready, draining, parked, waking) and its slots, handed out in order of arrival. Owns which
// change of state is allowed when; owns no I/O and no engine.

export type ServerState = 'loading' | 'ready' | 'draining' | 'parked' | 'waking';

/** What came of waiting for a slot. After `slot` one `release` must follow. */
export type Admission = 'slot' | 'gone' | 'not-ready' | 'crowded';

/** The pool leases slots, so that more than a few waiting here mean that something else calls: it gets an error, not memory. */
export const waitingMax = 256;

export class ServerLife {
  readonly slots: number;
  #state: ServerState = 'loading';
  #busy = 0;
  readonly #waiting: Waiting[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(slots: number) {
    this.slots = slots;
  }

  get state(): ServerState {
    return this.#state;
  }

  get busySlots(): number {
    return this.#busy;
  }

  /** Waits for a slot, in order of arrival. */
  async take(signal: AbortSignal): Promise<Admission> {
    if (signal.aborted) return 'gone';
    if (this.#state !== 'ready') return 'not-ready';
    if (this.#busy < this.slots) {
      this.#busy += 1;
      return 'slot';
    }
    if (this.#waiting.length >= waitingMax) return 'crowded';
    const { promise, resolve } = Promise.withResolvers<Admission>();
    const entry: Waiting = { settle: resolve };
    this.#waiting.push(entry);
    signal.addEventListener('abort', () => this.#forget(entry), { once: true });
    return promise;
  }

  release(): void {
    const next = this.#waiting.shift();
    // The slot changes hands without becoming free, so that nobody who comes now overtakes.
    if (next !== undefined) return next.settle('slot');
    this.#busy -= 1;
    if (this.#busy === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** The weights are there. A drain that came meanwhile stays in force. */
  loaded(): void {
    if (this.#state === 'loading' || this.#state === 'waking') this.#state = 'ready';
  }

  /** Whether the weights may be given back now; from here on requests are refused. */
  park(): boolean {
    if (this.#state !== 'ready' || this.#busy > 0) return false;
    this.#state = 'parked';
    return true;
  }

  /** Whether the weights must be loaded now. */
  wake(): boolean {
    if (this.#state !== 'parked') return false;
    this.#state = 'waking';
    return true;
  }

  /** For good: running requests go on, waiting ones are refused, because none of them has begun and another replica can take it. */
  drain(): void {
    this.#state = 'draining';
    for (const entry of this.#waiting.splice(0)) entry.settle('not-ready');
  }

  /** Resolves when no request runs. */
  async untilIdle(): Promise<void> {
    if (this.#busy === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }

  #forget(entry: Waiting): void {
    const at = this.#waiting.indexOf(entry);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    entry.settle('gone');
  }
}

interface Waiting {
  readonly settle: (admission: Admission) => void;
}
