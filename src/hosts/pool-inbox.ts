// Puts together what a pool hears at the same moment, so that it is decided and written once: when a replica dies, each of its requests asks
// for another slot, and a write of its own for each would make the last one wait for all of them. Owns the grouping, its bound, and that
// nobody's event can fail another's.
import type { PoolEvent } from '../core/pool/pool-events.ts';

export interface InboxPorts {
  /** Decides events that came together, all or none of them. Throws on a bug alone. */
  handleAll(events: readonly PoolEvent[]): void;
  /** Resolves once everybody who is calling now has been heard. */
  nextTurn(): Promise<void>;
}

interface Letter {
  readonly events: readonly PoolEvent[];
  readonly decided: PromiseWithResolvers<void>;
}

/** More are decided at once, and the next ones wait for the next turn. */
export const lettersMax = 256;

export class PoolInbox {
  readonly #ports: InboxPorts;
  #letters: Letter[] = [];
  #isAwaited = false;

  constructor(ports: InboxPorts) {
    this.#ports = ports;
  }

  /** Resolves when the events are decided and written, in the order of the calls. Rejects with what deciding them threw. */
  post(events: readonly PoolEvent[]): Promise<void> {
    const decided = Promise.withResolvers<void>();
    this.#letters.push({ events, decided });
    if (this.#letters.length >= lettersMax) this.flush();
    else void this.#await();
    return decided.promise;
  }

  /** Decides what has come so far: for whoever is to see it. */
  flush(): void {
    const letters = this.#letters;
    if (letters.length === 0) return;
    this.#letters = [];
    if (!this.#tryAll(letters)) for (const letter of letters) this.#handle(letter);
  }

  async #await(): Promise<void> {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    try {
      await this.#ports.nextTurn();
    } finally {
      this.#isAwaited = false;
      this.flush();
    }
  }

  /** False when one of several letters cannot be decided; none has been then. */
  #tryAll(letters: readonly Letter[]): boolean {
    if (letters.length === 1) return false;
    try {
      this.#ports.handleAll(letters.flatMap(({ events }) => events));
    } catch {
      return false;
    }
    for (const { decided } of letters) decided.resolve();
    return true;
  }

  #handle({ events, decided }: Letter): void {
    try {
      this.#ports.handleAll(events);
      decided.resolve();
    } catch (cause) {
      decided.reject(cause);
    }
  }
}
