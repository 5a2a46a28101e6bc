// What a pool saw at this time of day on the last days: requests per half-hour slot, kept for eight days. Pure, constant memory.

const slotMs = 1_800_000;
const slotsPerDay = 48;
const daysBack = 7;
/** Half-hours kept: a week of the past, and today. */
export const seasonSlots = slotsPerDay * (daysBack + 1);

export class Season {
  readonly #counts: Uint16Array;
  /** Latest slot written, counted from the epoch; slots between are empty. */
  #slot = -1;
  #firstSlot = -1;

  constructor(counts: readonly number[] = [], slot = -1, firstSlot = -1) {
    this.#counts = new Uint16Array(seasonSlots);
    this.#counts.set(counts.slice(0, seasonSlots));
    this.#slot = slot;
    this.#firstSlot = firstSlot;
  }

  arrive(nowMs: number, count = 1): void {
    const slot = Math.floor(nowMs / slotMs);
    this.#turnTo(slot);
    const at = slot % seasonSlots;
    this.#counts[at] = Math.min(65_535, (this.#counts[at] ?? 0) + count);
  }

  /** Mean requests in this half-hour and the next on the days that are known, at most seven. */
  expected(nowMs: number): number {
    if (this.#firstSlot < 0) return 0;
    const slot = Math.floor(nowMs / slotMs);
    this.#turnTo(slot);
    const days = Math.min(daysBack, Math.floor((slot - this.#firstSlot) / slotsPerDay));
    let sum = 0;
    for (let day = 1; day <= days; day += 1) {
      const at = slot - day * slotsPerDay;
      sum += (this.#counts[at % seasonSlots] ?? 0) + (this.#counts[(at + 1) % seasonSlots] ?? 0);
    }
    return days === 0 ? 0 : sum / days;
  }

  #turnTo(slot: number): void {
    if (this.#slot < 0) {
      this.#slot = slot;
      this.#firstSlot = slot;
      return;
    }
    for (let at = Math.max(this.#slot + 1, slot - seasonSlots + 1); at <= slot; at += 1)
      this.#counts[at % seasonSlots] = 0;
    this.#slot = Math.max(this.#slot, slot);
  }

  snapshot(): readonly [counts: readonly number[], slot: number, firstSlot: number] {
    return [[...this.#counts], this.#slot, this.#firstSlot];
  }
}

/** The half-hour that a moment lies in: `expected` changes with it. */
export function seasonSlot(nowMs: number): number {
  return Math.floor(nowMs / slotMs);
}
