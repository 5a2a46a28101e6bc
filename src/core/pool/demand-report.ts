// What a pool tells the planner: what happened since it last asked, and the figures that a plan is made from. Pure.
import type { RunOnItsWay } from '../demand/on-their-way.ts';
import { planInForce } from './need.ts';
import { speculationOf, type Speculation } from './speculation.ts';
import type { DemandEvent } from './journal.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolLedger, PoolState, Replica } from './pool-state.ts';

export interface DemandReport {
  /** Number of the last event: what the next report is to begin after. */
  readonly seq: number;
  readonly nowMs: number;
  /** Arrivals and changes of level after the event that was asked from, in order of time. */
  readonly events: readonly DemandEvent[];
  /** Whether some of them were told without names, or not at all, for want of room. */
  readonly truncated: boolean;
  /** Replicas in use, or wanted by who waits: the level that holds now. */
  readonly busy: number;
  /** Hot replicas, how many of them nobody uses, replicas that load or wake, and parked ones with those on their way there. */
  readonly hot: number;
  readonly idle: number;
  readonly coming: number;
  readonly parked: number;
  /** Replicas that load to be parked, and all that load ahead of demand: what that costs is not on the books yet. */
  readonly preparking: number;
  readonly loadingAhead: number;
  readonly waiting: number;
  readonly speculation: Speculation;
  /** What a load and a wake took of late, from being wanted to being ready; null before the first. */
  readonly loadMs: number | null;
  readonly wakeMs: number | null;
  readonly served: PoolLedger['served'];
  /** How long requests waited that met no hot replica, in all. */
  readonly coldWaitMs: number;
  readonly parkedWaitMs: number;
  /** The same once for each replica that came up: how many were waited for with a whole load, and how long all of them. */
  readonly levels: PoolLedger['levels'];
  /** Starts are blocked until then, after failures; null when they are not. */
  readonly blockedUntilMs: number | null;
  /** Since when the backend has been out of reach; null while it answers. */
  readonly downSinceMs: number | null;
  /** End of the plan in force; null without one. */
  readonly plannedUntilMs: number | null;
  /** Runs of compound functions that are on their way here. */
  readonly expected: readonly RunOnItsWay[];
}

/** The report that follows the one which ended with event `sinceSeq`; 0 asks for all there is. */
export function reportDemand(
  settings: PoolSettings,
  state: PoolState,
  nowMs: number,
  sinceSeq: number,
): DemandReport {
  const { ledger, journal, backend } = state;
  const replicas = [...state.replicas.values()];
  const count = (is: (replica: Replica) => boolean): number => replicas.filter(is).length;
  const { backoff } = ledger;
  return {
    seq: journal.seq,
    nowMs,
    events: journal.events.filter(({ seq }) => seq > sinceSeq),
    truncated: journal.truncatedSeq > sinceSeq,
    busy: journal.busy,
    hot: count(({ phase }) => phase === 'hot'),
    idle: count(({ phase, leases }) => phase === 'hot' && leases.length === 0),
    coming: count(({ phase, toPark }) => phase === 'waking' || (phase === 'starting' && !toPark)),
    parked: count(
      ({ phase, toPark }) => phase === 'parked' || phase === 'parking' || (phase === 'starting' && toPark),
    ),
    preparking: count(({ phase, toPark }) => phase === 'starting' && toPark),
    loadingAhead: count(({ phase, ahead }) => phase === 'starting' && ahead),
    waiting: state.waiting.length,
    speculation: speculationOf(settings, ledger, replicas, nowMs),
    loadMs: ledger.loads.loadMs,
    wakeMs: ledger.loads.wakeMs,
    served: ledger.served,
    coldWaitMs: ledger.waits.coldMs,
    parkedWaitMs: ledger.waits.parkedMs,
    levels: ledger.levels,
    blockedUntilMs: backoff !== null && backoff.untilMs > nowMs ? backoff.untilMs : null,
    downSinceMs: backend.downSinceMs,
    plannedUntilMs: planInForce({ ledger, nowMs })?.untilMs ?? null,
    expected: ledger.expected.runs
      .filter(({ untilMs }) => untilMs > nowMs)
      .map(({ probability, startMs, untilMs }) => ({ probability, startMs, untilMs })),
  };
}
