// The GPUs that all drivers of one account share. Owns the sum, and that buffers make room for replicas; each driver counts its own.
import { parseGpu } from '../../../src/core/registry/price-table.ts';
import type { Sharing } from '../../../src/backends/managed/managed-options.ts';

/** How many GPUs a container has, as Modal spells it: `H100` one, `A100-80GB:2` two. */
export function countGpus(gpu: string): number {
  return parseGpu(gpu).count;
}

/** One driver among those that share an account. */
export interface QuotaUser {
  /** GPUs that it has now, or may have by what it has asked for. */
  used(): number;
  /** Whether it knows what an earlier agent has left; left out = always. */
  isKnown?(): boolean;
  /** Gives up what is kept for bursts alone. */
  makeRoom?(): void;
}

export interface QuotaShare {
  /** GPUs that this user may have, all in all, beside the others. */
  gpusLeft(): number;
  readonly sharing: Sharing;
}

/** For how long buffers stay away after somebody was refused: a pool that was refused asks again well within that. */
const shortMs = 60_000;

export class GpuQuota {
  readonly gpusMax: number;
  readonly #now: () => number;
  readonly #users: QuotaUser[] = [];
  #shortUntilMs = -Infinity;

  constructor(gpusMax: number, now: () => number) {
    this.gpusMax = gpusMax;
    this.#now = now;
  }

  get used(): number {
    return this.#users.reduce((sum, user) => sum + user.used(), 0);
  }

  join(user: QuotaUser): QuotaShare {
    this.#users.push(user);
    return {
      gpusLeft: () => {
        const others = this.#users.reduce((sum, each) => sum + (each === user ? 0 : each.used()), 0);
        return Math.max(0, this.gpusMax - others);
      },
      sharing: {
        isKnown: () => this.#users.every((each) => each.isKnown?.() ?? true),
        isShort: () => this.#now() < this.#shortUntilMs,
        tellShort: () => {
          this.#shortUntilMs = this.#now() + shortMs;
          for (const each of this.#users) each.makeRoom?.();
        },
      },
    };
  }
}
