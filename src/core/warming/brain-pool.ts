// One pool in the planner's brain: what it last reported, what it has paid, and this week's meter. Owns the reading of reports; the
// forecast and the plan are the warmer's. Pure.
import type { DemandReport } from '../pool/demand-report.ts';
import { figuresOf, type BrainPool } from './brain-settings.ts';
import type { WarmthFigures } from './exchange.ts';
import { RegretMeter, type KeepAliveBill, type RegretSnapshot } from './regret-meter.ts';

/** The pool's own counters as last reported, since its beginning. */
interface Books {
  /** Idle, loading and parked time of replicas that somebody used or a floor holds, and of those brought up ahead and not used. */
  readonly groundedMs: number;
  readonly speculatedMs: number;
  /** One wait for each replica that came up. */
  readonly waitMs: number;
  readonly colds: number;
  readonly useful: number;
  readonly wasted: number;
}

const noBooks: Books = { groundedMs: 0, speculatedMs: 0, waitMs: 0, colds: 0, useful: 0, wasted: 0 };

/** What was paid in a time, in micro-dollars, waiting included, and what was counted beside it. */
export interface PaidWeek {
  readonly paidMicros: number;
  readonly colds: number;
  readonly useful: number;
  readonly wasted: number;
}

const noWeek: PaidWeek = { paidMicros: 0, colds: 0, useful: 0, wasted: 0 };

/** Both sides of the books are rounded to milliseconds: their sum may seem to shrink by this much. */
const roundingMs = 2;

export interface BrainPoolSnapshot {
  readonly pool: string;
  readonly heardSeq: number;
  readonly loadMs: number | null;
  readonly wakeMs: number | null;
  readonly books: Books | null;
  readonly paidMicros: number;
  readonly week: PaidWeek;
  readonly regret: RegretSnapshot;
  /** Milliseconds of containers held for bursts; left out by earlier ones. */
  readonly burstMs?: number | undefined;
  /** What its costs were added up with: price, gamma, parked share, floor. */
  readonly prices: readonly number[];
}

/** Starts ahead of demand that were asked for since the last report: spoken for, though not on the pool's books yet. */
export interface Issued {
  readonly starts: number;
  /** How many of them are to be parked once loaded. */
  readonly toPark: number;
}

export const noneIssued: Issued = { starts: 0, toPark: 0 };

/** Containers beside the replicas that the place was told to hold, and until when: charged as if it had them all the time. */
interface Burst {
  readonly spare: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

const noBurst: Burst = { spare: 0, fromMs: 0, untilMs: 0 };

export class BrainPoolState {
  readonly config: BrainPool;
  readonly meter = new RegretMeter();
  /** The last report; null until one was heard in this life. */
  report: DemandReport | null = null;
  issued = noneIssued;
  #heardSeq = 0;
  #loadMs: number | null = null;
  #wakeMs: number | null = null;
  #figures: WarmthFigures;
  #books: Books | null = null;
  #paidMicros = 0;
  #burst = noBurst;
  #burstMs = 0;
  #week = noWeek;

  constructor(config: BrainPool) {
    this.config = config;
    this.#figures = figuresOf(config, { loadMs: null, wakeMs: null });
  }

  get figures(): WarmthFigures {
    return this.#figures;
  }

  /** Number of the last event heard: the next report begins after it. */
  get heardSeq(): number {
    return this.#heardSeq;
  }

  /**
   * Takes a report's figures; the events are fed by the brain. `stale`: a newer one was heard before and nothing of this one counts;
   * `measured`: what a load or a wake takes is now another figure.
   */
  hear(report: DemandReport): 'stale' | 'news' | 'measured' {
    if (this.report !== null && report.nowMs < this.report.nowMs) return 'stale';
    this.report = report;
    this.issued = noneIssued;
    this.#heardSeq = Math.max(this.#heardSeq, report.seq);
    this.turnWeek(report.nowMs);
    this.chargeBurst(report.nowMs);
    this.#book(report);
    if (report.loadMs === this.#loadMs && report.wakeMs === this.#wakeMs) return 'news';
    this.#loadMs = report.loadMs;
    this.#wakeMs = report.wakeMs;
    this.#figures = figuresOf(this.config, report);
    return 'measured';
  }

  /** Adds what has been paid since the last report. What was paid before this brain first heard of the pool is not counted. */
  #book({ speculation, levels }: DemandReport): void {
    const books: Books = { ...speculation, ...levels };
    const before = this.#books;
    this.#books = books;
    if (before === null) return;
    // A pool whose books begin anew (its storage was deleted) is counted from their beginning.
    const isAnew = spentMs(books) < spentMs(before) - roundingMs || books.waitMs < before.waitMs;
    const since = isAnew ? noBooks : before;
    const { hotMicrosPerSecond, waitMicrosPerSecond } = this.config;
    const spent = hotMicrosPerSecond * Math.max(0, spentMs(books) - spentMs(since));
    const paidMicros = (spent + waitMicrosPerSecond * (books.waitMs - since.waitMs)) / 1000;
    this.#paidMicros += paidMicros;
    const { colds, useful, wasted } = this.#week;
    this.#week = {
      paidMicros: this.#week.paidMicros + paidMicros,
      colds: colds + Math.max(0, books.colds - since.colds),
      useful: useful + Math.max(0, books.useful - since.useful),
      wasted: wasted + Math.max(0, books.wasted - since.wasted),
    };
  }

