// How long an idle replica is kept, whatever the forecast says: the ski-rental windows that need no forecast, and the limits that trust
// in one leaves. Pure.
import { buyCosts, isParkingWorthwhile, type WarmthFigures } from './exchange.ts';

/** Hot since it became idle, parked since it was parked. `Infinity` = no limit. */
export interface KeepWindows {
  readonly hotMinMs: number;
  readonly hotMaxMs: number;
  readonly parkedMinMs: number;
  readonly parkedMaxMs: number;
}

/**
 * Ski-rental (Karlin, Manasse, Rudolph, Sleator 1988): hot until what was paid for idling equals what a wake would have cost, then
 * parked until it equals what a load would have cost, then gone. At most twice the cost of knowing the future, for any traffic.
 */
export function skiWindows(figures: WarmthFigures): KeepWindows {
  const { hotSeconds, parkedSeconds } = buyCosts(figures);
  const hotMs = Math.round(hotSeconds * 1000);
  // The parked line is crossed this long after the replica became idle.
  const parkedMs = isParkingWorthwhile(figures) ? Math.max(0, Math.round(parkedSeconds * 1000) - hotMs) : 0;
  return { hotMinMs: hotMs, hotMaxMs: hotMs, parkedMinMs: parkedMs, parkedMaxMs: parkedMs };
}

/**
 * Trust 0 < t <= 1 keeps every decision between t times and 1/t times the ski-rental window (Purohit, Svitkina, Kumar 2018): no gap
 * costs more than 1 + 1/t times the best. 1 is ski-rental itself, 0 follows the forecast alone.
 */
export function trustWindows(figures: WarmthFigures, trust: number): KeepWindows {
  const { hotMaxMs, parkedMaxMs } = skiWindows(figures);
  if (trust <= 0) return { hotMinMs: 0, hotMaxMs: Infinity, parkedMinMs: 0, parkedMaxMs: Infinity };
  return {
    hotMinMs: Math.round(trust * hotMaxMs),
    hotMaxMs: Math.round(hotMaxMs / trust),
    parkedMinMs: Math.round(trust * parkedMaxMs),
    parkedMaxMs: Math.round(parkedMaxMs / trust),
  };
}
