// Tells the place of a pool what its plan wants held for bursts: when that changes, and again with every comparison of what there is, so that
// a place which forgot it, or an agent that began anew, knows it within one period. Losing a word is harmless: it is said again, it ends by
// itself, and of two the later one counts. Owns what was said last.
import type { HoldCommand } from '../backends/backend.ts';
import type { WarmthPlan } from '../core/warming/pool-plan.ts';

export interface HoldPorts {
  readonly pool: string;
  readonly version: string;
  now(): number;
  /** Tells the place; true once it has heard. Never throws. */
  hold(command: HoldCommand): Promise<boolean>;
}

export class HoldTeller {
  readonly #ports: HoldPorts;
  /** What the place was told last, as far as it is known to have heard; null = not known. */
  #held: number | null = 0;

  constructor(ports: HoldPorts) {
    this.#ports = ports;
  }

  /** A plan was taken up. */
  async changed(plan: WarmthPlan | null): Promise<void> {
    if (plan !== null && (plan.burstTo ?? 0) !== this.#held) await this.#tell(plan);
  }

  /** What there is is compared: said again unless nothing is held, and the place knows that. */
  async repeat(plan: WarmthPlan | null): Promise<void> {
    if (plan !== null && ((plan.burstTo ?? 0) > 0 || this.#held !== 0)) await this.#tell(plan);
  }

  async #tell({ burstTo = 0, untilMs }: WarmthPlan): Promise<void> {
    const { pool, version } = this.#ports;
    const forMs = untilMs - this.#ports.now();
    // Past its end a plan says nothing any more; what it said ends by itself.
    if (forMs <= 0) return;
    this.#held = null;
    const isHeard = await this.#ports.hold({ pool, version, order: untilMs, containers: burstTo, forMs });
    if (isHeard) this.#held = burstTo;
  }
}
