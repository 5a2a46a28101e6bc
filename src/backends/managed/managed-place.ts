// A place that scales by itself, as far as we steer it: a Modal function, a RunPod endpoint, a Deployment. Owns the words.
import type { BackendReply } from '../backend.ts';

/** What a place is to hold between. */
export interface PlaceTarget {
  /** Containers kept whether or not anybody asks. */
  readonly floor: number;
  /** Idle ones kept beside those, for bursts. */
  readonly buffer: number;
  /** Never more than this. */
  readonly ceiling: number;
  /** How long one above the floor is kept without work. */
  readonly idleMs: number;
}

export interface PlaceSight {
  /** Base URL that all replicas of the place share, without a path; null while it has none. */
  readonly endpoint: string | null;
  /** Containers that run, whatever for. */
  readonly containers: number;
  /** Those among them that may be asked, where the place tells them apart; left out: all. */
  readonly ready?: number;
  /** Why wanted containers are not begun, where the place says so: no machine has room, or the account may have no more. */
  readonly shortage?: PlaceShortage | null;
}

export interface PlaceShortage {
  readonly kind: 'no-capacity' | 'quota';
  readonly message: string;
}

/** No call throws, and each ends within a few seconds. */
export interface ManagedPlace {
  /** Sets all figures at once. The same ones again change nothing; others may reset them at any time. */
  set(target: PlaceTarget): BackendReply<null>;
  look(): BackendReply<PlaceSight>;
  /**
   * Whether a request would be answered now. Asked only while a replica waits for its container, because the question is itself a
   * request: it would start a container where there is none, and keep one from being idle.
   */
  answers(): Promise<boolean>;
}

/** What a pool wants its place to hold, for a while. */
export interface Hold {
  readonly pool: string;
  /** Of two wishes of one pool the one of the higher order counts, whichever comes first. */
  readonly order: number;
  /** Containers, those of the floor included: what is beyond the floor is the buffer. */
  readonly containers: number;
  readonly forMs: number;
}

/** One replica as a share of the floor. */
export interface ManagedLife {
  readonly id: string;
  readonly generation: number;
  readonly pool: string;
  readonly startedMs: number;
  /** When a container was first there for it. */
  readonly readyMs: number | null;
  /** Given up: the floor does not count it, but its container may still run. */
  readonly ending: boolean;
}

/** Where the lives are kept, so that whoever comes next raises the same floor. Throws when it cannot write. */
export interface LifeStore {
  read(): readonly ManagedLife[];
  write(lives: readonly ManagedLife[]): void;
}
