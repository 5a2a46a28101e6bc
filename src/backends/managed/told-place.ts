// What a place may hold by what it was told, heard or not, and what of that others of the account must count. Owns the order in which it is
// told; what it is told is asked for anew each time, so that the last word is always the newest.
import { err, type Result } from '../../core/base/result.ts';
import { classOf } from '../../core/pool/failure-class.ts';
import type { BackendError, BackendReply } from '../backend.ts';
import type { ManagedPlace, PlaceTarget } from './managed-place.ts';

export class ToldPlace {
  readonly #place: ManagedPlace;
  readonly #target: () => PlaceTarget;
  /** Containers that are wanted, that the place may have been told to hold, and that may still run beyond that. */
  #wanted: number;
  #told = 0;
  #running = 0;
  #isKnown = false;
  #setting: Promise<unknown> = Promise.resolve();
  /** What follows once the place has answered: whoever tells it meanwhile waits for the same. */
  #next: BackendReply<null> | null = null;

  /** `wanted`: what an earlier one has left to be held. */
  constructor(place: ManagedPlace, target: () => PlaceTarget, wanted: number) {
    this.#place = place;
    this.#target = target;
    this.#wanted = wanted;
  }

  /** Containers that are paid for, or may be. */
  get used(): number {
    return Math.max(this.#wanted, this.#told, this.#running);
  }

  get told(): number {
    return this.#told;
  }

  /** Whether the place was told since this began: before, it holds what an earlier one has told it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** What is wanted by now; counted from here on. */
  want(): PlaceTarget {
    const target = this.#target();
    this.#wanted = target.floor + target.buffer;
    return target;
  }

  sees(containers: number): void {
    this.#running = containers;
  }

  /**
   * Nothing is awaited before what is wanted is counted. One figure at a time reaches the place, or an earlier one could come last; a place
   * that hangs has one more in line at most, since that one says the newest.
   */
  tell(): BackendReply<null> {
    this.want();
    if (this.#next !== null) return this.#next;
    const act = (): BackendReply<null> => {
      this.#next = null;
      return this.#set();
    };
    const set = this.#setting.then(act, act);
    this.#setting = set;
    this.#next = set;
    return set;
  }

  async #set(): BackendReply<null> {
    const target = this.want();
    const before = this.#told;
    const held = this.#wanted;
    this.#told = Math.max(before, held);
    const set = await this.#place.set(target);
    if (set.ok) {
      this.#isKnown = true;
      // Those that are not wanted any more run until the place was looked at and says otherwise.
      if (held < before) this.#running = Math.max(this.#running, before);
      this.#told = held;
    } else if (!mayBeHeard(set.error)) {
      this.#told = before;
      // What is not there holds nothing.
      this.#isKnown ||= isAbsent(set.error);
    }
    return set;
  }
}

/** Whether the place may have heard what it did not confirm. */
export function mayBeHeard({ kind }: BackendError): boolean {
  return classOf(kind) === 'transient';
}

/**
 * What a refusal comes to where the place may hold something already: "no room" would say that nothing was begun, and whoever hears that asks
 * no more. A place that is asked too often refuses in the same words.
 */
export function inDoubt<T>(reply: Result<T, BackendError>): Result<T, BackendError> {
  if (reply.ok || classOf(reply.error.kind) !== 'capacity') return reply;
  return err({ kind: 'unreachable', message: reply.error.message });
}

function isAbsent({ kind }: BackendError): boolean {
  const failed = classOf(kind);
  return failed === 'never' || failed === 'missing';
}
