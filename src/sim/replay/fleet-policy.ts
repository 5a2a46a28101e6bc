// What a warming policy sees and may do in the simulator. Every rival and our own policy stand behind this one interface, so that
// what differs between two results is the policy and nothing else. Times are ms of virtual time; pools are indices.

/** Prices and times that a policy may count on. They are expectations: the load of one start may differ. */
export interface FleetFigures {
  readonly loadMs: number;
  /** What a wake from parked takes; null when this fleet cannot park. */
  readonly wakeMs: number | null;
  /** Price of a parked second as a share of a hot one; 0 without parking. */
  readonly parkedShare: number;
  /** Exchange rate: GPU-seconds that one second of cold waiting is worth. */
  readonly gamma: number;
}

/** The fleet as a policy finds it. No method tells anything of the future. */
export interface Fleet {
  readonly nowMs: number;
  readonly poolCount: number;
  readonly figures: FleetFigures;
  busy(pool: number): number;
  /** Hot replicas without a request. */
  idle(pool: number): number;
  /** Replicas that load or wake and that no request waits for. */
  coming(pool: number): number;
  /** Those of them that are parked as soon as they are loaded. */
  preparking(pool: number): number;
  parked(pool: number): number;
  /** For how long the replica that became idle first has been idle; -1 when none is. Likewise parked. */
  oldestIdleMs(pool: number): number;
  oldestParkedMs(pool: number): number;
  /** For how long each idle replica has been idle, the longest first; likewise parked. */
  idleAgesMs(pool: number): readonly number[];
  parkedAgesMs(pool: number): readonly number[];
  /** Starts one replica ahead of demand; it is hot and idle once loaded. `forRun`: for a run on its way. */
  prewarm(pool: number, forRun?: boolean): void;
  /** Starts one replica that is parked as soon as it is loaded. */
  prepark(pool: number): void;
  /** Gives up the load that `prewarm` began last with `forRun` and that nobody waits for; false when there is none. */
  abort(pool: number): boolean;
  /** One that is on its way to being parked stays hot instead; false when there is none. */
  claim(pool: number): boolean;
  /** Wakes the replica that was parked last; false when none is parked. */
  wake(pool: number): boolean;
  /** Ends the replica that has been idle longest; false when none is idle. */
  stopIdle(pool: number): boolean;
  parkIdle(pool: number): boolean;
  /** Ends the replica that has been parked longest. */
  stopParked(pool: number): boolean;
  /** `onTimer` is called for the pool at that moment; a later call for the same pool replaces it, null forgets it. */
  callAt(pool: number, atMs: number | null): void;
  /** GPU-seconds paid so far for replicas started ahead of demand that were never used, or are not yet used. */
  speculatedSeconds(): number;
  /** GPU-seconds paid so far that any policy pays: idle time of replicas that were used, and loads that a request waited for. */
  groundedSeconds(): number;
  /** GPU-seconds paid so far in all: idle, loading, and parked at its share. */
  paidSeconds(): number;
  /** Seconds that requests have waited so far, as far as their wait is certain. */
  waitedSeconds(): number;
}

/** What a run of a function does; a policy hears of it as the host of the run would tell. */
export interface RunNews {
  /** It asks for a pool; the replica that it waited for is ready; it has left the pool; it has ended. */
  readonly kind: 'asks' | 'hot' | 'leaves' | 'ends';
  readonly run: number;
  readonly function: number;
  readonly request: number;
  readonly pool: number;
}

/** Exact idle windows, counted from the moment a replica becomes idle; Infinity = never. */
export interface IdleWindows {
  readonly parkAfterMs: number;
  readonly stopAfterMs: number;
}

export interface FleetPolicy {
  /** As it is spelt on the command line, with its parameters: `fixed:600`. */
  readonly name: string;
  /** How often `onTick` is called; null = never. Ticks fall on multiples of it. */
  readonly tickMs: number | null;
  /** Traffic from before the replayed span; nothing of it is measured. `endMs` is where the replay begins. */
  learn?(history: { readonly arrivals: Iterable<PastArrival>; readonly endMs: number }): void;
  /** Called once before the first event. */
  begin?(fleet: Fleet): void;
  /** A request has arrived and is not placed yet. */
  onArrival?(pool: number, tenant: number, fleet: Fleet): void;
  /** Where the workload has runs of functions: called before what else follows from the same moment. */
  onRun?(news: RunNews, fleet: Fleet): void;
  /** A request has ended; its replica is idle now (or serves the next one that waits). */
  onEnd?(pool: number, fleet: Fleet): void;
  /** A replica that nobody waited for has loaded or woken: it is idle, or parked, now. */
  onReady?(pool: number, fleet: Fleet): void;
  onTimer?(pool: number, fleet: Fleet): void;
  onTick?(fleet: Fleet): void;
  /** Asked each time a replica becomes idle; without it only ticks and timers put replicas away. */
  windows?(pool: number, fleet: Fleet): IdleWindows;
}

export interface PastArrival {
  readonly atMs: number;
  readonly pool: number;
  readonly tenant: number;
  readonly execMs: number;
}
