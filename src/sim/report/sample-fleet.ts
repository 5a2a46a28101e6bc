// Watches the fleet minute by minute while a policy works, without disturbing it: a policy around a policy. Owns the samples alone.
import type { Fleet, FleetPolicy } from '../replay/fleet-policy.ts';
import type { FleetSample } from './day-plot.ts';

const sampleMs = 60_000;

export interface SampledPolicy {
  readonly policy: FleetPolicy;
  /** Grows while the replay runs: one a minute. */
  readonly samples: readonly FleetSample[];
}

/** `beginMs` is where the replay begins on its clock. The inner policy is called at the same moments as without the samples. */
export function sampleFleet(inner: FleetPolicy, beginMs: number): SampledPolicy {
  const samples: FleetSample[] = [];
  const everyMs = inner.onTick === undefined ? null : inner.tickMs;
  const onTick = (fleet: Fleet): void => {
    if (fleet.nowMs % sampleMs === 0) samples.push(countFleet(fleet, fleet.nowMs - beginMs));
    if (everyMs !== null && fleet.nowMs % everyMs === 0) inner.onTick?.(fleet);
  };
  const tickMs = everyMs === null ? sampleMs : commonStep(sampleMs, everyMs);
  // Everything else goes through as it is, whatever a policy may be asked.
  const policy = new Proxy(inner, {
    get(target, key): unknown {
      if (key === 'onTick') return onTick;
      if (key === 'tickMs') return tickMs;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { policy, samples };
}

function countFleet(fleet: Fleet, atMs: number): FleetSample {
  const sample = { atMs, busy: 0, idle: 0, coming: 0, parked: 0 };
  for (let pool = 0; pool < fleet.poolCount; pool += 1) {
    sample.busy += fleet.busy(pool);
    sample.idle += fleet.idle(pool);
    sample.coming += fleet.coming(pool);
    sample.parked += fleet.parked(pool);
  }
  return sample;
}

/** The longest step of which both are multiples, in whole ms. */
function commonStep(a: number, b: number): number {
  return b === 0 ? a : commonStep(b, a % b);
}
