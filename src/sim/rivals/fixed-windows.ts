// Rivals with fixed idle windows: keep-alive (`fixed:600`) and two tiers (`two-tier:60:3600`, hot for the first, parked up to the second).
// What every serverless GPU platform offers. Pure.
import type { FleetPolicy, IdleWindows } from '../replay/fleet-policy.ts';

/** Stops a replica exactly `keepAliveSeconds` after it became idle; Infinity keeps it for good. */
export function fixedKeepAlive(keepAliveSeconds: number): FleetPolicy {
  return fixedWindows(`fixed:${keepAliveSeconds}`, {
    parkAfterMs: Infinity,
    stopAfterMs: keepAliveSeconds * 1000,
  });
}

/** Parks a replica `hotSeconds` after it became idle and stops it `totalSeconds` after that same moment. */
export function fixedTwoTier(hotSeconds: number, totalSeconds: number): FleetPolicy {
  return fixedWindows(`two-tier:${hotSeconds}:${totalSeconds}`, {
    parkAfterMs: hotSeconds * 1000,
    stopAfterMs: totalSeconds * 1000,
  });
}

function fixedWindows(name: string, windows: IdleWindows): FleetPolicy {
  return { name, tickMs: null, windows: () => windows };
}
