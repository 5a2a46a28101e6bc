// What one isolate knows of the pools that it routes to: what they said of themselves at a glance or to its slots, and how fast their first
// tokens came here.
// Owns when a glance is old, and that a pool is asked by one request at a time; asking is the caller's. Shared by all requests, so it stores
// plain data only.
import type { PoolGlance } from '../core/pool/glance-pool.ts';
import { keptSlots, noBoundUse, noteBound, type BoundUse } from '../core/routing/kept-slots.ts';
import type { TargetView } from '../core/routing/route-question.ts';
import type { AttemptReport } from './attempt-target.ts';
import { openForMs, openTrustMs, type HeardVerdict } from './pool-desk.ts';

/** After this long the pool is asked again, behind the requests that go on with what is known. */
export const glanceMs = 1_000;
/** The same where it is about to be hot: who was sent elsewhere until then comes back at once. */
export const soonGlanceMs = 200;
/** A pool that is passed over by many requests is told of it this often. */
export const wakeEveryMs = 5_000;
/** Beyond this age a glance says nothing of a pool that parks within seconds. */
const forgottenMs = 10_000;
/** A summary is made anew this often at most, unless a pool has answered: every request reads it. */
const summaryMs = 100;
/** First tokens remembered of each version: the last minute or so of steady traffic, little to sort. */
const firstTokensMax = 64;
/** Versions that an isolate keeps news of. */
const versionsMax = 256;

/** A pool of an earlier version does not say whether its circuit is open and when it may be probed, nor how many replicas it has. */
type HeardGlance = Omit<PoolGlance, 'open' | 'replicas' | 'probeDueMs'> & {
  readonly probeDueMs?: number | null;
  readonly open?: boolean;
  /** Hot ones. */
  readonly replicas?: number;
};

/** What decides whether a pool is asked for a second replica. */
export interface PoolSight extends Pick<TargetView, 'firstTokenMsP50' | 'firstTokenMsP95'> {
  /** Requests that run or wait, for each slot; null while unknown. */
  readonly fill: number | null;
  readonly replicas: number | null;
}

interface News {
  glance: HeardGlance | null;
  glancedMs: number;
  /** Requests of this isolate that wait for a slot of the pool or hold one. */
  own: number;
  /** What the glance counted of this isolate: those at that moment, and the slots that it kept for the next ones. */
  ownGlanced: number;
  /** Those of them that no other pool can serve. */
  bound: BoundUse;
  askingUntilMs: number;
  wokenMs: number;
  firstTokensMs: number[];
}

type Verdicts = readonly (readonly [pool: string, heard: HeardVerdict])[];

export class PoolNews {
  readonly #byVersion = new Map<string, News>();
  readonly #verdicts: () => Verdicts;
  #summary: ReadonlyMap<string, TargetView> = new Map();
  #summarizedMs = -Infinity;

  /** `verdicts`: what pools said to those who hold slots of them. */
  constructor(verdicts: () => Verdicts = () => []) {
    this.#verdicts = verdicts;
  }

  /** What is known now, by version id. */
  views(nowMs: number): ReadonlyMap<string, TargetView> {
    if (nowMs - this.#summarizedMs >= summaryMs) {
      this.#summary = this.#summarize(nowMs);
      this.#summarizedMs = nowMs;
    }
    return this.#summary;
  }

  /** The same of one version, for a second replica; null = nothing is known. */
  sight(version: string, nowMs: number): PoolSight | null {
    const view = this.views(nowMs).get(version);
    if (view === undefined) return null;
    const { firstTokenMsP50, firstTokenMsP95, inFlight, slots } = view;
    const glance = this.#byVersion.get(version)?.glance ?? null;
    return {
      firstTokenMsP50,
      firstTokenMsP95,
      fill: slots === 0 ? null : inFlight / slots,
      replicas: slots === 0 ? null : (glance?.replicas ?? null),
    };
  }

