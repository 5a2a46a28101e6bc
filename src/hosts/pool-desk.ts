// What one isolate knows and owes of one pool: its slots, the pool's last verdict, what was seen of replicas and not yet told, and how many
// requests the pool has turned away. Owns that a pool is told things in their order, by one call at a time, and who is refused without a
// call. Plain data, shared by all requests of the isolate; calls nobody. Time and chance are arguments.
import type { Result } from '../core/base/result.ts';
import { LeaseBook } from '../core/pool/lease-book.ts';
import type { Return } from '../core/pool/lease-report.ts';
import type { Grant, Refusal } from '../core/pool/pool-events.ts';
import { breakerPolicy } from '../core/resilience/breaker-policy.ts';
import {
  decideEarlyRefusal,
  noEarlyRefusal,
  notePoolAnswer,
  type EarlyRefusal,
} from '../core/resilience/early-refusal.ts';
import {
  isUrgent,
  noTally,
  noteOutcome,
  restoreTally,
  takeReports,
  type AttemptOutcome,
  type OutcomeTally,
  type ReplicaReport,
} from '../core/resilience/outcome-tally.ts';
import type { HealthVerdict } from '../core/resilience/pool-health.ts';
import { CallFlow } from './call-flow.ts';
import type { SlotRefusal, SlotRequest } from './ports.ts';

/** A pool that was left out is believed to be so for as long as two of its probes may lie apart; then it is asked. */
export const openTrustMs = breakerPolicy.probeMsMax;
/** A call that has not come back after so long was torn down with its request: others tell the pool again. */
const tellingMsMax = 5_000;
/** More tenants than storm one pool from one isolate within seconds. */
const earlyMax = 256;
/** What the pool asks for is added to by up to this share, so that those turned away together do not return together. */
const jitterShare = 0.5;

export interface HeardVerdict {
  readonly verdict: HealthVerdict;
  readonly heardMs: number;
}

/** What one call to the pool takes along. Exactly one of the two is to be called when the call has ended. */
export interface Telling {
  readonly reports: readonly ReplicaReport[];
  arrived(): void;
  /** Puts back what did not arrive. */
  failed(): void;
}

/** What a request for a slot takes along of what has just failed. */
export interface Debt {
  readonly told: { readonly returns: readonly Return[]; readonly reports: readonly ReplicaReport[] };
  /** What did not arrive: reports are put back, slots are returned. */
  failed(): readonly Return[];
}

export class PoolDesk {
  readonly book = new LeaseBook();
  readonly flow = new CallFlow();
  #heard: HeardVerdict | null = null;
  #tally: OutcomeTally = noTally;
  #telling: { readonly sinceMs: number } | null = null;
  /** Slots of calls that have just failed. At most one of each request under way. */
  #owed: readonly Return[] = [];
  /** By class and tenant: a tenant's storm must not turn away another's few. At most `earlyMax`, the longest unused forgotten. */
  readonly #early = new Map<string, EarlyRefusal>();
  #retryAfterMs = 1_000;

  get heard(): HeardVerdict | null {
    return this.#heard;
  }

  /** Anything is held or to be told, or on its way, for that may fail. */
  isBusy(nowMs: number): boolean {
    const { book } = this;
    const isOwing = this.#owed.length > 0 || this.hasReports;
    return book.size > 0 || book.unreported > 0 || isOwing || this.#isTelling(nowMs);
  }

  get hasReports(): boolean {
    return this.#tally.length > 0;
  }

