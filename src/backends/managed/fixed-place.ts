// An endpoint that is always there, seen as a place: there is nothing to start, so that whatever is wanted is there at once, as long as the
// endpoint answers and takes the key. Owns when that is asked; what the question is depends on the provider (probe-upstream.ts).
import { ok } from '../../core/base/result.ts';
import type { BackendReply } from '../backend.ts';
import type { ManagedPlace, PlaceSight, PlaceTarget } from './managed-place.ts';

export interface FixedPlaceOptions {
  readonly baseUrl: string;
  /** Whether the endpoint may be asked now; an error says why not. Never throws, and ends within a few seconds. */
  probe(): BackendReply<null>;
  now(): number;
  /** How long what a probe has found is taken to hold. */
  readonly freshMs?: number;
}

/** Half of the time between two looks of a pool. */
const freshMsDefault = 5_000;

export class FixedPlace implements ManagedPlace {
  readonly #options: FixedPlaceOptions;
  /** Rights that are wanted, and of those the ones that were given because the endpoint was found well. */
  #wanted = 0;
  #given = 0;
  #foundMs = -Infinity;
  #probing: BackendReply<null> | null = null;

  constructor(options: FixedPlaceOptions) {
    this.#options = options;
  }

  /** Who wants more must find the endpoint well; giving up needs nobody's leave. */
  async set({ floor }: PlaceTarget): BackendReply<null> {
    const isLess = floor < this.#wanted;
    this.#wanted = floor;
    if (!isLess && floor > this.#given) {
      const probed = await this.#probe();
      if (!probed.ok) return probed;
    }
    // Of what was never given some may be given up all the same.
    this.#given = isLess ? Math.min(floor, this.#given) : floor;
    return ok(null);
  }

  async look(): BackendReply<PlaceSight> {
    const { now, freshMs = freshMsDefault } = this.#options;
    // Who has given up everything does not care how it is.
    if (this.#wanted > 0 && now() - this.#foundMs >= freshMs) {
      const probed = await this.#probe();
      if (!probed.ok) return probed;
    }
    // Nothing is paid for while it waits, and there is always one more.
    return ok({ endpoint: this.#options.baseUrl, containers: 0, ready: Infinity });
  }

  answers(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** However many want to know, the endpoint is asked by one at a time. */
  #probe(): BackendReply<null> {
    this.#probing ??= this.#ask().finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  async #ask(): BackendReply<null> {
    const probed = await this.#options.probe();
    this.#foundMs = probed.ok ? this.#options.now() : -Infinity;
    return probed;
  }
}