  #summarize(nowMs: number): ReadonlyMap<string, TargetView> {
    const heard = new Map(this.#verdicts().map(([pool, verdict]) => [versionOf(pool), verdict]));
    const versions = new Set([...this.#byVersion.keys(), ...heard.keys()]);
    return new Map(
      [...versions].map((version) => [
        version,
        viewOf(this.#byVersion.get(version) ?? noNews, heard.get(version) ?? null, nowMs),
      ]),
    );
  }

  /** Whether to ask the pool now: its glance is old, and no other request is asking. The caller answers with `learn`. */
  wants(version: string, nowMs: number): 'nothing' | 'refresh' | 'first' {
    const news = this.#news(version);
    if (news.askingUntilMs > nowMs || nowMs - news.glancedMs < ageMaxMs(news)) return 'nothing';
    news.askingUntilMs = nowMs + glanceMs;
    return nowMs - news.glancedMs > forgottenMs ? 'first' : 'refresh';
  }

  /** Whether to tell the pool now that it is wanted though it was passed over: it has not been told of late. */
  mayWake(version: string, nowMs: number): boolean {
    const news = this.#news(version);
    if (nowMs - news.wokenMs < wakeEveryMs) return false;
    news.wokenMs = nowMs;
    return true;
  }

  /** A request of this isolate goes to the pool; `left` follows, whatever becomes of it. `isBound`: no other pool can serve it. */
  entered(pool: string, isBound: boolean, nowMs: number): void {
    this.#place(pool, isBound, 1, nowMs);
  }

  /** It has given up its place in the line, or its slot. */
  left(pool: string, isBound: boolean, nowMs: number): void {
    this.#place(pool, isBound, -1, nowMs);
  }

  #place(pool: string, isBound: boolean, change: 1 | -1, nowMs: number): void {
    const news = this.#news(versionOf(pool));
    news.own += change;
    if (isBound) news.bound = noteBound(news.bound, change, nowMs);
  }

  /** `idleSlots`: those that this isolate keeps. The pool counts them as taken, but whoever comes here has them at once. */
  learn(version: string, glance: HeardGlance, nowMs: number, idleSlots: number): void {
    const news = this.#news(version);
    news.glance = glance;
    news.ownGlanced = news.own + idleSlots;
    news.glancedMs = nowMs;
    news.askingUntilMs = 0;
    this.#summarizedMs = -Infinity;
  }

  note({ version, firstTokenMs }: Pick<AttemptReport, 'version' | 'firstTokenMs'>): void {
    if (firstTokenMs === null) return;
    const { firstTokensMs } = this.#news(version);
    firstTokensMs.push(firstTokenMs);
    if (firstTokensMs.length > firstTokensMax) firstTokensMs.shift();
  }

  #news(version: string): News {
    const known = this.#byVersion.get(version);
    if (known !== undefined) return known;
    const [oldest] = this.#byVersion.keys();
    if (this.#byVersion.size >= versionsMax && oldest !== undefined) this.#byVersion.delete(oldest);
    const news: News = { ...noNews, firstTokensMs: [] };
    this.#byVersion.set(version, news);
    return news;
  }
}

const noNews: Readonly<News> = {
  glance: null,
  glancedMs: -Infinity,
  own: 0,
  ownGlanced: 0,
  bound: noBoundUse,
  askingUntilMs: 0,
  wokenMs: -Infinity,
  firstTokensMs: [],
};

/** A pool that is not hot is looked at again when it says that it will be, and soon where that was wrong. */
function ageMaxMs({ glance }: Readonly<News>): number {
  if (glance === null || glance.warmth === 'hot' || glance.predictedWaitMs === null) return glanceMs;
  return Math.min(glanceMs, Math.max(soonGlanceMs, glance.predictedWaitMs));
}

/** What the pool said of its first tokens is of all isolates; without it this one's own have to do. */
function viewOf(news: Readonly<News>, heard: HeardVerdict | null, nowMs: number): TargetView {
  const glance = nowMs - news.glancedMs <= forgottenMs ? news.glance : null;
  const sorted = news.firstTokensMs.toSorted((a, b) => a - b);
  const slots = glance?.slots ?? 0;
  return {
    warmth: glance?.warmth ?? null,
    predictedWaitMs: glance?.predictedWaitMs ?? null,
    firstTokenMsP50: heard?.verdict.firstTokenMsP50 ?? quantile(sorted, 0.5),
    firstTokenMsP95: heard?.verdict.firstTokenMsP95 ?? quantile(sorted, 0.95),
    get inFlight() {
      return inFlightNow(glance, news);
    },
    slots,
    keptSlots: keptSlots(news.bound, slots, nowMs),
    price: null,
    contextTokens: null,
    tools: null,
    open: isOpen(news, heard, nowMs),
  };
}

/**
 * A glance is up to a second old: the requests that this isolate has placed and ended since then are counted in, or all of a second's would
 * go to the one pool that was the emptiest when it began. Read when it is needed, because each request that is placed changes it.
 */
function inFlightNow(glance: HeardGlance | null, { own, ownGlanced }: Readonly<News>): number {
  return glance === null ? 0 : Math.max(0, glance.inFlight + own - ownGlanced);
}

/**
 * Whether the pool lets nobody through, by whatever was heard of it last. Believed for as long as two probes may lie apart: then a request
 * goes there again, and is told at once, or is the probe.
 */
function isOpen({ glance, glancedMs }: Readonly<News>, heard: HeardVerdict | null, nowMs: number): boolean {
  if (heard !== null && heard.heardMs >= glancedMs) return openForMs(heard, nowMs) > 0;
  if (glance?.open !== true) return false;
  return nowMs < Math.min(glance.probeDueMs ?? Infinity, glancedMs + openTrustMs);
}

/** A pool is called after its version and its place; see `poolName`. */
function versionOf(pool: string): string {
  return pool.slice(0, pool.indexOf('~'));
}

/** Null below the fewest values that say anything of the slow ones. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted.length < 5
    ? null
    : (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null);
}
