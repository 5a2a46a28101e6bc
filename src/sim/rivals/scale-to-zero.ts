// The two ends of every comparison. Scale to zero: a replica ends with its request, so every request waits for a load, and nothing idles.
// Always on: one replica in each pool from the start, and none that was ever started ends. No forecast, no parameter.
import type { Fleet, FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';

const never = Number.POSITIVE_INFINITY;

export class ScaleToZero implements FleetPolicy {
  readonly name = 'zero';
  readonly tickMs = null;

  windows(): IdleWindows {
    return { parkAfterMs: never, stopAfterMs: 0 };
  }
}

export class AlwaysOn implements FleetPolicy {
  readonly name = 'always-on';
  readonly tickMs = null;

  begin(fleet: Fleet): void {
    for (let pool = 0; pool < fleet.poolCount; pool += 1) fleet.prewarm(pool);
  }

  windows(): IdleWindows {
    return { parkAfterMs: never, stopAfterMs: never };
  }
}
