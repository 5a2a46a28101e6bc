// Arrivals of each pool by slot of the day, over the last seven days: what "the same time on earlier days" means. Constant memory per pool. Pure.

const dayMs = 86_400_000;
const daysKept = 7;

export class SlotCounts {
  readonly slotMs: number;
  readonly #slotsADay: number;
  readonly #slots: number;
  /** One ring per pool of seven days of slots and the running one. */
  readonly #counts: Float64Array;
  readonly #poolCount: number;
  /** Number of the newest slot of the ring, counted from time 0. */
  #newest = 0;
  /** First day with traffic: days before it were not seen, which is not the same as silence. */
  #firstDay: number | null = null;

  constructor(poolCount: number, slotMs: number) {
    this.slotMs = slotMs;
    this.#slotsADay = dayMs / slotMs;
    this.#slots = this.#slotsADay * daysKept + 1;
    this.#poolCount = poolCount;
    this.#counts = new Float64Array(poolCount * this.#slots);
  }

  add(pool: number, atMs: number): void {
    this.advance(atMs);
    this.#firstDay ??= Math.floor(atMs / dayMs);
    const cell = this.#cell(pool, this.#newest);
    this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
  }

  /** Empties the slots that have come since. Time must not go back. */
  advance(atMs: number): void {
    const slot = Math.floor(atMs / this.slotMs);
    const from = Math.max(this.#newest + 1, slot - this.#slots + 1);
    for (let at = from; at <= slot; at += 1) {
      for (let pool = 0; pool < this.#poolCount; pool += 1) this.#counts[this.#cell(pool, at)] = 0;
    }
    this.#newest = Math.max(this.#newest, slot);
  }

  /** Mean arrivals in the slot that holds this moment, over the same slot of the days before; 0 while no day before was seen. */
  meanOfEarlierDays(pool: number, atMs: number): number {
    const slot = Math.floor(atMs / this.slotMs);
    let sum = 0;
    let days = 0;
    for (let back = 1; back <= daysKept; back += 1) {
      const earlier = slot - back * this.#slotsADay;
      const isSeen = this.#firstDay !== null && earlier >= this.#firstDay * this.#slotsADay;
      const isKept = earlier > this.#newest - this.#slots && earlier <= this.#newest;
      if (!isSeen || !isKept) continue;
      sum += this.#counts[this.#cell(pool, earlier)] ?? 0;
      days += 1;
    }
    return days === 0 ? 0 : sum / days;
  }

  #cell(pool: number, slot: number): number {
    return pool * this.#slots + (slot % this.#slots);
  }
}
