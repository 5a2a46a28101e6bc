// Ski-rental: keep until the rent paid equals the price of starting again, then stop (Karlin et al., Algorithmica 1988: twice the optimum at worst, and no
// deterministic rule does better). With parking: the lower envelope of the costs of staying hot, parking at once and stopping at once
// (Irani, Shukla, Gupta, "Online strategies for dynamic power management in systems with multiple power-saving states", 2003; again twice).
// Randomised: one draw for each idle time from the density e^x / (e - 1) stretches the windows by x in [0, 1]; e/(e-1) in expectation. No forecast.
import { makeRng, type Rng } from '../../core/base/rng.ts';
import type { Fleet, FleetFigures, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';

/** Ms of idle time at hot price at which each step down is due. A second of waiting counts `1 + gamma` seconds: the replica's own and the user's. */
export function planEnvelope(figures: FleetFigures, gamma: number): IdleWindows {
  const { loadMs, wakeMs, parkedShare } = figures;
  const loadCost = (1 + gamma) * loadMs;
  const hotOnly = { parkAfterMs: Number.POSITIVE_INFINITY, stopAfterMs: loadCost };
  if (wakeMs === null || parkedShare >= 1) return hotOnly;
  const wakeCost = (1 + gamma) * wakeMs;
  const parkAfterMs = wakeCost / (1 - parkedShare);
  const stopAfterMs = parkedShare === 0 ? Number.POSITIVE_INFINITY : (loadCost - wakeCost) / parkedShare;
  return parkAfterMs < stopAfterMs ? { parkAfterMs, stopAfterMs } : hotOnly;
}

export class SkiRental implements FleetPolicy {
  readonly name: string;
  readonly tickMs = null;
  readonly #gamma: number | null;
  readonly #rng: Rng | null;

  /** Without `gamma` the fleet's own exchange rate is used; with a `seed` the randomised rule. */
  constructor(name: string, options: { readonly gamma: number | null; readonly seed?: number }) {
    this.name = name;
    this.#gamma = options.gamma;
    this.#rng = options.seed === undefined ? null : makeRng(options.seed);
  }

  windows(_pool: number, fleet: Fleet): IdleWindows {
    const full = planEnvelope(fleet.figures, this.#gamma ?? fleet.figures.gamma);
    if (this.#rng === null) return full;
    const stretch = Math.log(1 + this.#rng() * (Math.E - 1));
    return { parkAfterMs: full.parkAfterMs * stretch, stopAfterMs: full.stopAfterMs * stretch };
  }
}