  /** The place is told to hold `spare` containers beside the replicas; what it held until now is paid for. */
  holdBurst(spare: number, nowMs: number, untilMs: number): void {
    this.chargeBurst(nowMs);
    this.#burst = { spare, fromMs: nowMs, untilMs };
  }

  /** Books the containers held for bursts until now: an upper bound, since the place keeps them only while it is busy. */
  chargeBurst(nowMs: number): void {
    const { spare, fromMs, untilMs } = this.#burst;
    const heldMs = spare * Math.max(0, Math.min(nowMs, untilMs) - fromMs);
    this.#burst = { spare, fromMs: Math.max(fromMs, nowMs), untilMs };
    if (heldMs === 0) return;
    const paidMicros = (heldMs * this.config.hotMicrosPerSecond) / 1000;
    this.#burstMs += heldMs;
    this.#paidMicros += paidMicros;
    this.#week = { ...this.#week, paidMicros: this.#week.paidMicros + paidMicros };
  }

  /** Milliseconds of containers held for bursts, since this brain first heard of the pool. */
  get burstMs(): number {
    return this.#burstMs;
  }

  /** What loads and wakes take by measure; null while it is guessed. */
  get measured(): { readonly loadMs: number | null; readonly wakeMs: number | null } {
    return { loadMs: this.#loadMs, wakeMs: this.#wakeMs };
  }

  /** A week that has begun is counted from nothing. */
  turnWeek(nowMs: number): void {
    if (this.meter.turnTo(nowMs)) this.#week = noWeek;
  }

  /** Paid since this brain first heard of the pool, in micro-dollars, waiting included. */
  get paidMicros(): number {
    return this.#paidMicros;
  }

  /** The same since the week began, with its counts. */
  week(nowMs: number): PaidWeek {
    this.turnWeek(nowMs);
    return this.#week;
  }

  bills(nowMs: number): readonly KeepAliveBill[] {
    this.turnWeek(nowMs);
    return this.meter.bills(nowMs, this.#figures);
  }

  /** Paid for starts ahead of demand that nobody used, and for all else, since the pool's beginning, in the unit of the price. */
  get spent(): { readonly speculated: number; readonly grounded: number } {
    const { speculatedMs, groundedMs } = this.#books ?? noBooks;
    const perMs = (this.#figures.price ?? 1) / 1000;
    return { speculated: (speculatedMs + this.#burstMs) * perMs, grounded: groundedMs * perMs };
  }

  get #prices(): readonly number[] {
    const { price = 1, gamma, parkedShare, floor = 0 } = this.#figures;
    return [price, gamma, parkedShare, floor];
  }

  /** Whether costs were added up with other prices than hold now. */
  isRepriced({ prices }: BrainPoolSnapshot): boolean {
    return this.#prices.some((each, at) => each !== prices[at]);
  }

  snapshot(): BrainPoolSnapshot {
    return {
      pool: this.config.pool,
      heardSeq: this.#heardSeq,
      loadMs: this.#loadMs,
      wakeMs: this.#wakeMs,
      books: this.#books,
      paidMicros: this.#paidMicros,
      burstMs: this.#burstMs,
      week: this.#week,
      regret: this.meter.snapshot(),
      prices: this.#prices,
    };
  }

  /** False when a figure is missing or no number. */
  restore(snapshot: BrainPoolSnapshot): boolean {
    const { heardSeq, loadMs, wakeMs, books, paidMicros, week, regret, burstMs = 0 } = snapshot;
    const figures = [
      heardSeq,
      burstMs,
      loadMs ?? 0,
      wakeMs ?? 0,
      paidMicros,
      ...valuesOf(books ?? noBooks, noBooks),
      ...valuesOf(week, noWeek),
    ];
    if (!figures.every((each) => Number.isFinite(each)) || !this.meter.restore(regret)) return false;
    this.#heardSeq = heardSeq;
    this.#loadMs = loadMs;
    this.#wakeMs = wakeMs;
    this.#figures = figuresOf(this.config, { loadMs, wakeMs });
    this.#books = books;
    this.#paidMicros = paidMicros;
    this.#burstMs = burstMs;
    this.#week = week;
    return true;
  }
}

function spentMs({ groundedMs, speculatedMs }: Books): number {
  return groundedMs + speculatedMs;
}

/** The values of the fields that `like` has. */
function valuesOf<T extends object>(record: T, like: T): readonly unknown[] {
  return Object.keys(like).map((key) => record[key as keyof T]);
}
