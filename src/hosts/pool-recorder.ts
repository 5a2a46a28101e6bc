// Writes down what happened to a pool and what followed from it, event by event, so that the same events can be decided anew elsewhere
// and compared. Owns the record and its bound. For development alone.
import type { PoolEffect, PoolEvent } from '../core/pool/pool-events.ts';
import type { PoolSettings } from '../core/pool/pool-settings.ts';
import type { PoolLedger, Replica } from '../core/pool/pool-state.ts';

export interface PoolNote {
  readonly nowMs: number;
  /** Those that came together. */
  readonly events: readonly PoolEvent[];
  readonly effects: readonly PoolEffect[];
}

/** Every event of a record with its time, in order. */
export function eventsIn(
  notes: readonly PoolNote[],
): readonly { readonly nowMs: number; readonly event: PoolEvent }[] {
  return notes.flatMap(({ nowMs, events }) => events.map((event) => ({ nowMs, event })));
}

/** A page of the record: the notes from one on, at most `poolPageMax`. */
export interface PoolRecording {
  readonly settings: PoolSettings;
  /** What the pool's object read when it began to live. */
  readonly opened: {
    readonly nowMs: number;
    readonly ledger: PoolLedger;
    readonly replicas: readonly Replica[];
  };
  readonly notes: readonly PoolNote[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
  /** Events after the record was full. */
  readonly lost: number;
}

/** Far more than half an hour of trace makes of a pool at sixty times its speed. */
export const poolNotesMax = 20_000;
export const poolPageMax = 500;

export class PoolRecorder {
  readonly #settings: PoolSettings;
  readonly #opened: PoolRecording['opened'];
  readonly #notes: PoolNote[] = [];
  #lost = 0;

  constructor(settings: PoolSettings, opened: PoolRecording['opened']) {
    this.#settings = settings;
    this.#opened = opened;
  }

  note(note: PoolNote): void {
    // The first ones are kept: what came after a gap could not be decided anew.
    if (this.#notes.length < poolNotesMax) this.#notes.push(note);
    else this.#lost += 1;
  }

  /** Notes from number `from` on (0 = the first). */
  recording(from: number): PoolRecording {
    const to = from + poolPageMax;
    return {
      settings: this.#settings,
      opened: this.#opened,
      notes: this.#notes.slice(from, to),
      next: to < this.#notes.length ? to : null,
      lost: this.#lost,
    };
  }
}
