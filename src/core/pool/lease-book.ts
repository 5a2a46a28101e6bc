// The slots that one isolate holds of one pool. A slot that a request gives back is kept for a moment for the next one, so that a
// busy isolate serves without asking the pool; it goes back when it was idle for a while, when others wait, or when its replica
// failed or is left out. Owns which slot is used and what is told to the pool when; what the pool said is in heard-word.ts. Performs
// nothing. Time is an argument.
import type { ProbePermit } from '../resilience/breaker.ts';
import type { OutcomeClass } from '../resilience/outcome-class.ts';
import type { HealthVerdict } from '../resilience/pool-health.ts';
import type { Grant, PoolWord, ProbeEnd, SlotOutcome, Warmth } from './pool-events.ts';
import { beatEveryMs, HeardWord } from './heard-word.ts';
import { noLease, type Beat, type Return } from './lease-report.ts';
import { UseCount } from './use-count.ts';

/** An idle slot goes back after this long: short beside any idle window, long beside the gap between two busy requests. */
export const holdIdleMs = 500;
/** A slot this close to the end of its lease is not handed out again. */
const expiryMarginMs = 5_000;
/**
 * A slot in use whose request gave no sign of life for this long belongs to a request that the platform tore down without a word;
 * two and a half signs' time.
 */
export const silentAfterMs = 20_000;

export interface HeldSlot {
  readonly leaseId: string;
  readonly replicaId: string;
  readonly endpoint: string;
  /** What the first request on it met; the next ones meet a hot replica. */
  readonly warmth: Warmth;
  /** The right to probe; how that ends is told with the slot's return, or before it. */
  readonly permits?: readonly ProbePermit[];
}

interface Entry {
  readonly slot: HeldSlot;
  expiresMs: number;
  idleSinceMs: number | null;
  /** When the request that uses it got it. */
  takenMs: number;
  /** Whose request that is, where it is not the one that the slot was granted to. */
  user: string | null;
  /** Last sign of life of the request that uses it. */
  touchedMs: number;
  /** The end of its probe is still to be told. */
  owesProbe: boolean;
}

