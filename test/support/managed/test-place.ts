// A place that scales by itself, in virtual time: it does what Modal's documentation says of floor, buffer and ceiling, forgets them at a
// redeploy, and may lose what it is told or its own answer. Owns the containers.
import type { BackendError } from '../../../src/backends/backend.ts';
import type { ManagedPlace, PlaceSight, PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { drawInteger, type Rng } from '../../../src/core/base/rng.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the deployed code says: nothing is kept, and it may grow beyond any quota. */
const ofTheCode: PlaceTarget = { floor: 0, buffer: 0, ceiling: 50, idleMs: 2_000 };

export interface PlaceFaults {
  /** Chances that a word is lost on its way, that its answer is lost, and that it is refused. */
  readonly lost: number;
  readonly deaf: number;
  readonly refused: number;
}

export const noFaults: PlaceFaults = { lost: 0, deaf: 0, refused: 0 };

const away: BackendError = { kind: 'unreachable', message: 'the place is away' };

export class TestPlace implements ManagedPlace {
  figures: PlaceTarget = ofTheCode;
  /** Containers that run or start. */
  containers = 0;
  /** Since when the figures are those of the code; null = they are ours. */
  resetMs: number | null = null;
  /** When something last went wrong here. */
  faultMs = -Infinity;
  faults: PlaceFaults = noFaults;
  refusals = 0;
  readonly #time: VirtualTime;
  readonly #rng: Rng;

  constructor(time: VirtualTime, rng: Rng) {
    this.#time = time;
    this.#rng = rng;
  }

  async set(target: PlaceTarget): Promise<Result<null, BackendError>> {
    await this.#travel();
    const draw = this.#rng();
    const { lost, deaf, refused } = this.faults;
    const fails = draw < lost + deaf + refused;
    if (fails) this.faultMs = this.#time.nowMs;
    if (draw < lost) return err(away);
    if (draw < lost + refused) {
      this.refusals += 1;
      return err({ kind: 'quota', message: 'the account may have no more', retryAfterMs: 2_000 });
    }
    this.#obey(target);
    this.resetMs = null;
    await this.#travel();
    return fails ? err(away) : ok(null);
  }

  async look(): Promise<Result<PlaceSight, BackendError>> {
    await this.#travel();
    if (this.#rng() < this.faults.lost) return err(away);
    return ok({ endpoint: 'https://place.test', containers: this.containers });
  }

  async answers(): Promise<boolean> {
    return this.containers > 0;
  }

  redeploy(): void {
    this.#obey(ofTheCode);
    this.resetMs = this.#time.nowMs;
  }

  #obey(target: PlaceTarget): void {
    this.figures = target;
    const kept = (): number => (this.figures.floor === 0 ? 0 : this.figures.floor + this.figures.buffer);
    this.containers = Math.max(this.containers, Math.min(this.figures.ceiling, kept()));
    // One above what is kept ends once it was idle for the window.
    this.#time.after(target.idleMs, () => (this.containers = Math.min(this.containers, Math.max(kept(), 0))));
  }

  #travel(): Promise<void> {
    return this.#time.wait(drawInteger(this.#rng, 5, 150));
  }
}
