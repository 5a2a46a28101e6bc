// A policy that is watched: the same one, with every decision it takes written down. Owns the record's shape; used to tell whether two
// runs of a policy decided alike. No I/O.
import type { Fleet, FleetPolicy, IdleWindows } from './fleet-policy.ts';

export interface Decision {
  readonly atMs: number;
  readonly pool: number;
  readonly what:
    | 'prewarm'
    | 'prepark'
    | 'abort'
    | 'claim'
    | 'wake'
    | 'stop-idle'
    | 'park-idle'
    | 'stop-parked'
    | 'call-at'
    | 'windows';
  /** When the timer is to fire (`null` to forget it), or both windows in ms. */
  readonly detail: string;
}

/** `policy` itself, whose every act on the fleet and every answer to `windows` goes through `note` as well. */
export function recordDecisions(policy: FleetPolicy, note: (decision: Decision) => void): FleetPolicy {
  let watched: WatchedFleet | null = null;
  // The fleet is the same object all along: one watcher is enough.
  const watch = (fleet: Fleet): Fleet => {
    watched ??= new WatchedFleet(fleet, note);
    return watched;
  };
  const noteWindows = (pool: number, fleet: Fleet, windows: IdleWindows): IdleWindows => {
    const detail = `${windows.parkAfterMs} ${windows.stopAfterMs}`;
    note({ atMs: fleet.nowMs, pool, what: 'windows', detail });
    return windows;
  };
  const { windows } = policy;
  return {
    name: policy.name,
    tickMs: policy.tickMs,
    learn: (history) => policy.learn?.(history),
    begin: (fleet) => policy.begin?.(watch(fleet)),
    onArrival: (pool, tenant, fleet) => policy.onArrival?.(pool, tenant, watch(fleet)),
    ...(policy.onRun === undefined ? {} : { onRun: (news, fleet) => policy.onRun?.(news, watch(fleet)) }),
    onEnd: (pool, fleet) => policy.onEnd?.(pool, watch(fleet)),
    onReady: (pool, fleet) => policy.onReady?.(pool, watch(fleet)),
    onTimer: (pool, fleet) => policy.onTimer?.(pool, watch(fleet)),
    onTick: (fleet) => policy.onTick?.(watch(fleet)),
    ...(windows === undefined
      ? {}
      : {
          windows: (pool, fleet) => noteWindows(pool, fleet, windows.call(policy, pool, watch(fleet))),
        }),
  };
}

class WatchedFleet implements Fleet {
  readonly #fleet: Fleet;
  readonly #note: (decision: Decision) => void;

  constructor(fleet: Fleet, note: (decision: Decision) => void) {
    this.#fleet = fleet;
    this.#note = note;
  }

  get nowMs(): number {
    return this.#fleet.nowMs;
  }

  get poolCount(): number {
    return this.#fleet.poolCount;
  }

  get figures(): Fleet['figures'] {
    return this.#fleet.figures;
  }

  busy(pool: number): number {
    return this.#fleet.busy(pool);
  }

  idle(pool: number): number {
    return this.#fleet.idle(pool);
  }

  coming(pool: number): number {
    return this.#fleet.coming(pool);
  }

  preparking(pool: number): number {
    return this.#fleet.preparking(pool);
  }

  parked(pool: number): number {
    return this.#fleet.parked(pool);
  }

  oldestIdleMs(pool: number): number {
    return this.#fleet.oldestIdleMs(pool);
  }

  oldestParkedMs(pool: number): number {
    return this.#fleet.oldestParkedMs(pool);
  }

  idleAgesMs(pool: number): readonly number[] {
    return this.#fleet.idleAgesMs(pool);
  }

  parkedAgesMs(pool: number): readonly number[] {
    return this.#fleet.parkedAgesMs(pool);
  }

  paidSeconds(): number {
    return this.#fleet.paidSeconds();
  }

  waitedSeconds(): number {
    return this.#fleet.waitedSeconds();
  }

  speculatedSeconds(): number {
    return this.#fleet.speculatedSeconds();
  }

  groundedSeconds(): number {
    return this.#fleet.groundedSeconds();
  }

  prewarm(pool: number, forRun = false): void {
    this.#write('prewarm', pool, forRun ? 'for a run' : '');
    this.#fleet.prewarm(pool, forRun);
  }

  abort(pool: number): boolean {
    this.#write('abort', pool);
    return this.#fleet.abort(pool);
  }

  prepark(pool: number): void {
    this.#write('prepark', pool);
    this.#fleet.prepark(pool);
  }

  claim(pool: number): boolean {
    this.#write('claim', pool);
    return this.#fleet.claim(pool);
  }

  wake(pool: number): boolean {
    this.#write('wake', pool);
    return this.#fleet.wake(pool);
  }

  stopIdle(pool: number): boolean {
    this.#write('stop-idle', pool);
    return this.#fleet.stopIdle(pool);
  }

  parkIdle(pool: number): boolean {
    this.#write('park-idle', pool);
    return this.#fleet.parkIdle(pool);
  }

  stopParked(pool: number): boolean {
    this.#write('stop-parked', pool);
    return this.#fleet.stopParked(pool);
  }

  callAt(pool: number, atMs: number | null): void {
    this.#write('call-at', pool, `${atMs}`);
    this.#fleet.callAt(pool, atMs);
  }

  #write(what: Decision['what'], pool: number, detail = ''): void {
    this.#note({ atMs: this.nowMs, pool, what, detail });
  }
}