export class LeaseBook {
  readonly #entries = new Map<string, Entry>();
  readonly #word = new HeardWord();
  /** What the pool was not told of yet. */
  readonly #uses = new UseCount();
  #beatMs = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Slots that nobody uses. The pool counts them as leased. */
  get idleCount(): number {
    let count = 0;
    for (const { idleSinceMs } of this.#entries.values()) if (idleSinceMs !== null) count += 1;
    return count;
  }

  /**
   * Takes an idle slot for a new request of `tenant`, of a replica not in `avoid`; null when the pool must be asked. No slot of a replica
   * that is left out is ever idle, nor any while the pool is: it decides who probes. A tenant that is confined to few replicas asks always.
   */
  take(nowMs: number, tenant: string, avoid: readonly string[] = []): HeldSlot | null {
    const entry = this.#idleFor(nowMs, tenant, avoid);
    if (entry === null) return null;
    entry.idleSinceMs = null;
    entry.takenMs = nowMs;
    entry.user = tenant;
    entry.touchedMs = nowMs;
    this.#uses.countReuse(tenant, 1);
    return { ...entry.slot, warmth: 'hot' };
  }

  /** Whether `take` would find a slot. */
  hasIdle(nowMs: number, tenant: string): boolean {
    return this.#idleFor(nowMs, tenant, []) !== null;
  }

  #idleFor(nowMs: number, tenant: string, avoid: readonly string[]): Entry | null {
    if (this.#word.othersWait(nowMs) || this.#word.isConfined(tenant)) return null;
    for (const entry of this.#entries.values()) {
      if (entry.idleSinceMs === null || entry.expiresMs - expiryMarginMs <= nowMs) continue;
      if (!avoid.includes(entry.slot.replicaId)) return entry;
    }
    return null;
  }

  /** Whether this isolate still has the slot, in use or idle. */
  has(leaseId: string): boolean {
    return this.#entries.has(leaseId);
  }

  /** A request begins to ask the pool. The function that it gets is to be called when the pool has answered. */
  ask(nowMs: number): () => void {
    return this.#word.ask(nowMs);
  }

  /** Enters a slot that the pool has just granted; it is in use. */
  enter(grant: Grant, nowMs: number): HeldSlot {
    const { leaseId, replicaId, endpoint, warmth, expiresMs, permits = [] } = grant;
    const owesProbe = permits.length > 0;
    const slot = { leaseId, replicaId, endpoint, warmth, ...(owesProbe && { permits }) };
    const used = { idleSinceMs: null, takenMs: nowMs, user: null, touchedMs: nowMs };
    this.#entries.set(leaseId, { slot, expiresMs, ...used, owesProbe });
    this.#word.hear({ contended: grant.contended });
    if (this.#beatMs === 0) this.#beatMs = nowMs;
    return slot;
  }

  /** The request that uses a slot is alive. */
  touch(leaseId: string, nowMs: number): void {
    const entry = this.#entries.get(leaseId);
    if (entry !== undefined) entry.touchedMs = nowMs;
  }

  /**
   * A request is done with its slot. Returns what must go back to the pool at once; empty when the slot is kept. `seen`: what the request
   * says of the replica, for the probe that it may have been.
   */
  giveBack(
    leaseId: string,
    outcome: SlotOutcome,
    nowMs: number,
    seen: OutcomeClass | null = null,
  ): readonly Return[] {
    const entry = this.#entries.get(leaseId);
    if (entry === undefined) return [];
    const heldMs = nowMs - entry.takenMs;
    const isAnswered = outcome === 'served';
    this.#uses.countServed({
      ended: 1,
      heldMs,
      answered: isAnswered ? 1 : 0,
      answeredMs: isAnswered ? heldMs : 0,
    });
    const probe = takeProbe(entry, seen);
    const { user } = entry;
    const own: Return = {
      leaseId,
      outcome,
      ...(user !== null && { tenant: user }),
      ...(probe !== null && { probe }),
    };
    if (outcome === 'replica-failed') return this.#withServed(this.#dropReplica(entry.slot.replicaId, own));
    // After an answer that was none the pool is asked again: it may have seen the third one by now.
    const isOfUse =
      outcome !== 'answer-failed' &&
      entry.slot.permits === undefined &&
      !this.#word.isLeftOut(entry.slot.replicaId);
    if (!isOfUse || this.#word.othersWait(nowMs) || entry.expiresMs - expiryMarginMs <= nowMs) {
      this.#entries.delete(leaseId);
      return this.#withServed([own]);
    }
    entry.idleSinceMs = nowMs;
    return [];
  }

  /** The time of a probe is over and its request is not: how it ended by then. Null when that has been told. */
  endProbe(leaseId: string, outcome: OutcomeClass | null): Return | null {
    const entry = this.#entries.get(leaseId);
    const probe = entry === undefined ? null : takeProbe(entry, outcome);
    return probe === null ? null : { leaseId: noLease, outcome: 'served', probe };
  }

