// Runs one policy over one workload in virtual time and says what it cost. Owns the order of time (events, ticks, arrivals), the ends
// of the span and the result's shape; what happens at each moment is replay-fleet.ts. Deterministic, no I/O, no clock.
import { assert } from '../../core/base/assert.ts';
import type { FleetFigures, FleetPolicy, PastArrival } from './fleet-policy.ts';
import { ReplayFleet } from './replay-fleet.ts';
import type { WaitFigures } from './request-log.ts';
import { phases, type Phase } from './sim-replica.ts';
import type { Workload } from './workload.ts';

const dayMs = 86_400_000;
const progressSteps = 100;

export interface ReplayOptions {
  readonly workload: Workload;
  readonly figures: FleetFigures;
  readonly policy: FleetPolicy;
  /** What one start takes, in ms; without it every load takes `figures.loadMs`. */
  readonly drawLoadMs?: () => number;
  /** Earlier traffic, for the policy to learn from: its clock ends where the replay's begins. Indices are those of `workload`. */
  readonly history?: Workload;
  /**
   * `own` (default): a request that finds nothing hot wakes the replica parked last, else takes the coming one that is ready first, else
   * starts one, and waits for that one whatever becomes free meanwhile. `shared`, as in production: who waits forms one queue for each
   * pool, whatever becomes free or ready takes who waits longest, and a newcomer starts one only when those that come do not suffice.
   */
  readonly queueing?: 'own' | 'shared';
  /** Called about a hundred times with the share of the span that has passed. */
  readonly onProgress?: (share: number) => void;
  /** Called once for each request as soon as its wait is certain. */
  readonly onServed?: (request: number, waitMs: number) => void;
}

export interface ReplayDay {
  readonly requests: number;
  readonly cold: number;
  readonly waitSeconds: number;
  readonly idleSeconds: number;
  readonly loadSeconds: number;
  readonly parkedSeconds: number;
}

export interface ReplayResult {
  readonly policy: string;
  readonly gamma: number;
  readonly requests: number;
  /** Requests that waited for a load, and for a wake. */
  readonly cold: number;
  readonly woken: number;
  readonly coldShare: number;
  /** In seconds, over all requests. */
  readonly wait: WaitFigures;
  /** `total` is the fleet's lifetime: the plain sum, parked seconds at full length. Wakes count as load. */
  readonly gpuSeconds: {
    readonly busy: number;
    readonly idle: number;
    readonly load: number;
    readonly parked: number;
    readonly total: number;
  };
  /** In GPU-seconds: idle + load + parkedShare x parked + gamma x waits. Busy seconds are the same for every policy and left out. */
  readonly cost: number;
  readonly starts: number;
  /** Starts and wakes ahead of demand: a request came for it, or it was put away unused. */
  readonly prewarms: { readonly useful: number; readonly wasted: number };
  /** The largest difference between lifetimes and charged seconds, of one replica or of all together; 0 but for rounding. */
  readonly lifetimeCheck: number;
  /** By day of the replay: waits on the day of arrival, seconds on the day they passed. */
  readonly days: readonly ReplayDay[];
}

export function runReplay(options: ReplayOptions): ReplayResult {
  const { workload, figures, policy, history } = options;
  const beginMs = history?.endMs ?? 0;
  const days = Math.max(1, Math.ceil(workload.endMs / dayMs));
  const fleet = new ReplayFleet({
    workload,
    figures,
    policy,
    beginMs,
    days,
    queueing: options.queueing ?? 'own',
    drawLoadMs: options.drawLoadMs,
    onServed: options.onServed,
  });
  if (history !== undefined) policy.learn?.({ arrivals: pastArrivals(history), endMs: history.endMs });
  policy.begin?.(fleet.seen);
  passSpan(fleet, options, beginMs);
  finish(fleet, beginMs + workload.endMs);
  options.onProgress?.(1);
  return readResult(fleet, options, days);
}

