// Forecasts that wait for what comes: per horizon a short ring of rows of numbers, each row made at the beginning of some minute and
// answered one horizon later. Constant memory. Pure.
import { horizonsMs } from '../forecast.ts';
import type { TapeReader, TapeWriter } from './number-tape.ts';
import { minuteMs } from './pool-trail.ts';

/** A forecast to learn from is made so often; longer horizons overlap, which teaches more of the same day. */
const everyMs = [minuteMs, 5 * minuteMs, 15 * minuteMs] as const;

/** Whether a forecast of this horizon is made at the beginning of this minute. */
export function isLessonTime(slot: number, atMs: number): boolean {
  return atMs % (everyMs[slot] ?? minuteMs) === 0;
}

/** Whether forecasts made at such times do not overlap: each is answered before the next is made. */
export function standsAlone(slot: number, madeMs: number): boolean {
  return madeMs % (horizonsMs[slot] ?? minuteMs) === 0;
}

export class Lessons {
  /** Moment each row was made, or -1. */
  readonly #madeMs: Float64Array;
  readonly #rows: readonly Float64Array[];
  readonly #slot: number;

  constructor(slot: number, width: number) {
    const places = (horizonsMs[slot] ?? 0) / (everyMs[slot] ?? 1);
    this.#slot = slot;
    this.#madeMs = new Float64Array(places).fill(-1);
    this.#rows = Array.from({ length: places }, () => new Float64Array(width));
  }

  #placeOf(atMs: number): number {
    return (atMs / (everyMs[this.#slot] ?? 1)) % this.#rows.length;
  }

  /** The row to fill for a forecast made now; the one before it in the same place was answered or is lost. */
  begin(nowMs: number): Float64Array {
    const place = this.#placeOf(nowMs);
    this.#madeMs[place] = nowMs;
    return this.#rows[place] ?? new Float64Array(0);
  }

  /** The row made at this moment; null when there is none. */
  made(atMs: number): Float64Array | null {
    if (!isLessonTime(this.#slot, atMs) || atMs < 0) return null;
    const place = this.#placeOf(atMs);
    return this.#madeMs[place] === atMs ? (this.#rows[place] ?? null) : null;
  }

  write(tape: TapeWriter): void {
    tape.putAll(this.#madeMs);
    for (const row of this.#rows) tape.putAll(row);
  }

  read(tape: TapeReader): void {
    tape.takeInto(this.#madeMs);
    for (const row of this.#rows) tape.takeInto(row);
  }
}
