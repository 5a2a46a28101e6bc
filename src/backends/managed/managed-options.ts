// What a managed backend is made with: its place, where its lives are kept, and who shares the account with it. Owns the words.
import type { LifeStore, ManagedPlace } from './managed-place.ts';

export interface ManagedOptions {
  /** The version that the place serves. */
  readonly version: string;
  readonly place: ManagedPlace;
  readonly lives: LifeStore;
  /** Containers that this place may have, all in all, as of now. */
  containersMax(): number;
  /** Idle containers beside the floor; null = what the pools' plans ask for. */
  readonly buffer: number | null;
  /** Who shares the quota; left out where nobody does. */
  readonly sharing?: Sharing;
  readonly idleMs: number;
  /** Whether a stop is over when the place runs no more than is wanted, and not as soon as it has heard; left out: it is. */
  readonly awaitsEnd?: boolean;
  /** How long a container that the place has no room for is waited for before its start is refused. */
  readonly shortageMs?: number;
  now(): number;
  wait(ms: number): Promise<void>;
  /** Between two looks at a place that is awaited. */
  readonly lookEveryMs?: number;
}

/** What others of the same account say and hear. */
export interface Sharing {
  /** Whether all of them know what they hold: until then nothing more is begun. */
  isKnown(): boolean;
  /** Whether somebody was refused of late: buffers of plans make room for replicas. */
  isShort(): boolean;
  /** Somebody is refused now. */
  tellShort(): void;
}