/** Walks the span in order of time. At one instant: what ends or gets ready, expiries, timers, then ticks, then arrivals. */
function passSpan(fleet: ReplayFleet, options: ReplayOptions, beginMs: number): void {
  const { workload, policy } = options;
  const { arrivalMs } = workload;
  const { yard } = fleet;
  const endMs = beginMs + workload.endMs;
  const everyMs = tickEveryMs(policy);
  const report = progressReporter(options, beginMs);
  let tickMs = everyMs === Infinity ? Infinity : Math.ceil(beginMs / everyMs) * everyMs;
  const comesByItself = (at: number): boolean =>
    workload.runs === undefined || workload.runs.after[at] === -1;
  let request = 0;
  for (;;) {
    while (request < arrivalMs.length && !comesByItself(request)) request += 1;
    const event = yard.events.peek();
    const eventMs = event === undefined ? Infinity : event.atMs;
    const requestMs = request < arrivalMs.length ? beginMs + (arrivalMs[request] ?? 0) : Infinity;
    const nextMs = Math.min(eventMs, tickMs, requestMs);
    // At the very end only what was due happens still: nobody is asked for what comes after.
    if (nextMs > endMs || (nextMs === endMs && eventMs > endMs)) break;
    assert(nextMs >= yard.nowMs, 'time does not run backwards: the workload is sorted');
    yard.nowMs = nextMs;
    if (event !== undefined && eventMs === nextMs) {
      yard.events.pop();
      fleet.happen(event);
    } else if (tickMs === nextMs) {
      policy.onTick?.(fleet.seen);
      tickMs += everyMs;
    } else {
      fleet.arrive(request);
      request += 1;
    }
    report?.(nextMs);
  }
  assert(request === arrivalMs.length, 'every request comes before the end of the span');
}

function tickEveryMs(policy: FleetPolicy): number {
  if (policy.onTick === undefined || policy.tickMs === null) return Infinity;
  assert(policy.tickMs > 0, 'ticks lie apart');
  return policy.tickMs;
}

function progressReporter(options: ReplayOptions, beginMs: number): ((nowMs: number) => void) | null {
  const { onProgress, workload } = options;
  if (onProgress === undefined) return null;
  let dueMs = beginMs;
  return (nowMs) => {
    if (nowMs < dueMs) return;
    onProgress((nowMs - beginMs) / workload.endMs);
    dueMs = nowMs + workload.endMs / progressSteps;
  };
}

/** Idle and parked replicas are removed at the end of the span; requests and loads under way run to their own end. */
function finish(fleet: ReplayFleet, endMs: number): void {
  const { yard } = fleet;
  yard.nowMs = endMs;
  fleet.close();
  for (let event = yard.events.pop(); event !== undefined; event = yard.events.pop()) {
    yard.nowMs = event.atMs;
    fleet.happen(event);
  }
}

function* pastArrivals(history: Workload): Generator<PastArrival> {
  for (let at = 0; at < history.arrivalMs.length; at += 1) {
    yield {
      atMs: history.arrivalMs[at] ?? 0,
      pool: history.pool[at] ?? 0,
      tenant: history.tenant[at] ?? 0,
      execMs: history.execMs[at] ?? 0,
    };
  }
}

function readResult(fleet: ReplayFleet, options: ReplayOptions, days: number): ReplayResult {
  const { figures, policy, workload } = options;
  const { log } = fleet;
  const { ledger, starts } = fleet.yard;
  const seconds = (phase: Phase): number => (ledger.sumsMs[phase] ?? 0) / 1000;
  const busy = seconds(phases.busy);
  const idle = seconds(phases.idle);
  const load = seconds(phases.load);
  const parked = seconds(phases.parked);
  const requests = workload.arrivalMs.length;
  return {
    policy: policy.name,
    gamma: figures.gamma,
    requests,
    cold: log.cold,
    woken: log.woken,
    coldShare: requests === 0 ? 0 : log.cold / requests,
    wait: log.waits(),
    gpuSeconds: { busy, idle, load, parked, total: busy + idle + load + parked },
    cost: idle + load + figures.parkedShare * parked + (figures.gamma * log.waitSumMs) / 1000,
    starts,
    prewarms: { ...ledger.prewarms },
    lifetimeCheck: ledger.lifetimeGapMs() / 1000,
    days: Array.from({ length: days }, (_, day) => readDay(fleet, day)),
  };
}

function readDay({ log, yard }: ReplayFleet, day: number): ReplayDay {
  return {
    requests: log.dayRequests[day] ?? 0,
    cold: log.dayCold[day] ?? 0,
    waitSeconds: (log.dayWaitMs[day] ?? 0) / 1000,
    idleSeconds: yard.ledger.dayMs(day, phases.idle) / 1000,
    loadSeconds: yard.ledger.dayMs(day, phases.load) / 1000,
    parkedSeconds: yard.ledger.dayMs(day, phases.parked) / 1000,
  };
}
