// Did a pool decide what its state machine decides? Tells the state machine of the simulator every recorded event at its recorded time and
// compares what follows: each command, grant and refusal. Same code, same input: not one may differ. No I/O.
import { decidePool } from '../../core/pool/decide-pool.ts';
import type { PoolEffect } from '../../core/pool/pool-events.ts';
import { restoreState } from '../../core/pool/pool-state.ts';
import type { PoolRecording } from '../../hosts/pool-recorder.ts';

/** A whole record: its pages, one after the other. */
export type WholePoolRecording = Omit<PoolRecording, 'next'>;

export interface PoolMismatch {
  readonly pool: string;
  readonly nowMs: number;
  /** The kind of the event. */
  readonly event: string;
  readonly recorded: readonly PoolEffect[];
  readonly found: readonly PoolEffect[];
}

export interface PoolsCheck {
  readonly events: number;
  readonly effects: number;
  readonly mismatchCount: number;
  /** At most `mismatchesMax` of them. */
  readonly mismatches: readonly PoolMismatch[];
  /** Events that no record had room for: nothing is said of them. */
  readonly lost: number;
}

const mismatchesMax = 20;

export function checkPools(recordings: readonly WholePoolRecording[]): PoolsCheck {
  const mismatches: PoolMismatch[] = [];
  let [events, effects, mismatchCount, lost] = [0, 0, 0, 0];
  for (const { settings, opened, notes, lost: lostHere } of recordings) {
    let state = restoreState(opened.ledger, opened.replicas, opened.nowMs);
    lost += lostHere;
    for (const { nowMs, events: together, effects: recorded } of notes) {
      const decision = decidePool(settings, state, together, nowMs);
      state = decision.state;
      events += together.length;
      effects += recorded.length;
      // As JSON: that is how the record came here.
      if (JSON.stringify(recorded) === JSON.stringify(decision.effects)) continue;
      mismatchCount += 1;
      const { pool } = settings;
      if (mismatches.length < mismatchesMax)
        mismatches.push({
          pool,
          nowMs,
          event: together.map(({ kind }) => kind).join(', '),
          recorded,
          found: decision.effects,
        });
    }
  }
  return { events, effects, mismatchCount, mismatches, lost };
}
