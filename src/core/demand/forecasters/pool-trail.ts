// What is remembered of one pool's arrivals: running totals at each of the last minutes and at each ten minutes of the last eight days,
// fading counts, and when the last one came. Constant memory, 10 KB. Owns no forecast. Pure.
import type { TapeReader, TapeWriter } from './number-tape.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
const slotMs = 10 * minuteMs;
/** Last hour and some, for the count of the last horizon. */
const minutesKept = 64;
/** Seven days back, an hour either side. */
const slotsKept = 7 * 144 + 24;
export const seasonDays = 7;

/** Time constants of the fading counts. */
export const fadeTausMs = [minuteMs, 5 * minuteMs, 30 * minuteMs, 60 * minuteMs, dayMs] as const;

export class PoolTrail {
  /** All arrivals so far. */
  total = 0;
  /** Of the last arrival and of the first; -1 before any. */
  lastMs = -1;
  firstMs = -1;
  readonly #fading = new Float64Array(fadeTausMs.length);
  readonly #minutes = new Float64Array(minutesKept);
  readonly #slots = new Float64Array(slotsKept);
  /** Latest minute whose beginning is in the ring. */
  #minute = -1;

  get isUsed(): boolean {
    return this.firstMs >= 0;
  }

  /** The beginning of the latest minute that `turn` was called for. */
  get turnedMs(): number {
    return this.#minute * minuteMs;
  }

  arrive(atMs: number, count: number): void {
    if (this.firstMs < 0) this.#begin(atMs);
    for (let at = 0; at < fadeTausMs.length; at += 1) this.#fading[at] = this.#faded(at, atMs) + count;
    this.lastMs = atMs;
    this.total += count;
  }

  #begin(atMs: number): void {
    this.firstMs = atMs;
    this.lastMs = atMs;
    this.#minute = Math.floor(atMs / minuteMs);
  }

  /** A minute begins: notes the total. Nothing came in minutes that were left out. */
  turn(minute: number): void {
    if (minute > this.#minute + 1) this.#skip(minute);
    this.#minute = minute;
    this.#minutes[minute % minutesKept] = this.total;
    if ((minute * minuteMs) % slotMs === 0) this.#slots[(minute / 10) % slotsKept] = this.total;
  }

  /** Fills the rings up to this minute: what they held of older times must not be taken for it. */
  #skip(minute: number): void {
    for (let each = Math.max(this.#minute + 1, minute - minutesKept); each < minute; each += 1)
      this.#minutes[each % minutesKept] = this.total;
    const last = Math.ceil((minute * minuteMs) / slotMs) - 1;
    const first = Math.floor((this.#minute * minuteMs) / slotMs) + 1;
    for (let each = Math.max(first, last - slotsKept + 1); each <= last; each += 1)
      this.#slots[each % slotsKept] = this.total;
  }

  #faded(at: number, nowMs: number): number {
    const value = this.#fading[at] ?? 0;
    return value === 0 ? 0 : value * Math.exp((this.lastMs - nowMs) / (fadeTausMs[at] ?? minuteMs));
  }

  /** Arrivals per ms of late: weights fall by e in `fadeTausMs[at]`. A pool that is younger than that is not taken for a quiet one. */
  rate(at: number, nowMs: number): number {
    if (this.firstMs < 0) return 0;
    const tau = fadeTausMs[at] ?? minuteMs;
    const seen = Math.max(nowMs - this.firstMs, minuteMs);
    return this.#faded(at, nowMs) / (tau * -Math.expm1(-seen / tau));
  }

  /** Arrivals in the `spanMs` until now, at most an hour; within the oldest minute in proportion. */
  countLast(spanMs: number, nowMs: number): number {
    return this.firstMs < 0 ? 0 : this.total - this.#totalAtMinute((nowMs - spanMs) / minuteMs);
  }

  /** Running total at a moment of the last hour, in minutes since the epoch. */
  #totalAtMinute(at: number): number {
    const from = Math.floor(at);
    const low = this.#atMinute(from);
    return low + (at - from) * (this.#atMinute(from + 1) - low);
  }

  #atMinute(minute: number): number {
    if (minute > this.#minute) return this.total;
    return minute * minuteMs <= this.firstMs ? 0 : (this.#minutes[minute % minutesKept] ?? 0);
  }

  /** Whole days before `nowMs` whose arrivals are all known, at most seven. */
  daysKnown(nowMs: number): number {
    if (this.firstMs < 0) return 0;
    return Math.min(seasonDays, Math.floor((nowMs - this.firstMs) / dayMs));
  }

  /** Arrivals in a span that ended at least ten minutes ago and began within the last seven days; within ten minutes in proportion. */
  countBetween(fromMs: number, toMs: number): number {
    return this.#totalAtSlot(toMs / slotMs) - this.#totalAtSlot(fromMs / slotMs);
  }

  #totalAtSlot(at: number): number {
    const from = Math.floor(at);
    const low = this.#atSlot(from);
    return low + (at - from) * (this.#atSlot(from + 1) - low);
  }

  #atSlot(slot: number): number {
    if (slot * slotMs > this.turnedMs) return this.total;
    return slot * slotMs <= this.firstMs ? 0 : (this.#slots[slot % slotsKept] ?? 0);
  }

  write(tape: TapeWriter): void {
    for (const value of [this.total, this.lastMs, this.firstMs, this.#minute]) tape.put(value);
    tape.putAll(this.#fading);
    tape.putAll(this.#minutes);
    tape.putAll(this.#slots);
  }

  read(tape: TapeReader): void {
    this.total = tape.take();
    this.lastMs = tape.take();
    this.firstMs = tape.take();
    this.#minute = tape.take();
    tape.takeInto(this.#fading);
    tape.takeInto(this.#minutes);
    tape.takeInto(this.#slots);
  }
}
