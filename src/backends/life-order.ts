// The order of a replica's lives: one change of an id at a time, and a life that was ended never begins. Owns no process.
import type { ReplicaRef } from './backend.ts';

/** Ends remembered, so that a start that its own stop overtook is refused; far more than can be on their way at once. */
const endedMax = 10_000;

export class LifeOrder {
  readonly #ended = new Map<string, number>();
  readonly #turns = new Map<string, Promise<unknown>>();

  /** Runs `act` after every earlier change of the same id. */
  async inTurn<T>(id: string, act: () => Promise<T>): Promise<T> {
    const earlier = this.#turns.get(id) ?? Promise.resolve();
    const turn = earlier.then(act, act);
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  /** Resolves once every change that has begun by now has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
  }

  end({ id, generation }: ReplicaRef): void {
    const latest = Math.max(generation, this.latestEnded(id));
    // The latest ends stay the longest.
    this.#ended.delete(id);
    this.#ended.set(id, latest);
    const oldest = this.#ended.keys().next();
    if (this.#ended.size > endedMax && oldest.done !== true) this.#ended.delete(oldest.value);
  }

  hasEnded({ id, generation }: ReplicaRef): boolean {
    return generation <= this.latestEnded(id);
  }

  latestEnded(id: string): number {
    return this.#ended.get(id) ?? 0;
  }
}
