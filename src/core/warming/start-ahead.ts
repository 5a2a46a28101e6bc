// How many replicas may be started ahead of demand: what such starts cost for nothing stays within a share of what is paid in any case,
// over all pools together. Owns that budget's arithmetic; who wants starts is the warmer's. Pure.
import type { DemandReport } from '../pool/demand-report.ts';
import type { BrainPoolState, Issued } from './brain-pool.ts';

/** A pool's replicas that count for starts ahead of demand; one that nothing is known of lately is at rest. */
export type Standing = Pick<
  DemandReport,
  'busy' | 'hot' | 'coming' | 'parked' | 'loadingAhead' | 'blockedUntilMs' | 'downSinceMs'
>;

const atRest: Standing = {
  busy: 0,
  hot: 0,
  coming: 0,
  parked: 0,
  loadingAhead: 0,
  blockedUntilMs: null,
  downSinceMs: null,
};

/** How a pool stands by a report that is not older than `ageMsMax`. */
export function standingOf({ report }: BrainPoolState, nowMs: number, ageMsMax: number): Standing {
  return report === null || nowMs - report.nowMs > ageMsMax ? atRest : report;
}

export interface Wish {
  readonly warmTo: number;
  readonly parkTo: number;
}

export interface StartRoom {
  /** Starts that the budget for speculation still bears, and GPUs to load those on that are to be parked. */
  readonly starts: number;
  readonly toPark: number;
}

/**
 * The wish as far as there is room. What is there, or comes for those who are here, needs no start; replicas to be hot go before
 * replicas to be parked. Nothing is wished of a backend that is out of reach or refuses to start.
 */
export function startAhead(
  wish: Wish,
  standing: Standing,
  nowMs: number,
  room: StartRoom,
): { readonly wish: Wish; readonly issued: Issued } {
  const { busy, hot, coming, parked } = standing;
  if (isBlocked(standing, nowMs)) return { wish: { warmTo: 0, parkTo: 0 }, issued: { starts: 0, toPark: 0 } };
  const have = Math.max(busy, hot + coming + parked);
  const warm = Math.max(0, Math.min(wish.warmTo - have, room.starts));
  const missing = wish.parkTo - have - warm;
  const toPark = Math.max(0, Math.min(missing, room.starts - warm, room.toPark));
  return {
    wish: {
      warmTo: Math.min(wish.warmTo, have + warm),
      parkTo: Math.min(wish.parkTo, have + warm + toPark),
    },
    issued: { starts: warm + toPark, toPark },
  };
}

/** Whether its backend is out of reach, or refuses to start. */
export function isBlocked({ blockedUntilMs, downSinceMs }: Standing, nowMs: number): boolean {
  return (blockedUntilMs !== null && blockedUntilMs > nowMs) || downSinceMs !== null;
}

/**
 * Starts of one pool that the budget bears: `speculated + starts x load <= share x grounded`, in money. Loads that run ahead of demand or
 * were asked for count whole, though part of them may be on the books already. What the pool itself was asked for is asked for anew.
 */
export function affordableStarts(
  pools: readonly BrainPoolState[],
  at: number,
  { share, standing }: { readonly share: number; standing(at: number): Standing },
): number {
  if (share === Infinity) return Infinity;
  let left = 0;
  for (const [index, pool] of pools.entries()) {
    const { speculated, grounded } = pool.spent;
    const begun = standing(index).loadingAhead + (index === at ? 0 : pool.issued.starts);
    left += share * grounded - speculated - begun * startCost(pool);
  }
  const pool = pools[at];
  if (pool === undefined || left < 0) return 0;
  const cost = startCost(pool);
  return cost === 0 ? Infinity : Math.floor(left / cost);
}

function startCost({ figures }: BrainPoolState): number {
  return figures.loadSeconds * (figures.price ?? 1);
}