  /** The pool is to be told now. */
  get isUrgent(): boolean {
    return isUrgent(this.#tally);
  }

  note(attempt: AttemptOutcome, nowMs: number): void {
    this.#tally = noteOutcome(this.#tally, attempt, nowMs);
  }

  /** All that is to be told; nothing while another call is on its way with what comes before it. */
  tell(nowMs: number): Telling {
    if (this.#isTelling(nowMs) || !this.hasReports) return nothingToTell;
    const unsent = this.#tally;
    const { tally, reports } = takeReports(unsent, nowMs);
    const telling = { sinceMs: nowMs };
    this.#tally = tally;
    this.#telling = telling;
    const end = (): void => {
      if (this.#telling === telling) this.#telling = null;
    };
    const failed = (): void => {
      end();
      this.#tally = restoreTally(this.#tally, unsent);
    };
    return { reports, arrived: end, failed };
  }

  owe(returns: readonly Return[]): void {
    this.#owed = [...this.#owed, ...returns];
  }

  takeOwed(): readonly Return[] {
    const owed = this.#owed;
    this.#owed = [];
    return owed;
  }

  /** What the next request for a slot takes along; null = nothing. Its answer may take long, and holds up nothing else that is to be told. */
  settle(nowMs: number): Debt | null {
    if (this.#owed.length === 0) return null;
    const returns = this.takeOwed();
    const { reports, arrived, failed } = this.tell(nowMs);
    arrived();
    return {
      told: { returns, reports },
      failed: () => {
        failed();
        return returns;
      },
    };
  }

  #isTelling(nowMs: number): boolean {
    return this.#telling !== null && nowMs - this.#telling.sinceMs < tellingMsMax;
  }

  /** An answer of the pool. Returns idle slots that must go back; an object of an earlier version has no verdict. */
  hear(verdict: HealthVerdict | undefined, nowMs: number): readonly Return[] {
    if (verdict === undefined) return [];
    this.#heard = { verdict, heardMs: nowMs };
    return this.book.heed(verdict);
  }

  /** Why a request need not ask the pool; null when it does. */
  refuse(request: SlotRequest, nowMs: number, draw: () => number): SlotRefusal | null {
    const waitMs = openForMs(this.#heard, nowMs);
    if (request.canGoElsewhere === true && waitMs > 0) return { kind: 'circuit-open', retryAfterMs: waitMs };
    const decided = decideEarlyRefusal(this.#earlyOf(request), nowMs, draw());
    this.#setEarly(request, decided.state);
    if (!decided.refused) return null;
    return { kind: 'queue-full', retryAfterMs: Math.round(this.#retryAfterMs * (1 + jitterShare * draw())) };
  }

  /** What the pool said to a request. Returns idle slots that must go back. */
  learn(request: SlotRequest, answer: Result<Grant, Refusal>, nowMs: number): readonly Return[] {
    if (answer.ok) {
      this.#noteAnswer(request, true, nowMs);
      return this.hear(answer.value.verdict, nowMs);
    }
    if (answer.error.kind === 'queue-full') {
      this.#noteAnswer(request, false, nowMs);
      this.#retryAfterMs = answer.error.retryAfterMs;
    }
    if (answer.error.kind !== 'circuit-open') return [];
    const verdict = this.#heard?.verdict ?? unknownVerdict;
    const probeDueMs = nowMs + answer.error.retryAfterMs;
    return this.hear({ ...verdict, targetOpen: true, probeDueMs }, nowMs);
  }

  #noteAnswer(request: SlotRequest, isGranted: boolean, nowMs: number): void {
    this.#setEarly(request, notePoolAnswer(this.#earlyOf(request), isGranted, nowMs));
  }

  #earlyOf(request: SlotRequest): EarlyRefusal {
    return this.#early.get(likeOf(request)) ?? noEarlyRefusal;
  }

  #setEarly(request: SlotRequest, state: EarlyRefusal): void {
    const like = likeOf(request);
    // Removed first, so that the map stays in the order of use.
    this.#early.delete(like);
    this.#early.set(like, state);
    const [oldest] = this.#early.keys();
    if (this.#early.size > earlyMax && oldest !== undefined) this.#early.delete(oldest);
  }
}

/** Requests that the pool turns away alike. */
function likeOf({ criticality = 'default', tenant }: SlotRequest): string {
  return `${criticality} ${tenant}`;
}

/** For how long a pool need not be asked because its circuit is open; 0 = ask it. */
export function openForMs(heard: HeardVerdict | null, nowMs: number): number {
  if (heard === null || !heard.verdict.targetOpen) return 0;
  const { verdict, heardMs } = heard;
  return Math.max(0, Math.min(verdict.probeDueMs ?? Infinity, heardMs + openTrustMs) - nowMs);
}

const nothingToTell: Telling = { reports: [], arrived: () => {}, failed: () => {} };

const unknownVerdict: HealthVerdict = {
  targetOpen: false,
  probeDueMs: null,
  ejected: [],
  overdueMs: null,
  firstTokenMsP50: null,
  firstTokenMsP95: null,
};
