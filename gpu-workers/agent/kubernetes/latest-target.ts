// One write at a time, and always of the newest target: replicas start and stop side by side, and what the first of them wants must not be
// written after what the last of them wants.
import type { BackendReply } from '../../../src/backends/backend.ts';
import type { PlaceTarget } from '../../../src/backends/managed/managed-place.ts';

export class LatestTarget {
  readonly #write: (wanted: () => PlaceTarget) => BackendReply<null>;
  #wanted: PlaceTarget | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #queued: BackendReply<null> | null = null;

  /** `write` asks for the target each time that it sends one. */
  constructor(write: (wanted: () => PlaceTarget) => BackendReply<null>) {
    this.#write = write;
  }

  /** Answers when this target, or a later one, was written. */
  set(target: PlaceTarget): BackendReply<null> {
    this.#wanted = target;
    this.#queued ??= this.#writeAfter(this.#running, target);
    return this.#queued;
  }

  #writeAfter(earlier: Promise<unknown>, target: PlaceTarget): BackendReply<null> {
    const written = earlier.then(() => {
      this.#queued = null;
      return this.#write(() => this.#wanted ?? target);
    });
    this.#running = written.catch(() => null);
    return written;
  }
}