  /** Who is left out from now on. Returns the idle slots that are of no use any more. */
  heed(verdict: Pick<HealthVerdict, 'ejected' | 'targetOpen'>): readonly Return[] {
    this.#word.heed(verdict);
    const returns: Return[] = [];
    for (const [leaseId, entry] of this.#entries) {
      if (entry.idleSinceMs === null || !this.#word.isLeftOut(entry.slot.replicaId)) continue;
      this.#entries.delete(leaseId);
      returns.push({ leaseId, outcome: 'served' });
    }
    return this.#withServed(returns);
  }

  /** What the pool's answer to returns says of others. An object of an earlier version says nothing. */
  hearWord(word: Partial<Pick<PoolWord, 'contended' | 'confined'>>): void {
    this.#word.hear(word);
  }

  /** When idle slots are to be looked through for those who wait by then; null = nobody asks for one, or none is idle. */
  sweepDueMs(nowMs: number): number | null {
    const dueMs = this.#word.waitDueMs(nowMs);
    return dueMs === null || this.idleCount === 0 ? null : dueMs;
  }

  /** Slots that have been idle long enough, or all idle ones when `everything` (nobody will look again). */
  sweep(nowMs: number, everything: boolean): readonly Return[] {
    const returns: Return[] = [];
    for (const [leaseId, entry] of this.#entries) {
      if (entry.idleSinceMs === null) continue;
      const ripe = everything || this.#word.othersWait(nowMs) || nowMs - entry.idleSinceMs >= holdIdleMs;
      if (!ripe) continue;
      this.#entries.delete(leaseId);
      returns.push({ leaseId, outcome: 'served' });
    }
    return this.#withServed(returns);
  }

  /** What to tell the pool now, or null when it was told lately and there is no news. */
  beat(nowMs: number): Beat | null {
    if (nowMs - this.#beatMs < beatEveryMs) return null;
    if (this.#entries.size === 0 && this.unreported === 0) return null;
    return this.flush(nowMs);
  }

  /** The same, whether or not it is due: before nobody looks again. */
  flush(nowMs: number): Beat {
    for (const [leaseId, entry] of this.#entries) {
      // Not renewed, so that the pool drops the lease in time.
      if (entry.idleSinceMs === null && nowMs - entry.touchedMs >= silentAfterMs)
        this.#entries.delete(leaseId);
    }
    const leaseIds = [...this.#entries.keys()];
    const beat = { leaseIds, ...this.#uses.takeReuses(), ...this.#uses.takeServed() };
    this.#beatMs = nowMs;
    return beat;
  }

  /** A beat did not arrive: what it counted is told with the next one. */
  unsent(beat: Beat): void {
    if (beat.served !== undefined) this.#uses.countServed(beat.served);
    for (const { tenant, count } of beat.tenants) this.#uses.countReuse(tenant, count);
  }

  /** Uses of kept slots that the pool was not told of yet. */
  get unreported(): number {
    return this.#uses.reused;
  }

  /** What was served is told with the first slot that goes back. */
  #withServed([first, ...others]: readonly Return[]): readonly Return[] {
    return first === undefined ? [] : [{ ...first, ...this.#uses.takeServed() }, ...others];
  }

  /** The pool's answer to a beat: which leases it no longer knows, and whether others wait. */
  hear(answer: {
    readonly lost: readonly string[];
    readonly expiresMs: number;
    readonly contended: boolean;
    readonly confined?: readonly string[];
  }): void {
    for (const leaseId of answer.lost) {
      // One in use ends with its request; nobody may take it again.
      const entry = this.#entries.get(leaseId);
      if (entry?.idleSinceMs !== null) this.#entries.delete(leaseId);
      else entry.expiresMs = 0;
    }
    for (const entry of this.#entries.values()) if (entry.expiresMs > 0) entry.expiresMs = answer.expiresMs;
    this.hearWord(answer);
  }

  /** One request could not talk to the replica: its idle slots are worth nothing either. */
  #dropReplica(replicaId: string, failed: Return): readonly Return[] {
    const returns: Return[] = [failed];
    this.#entries.delete(failed.leaseId);
    for (const [leaseId, entry] of this.#entries) {
      if (entry.slot.replicaId !== replicaId || entry.idleSinceMs === null) continue;
      this.#entries.delete(leaseId);
      returns.push({ leaseId, outcome: 'client-gone' });
    }
    return returns;
  }
}

/** The end of the slot's probe, once. */
function takeProbe(entry: Entry, outcome: OutcomeClass | null): ProbeEnd | null {
  const { permits } = entry.slot;
  if (!entry.owesProbe || permits === undefined) return null;
  entry.owesProbe = false;
  return { permits, outcome };
}
