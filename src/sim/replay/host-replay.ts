// The same workload over the production pools, in virtual time: what `run-replay.ts` is checked against. One pool of production code for
// each of the workload's, one slot a replica, idle windows and no plan. Slow, because production looks at its replicas every few seconds:
// for workloads of minutes to hours. Deterministic, no I/O.
//
// Where production can differ from the replay, and how that is kept out of here:
// - A command takes a round trip there; here only loads and wakes take time. A start whose load ends within `backendRetryMs` after a
//   long poll (`startPollMs`) is noticed up to that much later, here too.
// - Slots return at once here; an isolate keeps one for `holdIdleMs` for its next request.
// - Who waits is served first come first served within a tenant, and in turns between tenants; the replay knows one queue for each pool.
// - The span has no end here: windows run out, also past the last midnight. They must be finite.
import { assert, must } from '../../core/base/assert.ts';
import { Heap } from '../../core/base/heap.ts';
import type { Grant } from '../../core/pool/pool-events.ts';
import { leaseTtlMs, type PoolSettings } from '../../core/pool/pool-settings.ts';
import type { FleetFigures } from './fleet-policy.ts';
import { HostPool } from './host-pool.ts';
import type { Workload } from './workload.ts';

export interface HostReplayOptions {
  readonly workload: Workload;
  readonly figures: FleetFigures;
  /** Hot for the first after the last use, then parked for the second; null stops instead of parking. */
  readonly windows: { readonly hotIdleMs: number; readonly parkedIdleMs: number | null };
}

export interface HostReplayResult {
  /** By request. */
  readonly waitsMs: Float64Array;
  readonly starts: number;
  readonly gpuSeconds: {
    readonly busy: number;
    readonly idle: number;
    readonly load: number;
    readonly parked: number;
  };
}

/** As in the replay: at one instant what becomes free or ready comes before expiries, and these before arrivals. */
const ranks = { free: 0, alarm: 1, arrival: 2 } as const;
const rankCount = 3;
/** The clock of production is never 0. */
const startMs = 86_400_000;
/** Well within the life of a lease. */
const beatEveryMs = leaseTtlMs / 3;

export function replayOnHosts(options: HostReplayOptions): HostReplayResult {
  const world = new HostWorld(options);
  world.run();
  return world.result();
}

class HostWorld {
  readonly #options: HostReplayOptions;
  readonly #pools: readonly HostPool[];
  readonly #events = new Heap<() => void>();
  readonly #waitsMs: Float64Array;
  #nowMs = startMs;

  constructor(options: HostReplayOptions) {
    const { workload, figures } = options;
    this.#options = options;
    this.#waitsMs = new Float64Array(workload.arrivalMs.length).fill(NaN);
    this.#pools = workload.pools.map(
      (_, pool) =>
        new HostPool(settingsOf(pool, options), {
          loadMs: figures.loadMs,
          wakeMs: figures.wakeMs ?? 0,
          now: () => this.#nowMs,
          after: (delayMs, act) => this.#push(this.#nowMs + delayMs, ranks.free, act),
          alarmAfter: (delayMs, act) => this.#push(this.#nowMs + delayMs, ranks.alarm, act),
          granted: (waiterId, grant) => this.#serve(Number(waiterId), grant),
        }),
    );
    for (let request = 0; request < workload.arrivalMs.length; request += 1) {
      const atMs = startMs + (workload.arrivalMs[request] ?? 0);
      this.#push(atMs, ranks.arrival, () => this.#arrive(request));
    }
  }

  run(): void {
    for (let next = this.#events.pop(); next !== undefined; next = this.#events.pop()) {
      this.#nowMs = Math.floor(next.key / rankCount);
      next.value();
    }
  }

  result(): HostReplayResult {
    assert(
      this.#pools.every((pool) => pool.isAtRest),
      'every pool comes to rest',
    );
    assert(
      this.#waitsMs.every((waitMs) => waitMs >= 0),
      'every request is served',
    );
    const seconds = (bucket: 'busyMs' | 'idleMs' | 'loadingMs' | 'parkedMs'): number =>
      this.#pools.reduce((sum, pool) => sum + pool.pastLife[bucket], 0) / 1000;
    return {
      waitsMs: this.#waitsMs,
      starts: this.#pools.reduce((sum, pool) => sum + pool.starts, 0),
      gpuSeconds: {
        busy: seconds('busyMs'),
        idle: seconds('idleMs'),
        load: seconds('loadingMs'),
        parked: seconds('parkedMs'),
      },
    };
  }

  #push(atMs: number, rank: number, act: () => void): void {
    assert(Number.isInteger(atMs), 'times are whole milliseconds');
    this.#events.push(atMs * rankCount + rank, act);
  }

  #poolOf(request: number): HostPool {
    return must(this.#pools[this.#options.workload.pool[request] ?? 0], 'a pool of the workload');
  }

  #arrive(request: number): void {
    const { tenants, tenant } = this.#options.workload;
    const name = tenants[tenant[request] ?? 0] ?? '';
    const waiter = { id: `${request}`, tenant: name, deadlineMs: Infinity };
    this.#poolOf(request).handle({ kind: 'acquire', waiter });
  }

  #serve(request: number, { leaseId }: Grant): void {
    const { workload } = this.#options;
    this.#waitsMs[request] = this.#nowMs - startMs - (workload.arrivalMs[request] ?? 0);
    const endMs = this.#nowMs + (workload.execMs[request] ?? 0);
    this.#push(endMs, ranks.free, () =>
      this.#poolOf(request).handle({ kind: 'release', leaseId, outcome: 'served' }),
    );
    this.#beat(request, leaseId, endMs);
  }

  /** Keeps the lease alive until the request ends. */
  #beat(request: number, leaseId: string, endMs: number): void {
    const atMs = this.#nowMs + beatEveryMs;
    if (atMs >= endMs) return;
    this.#push(atMs, ranks.free, () => {
      this.#poolOf(request).handle({ kind: 'beat', leaseIds: [leaseId], reused: 0 });
      this.#beat(request, leaseId, endMs);
    });
  }
}

function settingsOf(pool: number, { workload, figures, windows }: HostReplayOptions): PoolSettings {
  const { hotIdleMs, parkedIdleMs } = windows;
  assert(hotIdleMs < Infinity && (parkedIdleMs ?? 0) < Infinity, 'idle windows are finite');
  assert(parkedIdleMs === null || figures.wakeMs !== null, 'only what can be woken is parked');
  const name = workload.pools[pool] ?? '';
  return {
    pool: `${name}@1~sim`,
    version: `${name}@1`,
    place: 'sim',
    slots: 1,
    replicasMax: workload.arrivalMs.length + 1,
    floor: 0,
    parking: parkedIdleMs !== null,
    isFixed: false,
    hotIdleMs,
    parkedIdleMs: parkedIdleMs ?? 0,
    startTimeoutMs: 10 * (figures.loadMs + leaseTtlMs),
    queueMax: workload.arrivalMs.length + 1,
    waitTargetMs: null,
    hotMicrosPerSecond: 1,
    parkedMicrosPerSecond: 1,
    gamma: figures.gamma,
    loadGuessMs: figures.loadMs,
    wakeGuessMs: figures.wakeMs ?? figures.loadMs,
  };
}
