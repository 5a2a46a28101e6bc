// What a pool has paid for replicas that nobody had used, beside what it paid anyway: the two sides of a planner's budget. Derived from
// the lives and the counters on the books, in milliseconds of a hot replica. Pure.
import { addLives, charge } from './replica-life.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolLedger, Replica } from './pool-state.ts';

/** Parked milliseconds count by the share of the hot price that they cost. `speculatedMs + groundedMs` = idle + loading + parked. */
export interface Speculation {
  /** Loading, idle and parked time of replicas brought up ahead of demand, of those never used and of those not used yet. */
  readonly speculatedMs: number;
  /** The same of all others: loads that somebody waited for, and whatever followed the first use. */
  readonly groundedMs: number;
  /** Replicas brought up ahead of demand that were used, and that were gone before anybody used them. */
  readonly useful: number;
  readonly wasted: number;
}

/** The figures up to `nowMs`. */
export function speculationOf(
  settings: PoolSettings,
  ledger: PoolLedger,
  replicas: Iterable<Replica>,
  nowMs: number,
): Speculation {
  let { life } = ledger.past;
  let { hotMs, parkedMs } = ledger.speculation;
  for (const replica of replicas) {
    const charged = charge(replica, nowMs);
    life = addLives(life, charged.life);
    hotMs += charged.speculated.hotMs;
    parkedMs += charged.speculated.parkedMs;
  }
  const { hotMicrosPerSecond, parkedMicrosPerSecond } = settings;
  const share = hotMicrosPerSecond > 0 ? parkedMicrosPerSecond / hotMicrosPerSecond : 0;
  return {
    speculatedMs: Math.round(hotMs + share * parkedMs),
    groundedMs: Math.round(life.idleMs + life.loadingMs - hotMs + share * (life.parkedMs - parkedMs)),
    useful: ledger.speculation.useful,
    wasted: ledger.speculation.wasted,
  };
}
