// One pool of a replayed fleet: its replicas by what they do, and who waits. Fields alone; replay-fleet.ts moves them. Mutable.
import type { FleetEvent } from './event-heap.ts';
import { ReplicaList } from './sim-replica.ts';

/** A queue that forgets its served part only now and then, so that taking the first costs nothing. */
class WaitingLine {
  #requests: number[] = [];
  #served = 0;

  get size(): number {
    return this.#requests.length - this.#served;
  }

  join(request: number): void {
    this.#requests.push(request);
  }

  /** Takes who waits longest; -1 when nobody does. */
  take(): number {
    const request = this.#requests[this.#served];
    if (request === undefined) return -1;
    this.#served += 1;
    if (this.#served === this.#requests.length) {
      this.#requests = [];
      this.#served = 0;
    }
    return request;
  }
}

export class ReplayPool {
  /** By the moment they became idle, and parked. */
  readonly idle = new ReplicaList();
  readonly parked = new ReplicaList();
  /** Those that load or wake without an owner; with a shared queue that is all of them. */
  readonly coming = new ReplicaList();
  readonly waiting = new WaitingLine();
  /** Requests here, served or waiting. */
  busy = 0;
  timer: FleetEvent | null = null;
}
