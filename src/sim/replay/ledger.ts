// Where every second of every replica goes. Owns the sums (whole span, by day, and what was speculated against what any policy pays)
// and the identity that each lifetime equals what was charged for it. Knows nothing of requests or policies. Mutable, no I/O.
import { phases, type Phase, type SimReplica } from './sim-replica.ts';

const dayLengthMs = 86_400_000;
const phaseCount = 4;

/** What accrues while time passes: `paid` is settled, the rest is `rate` per ms since moments that add up to `offset`. */
class Accrual {
  paidMs = 0;
  #rate = 0;
  #offset = 0;

  open(weight: number, nowMs: number): void {
    this.#rate += weight;
    this.#offset += weight * nowMs;
  }

  close(weight: number, sinceMs: number, nowMs: number): void {
    this.#rate -= weight;
    this.#offset -= weight * sinceMs;
    this.paidMs += weight * (nowMs - sinceMs);
  }

  at(nowMs: number): number {
    return this.paidMs + this.#rate * nowMs - this.#offset;
  }
}

export class Ledger {
  /** By phase, in ms. */
  readonly sumsMs = new Float64Array(phaseCount);
  /** By day, then by phase. */
  readonly #daysMs: Float64Array;
  readonly prewarms = { useful: 0, wasted: 0 };
  readonly #beginMs: number;
  readonly #days: number;
  readonly #weights: Float64Array;
  readonly #speculated = new Accrual();
  readonly #grounded = new Accrual();
  /** Loads ahead of demand that turned out useful: paid like any other, though nobody waited for them. */
  #redeemedLoadMs = 0;
  #lifetimesMs = 0;
  #replicaGapMs = 0;

  constructor(span: { beginMs: number; days: number; parkedShare: number }) {
    this.#beginMs = span.beginMs;
    this.#days = span.days;
    this.#daysMs = new Float64Array(span.days * phaseCount);
    this.#weights = Float64Array.of(1, 0, 1, span.parkedShare);
  }

  /** The replica's seconds go to `phase` from now on. */
  enter(replica: SimReplica, phase: Phase, nowMs: number): void {
    replica.phase = phase;
    replica.sinceMs = nowMs;
    this.#accrualOf(replica).open(this.#weights[phase] ?? 0, nowMs);
  }

  /** Charges the phase that ends now. Every `leave` follows one `enter`. */
  leave(replica: SimReplica, nowMs: number): void {
    const { phase, sinceMs } = replica;
    const weight = this.#weights[phase] ?? 0;
    const spentMs = nowMs - sinceMs;
    this.#accrualOf(replica).close(weight, sinceMs, nowMs);
    if (replica.ahead !== 'no') {
      if (phase === phases.load) replica.aheadLoadMs += spentMs;
      else replica.aheadHoldMs += weight * spentMs;
    }
    replica.chargedMs += spentMs;
    this.sumsMs[phase] = (this.sumsMs[phase] ?? 0) + spentMs;
    if (phase !== phases.busy) this.#chargeDays(phase, sinceMs, nowMs);
  }

  /** A request takes what was made ready ahead of it: the speculation is given back, the time it was held is paid like any other. */
  redeem(replica: SimReplica): void {
    if (replica.ahead === 'no') return;
    this.#speculated.paidMs -= replica.aheadLoadMs + replica.aheadHoldMs;
    this.#grounded.paidMs += replica.aheadHoldMs;
    this.#redeemedLoadMs += replica.aheadLoadMs;
    this.prewarms.useful += 1;
    forget(replica);
  }

  /** What was made ready ahead is put away unused: what it cost stays speculated. */
  waste(replica: SimReplica): void {
    if (replica.ahead === 'no') return;
    this.prewarms.wasted += 1;
    forget(replica);
  }

  /** The replica is gone. Its lifetime is counted from its birth, apart from the sums, so that the two can be compared. */
  bury(replica: SimReplica, nowMs: number): void {
    replica.buried = true;
    const lifetimeMs = nowMs - replica.bornMs;
    this.#lifetimesMs += lifetimeMs;
    this.#replicaGapMs = Math.max(this.#replicaGapMs, Math.abs(lifetimeMs - replica.chargedMs));
  }

  /** The largest difference between lifetimes and charges, of one replica or of all together, in ms. */
  lifetimeGapMs(): number {
    const charged = this.sumsMs.reduce((sum, each) => sum + each, 0);
    return Math.max(this.#replicaGapMs, Math.abs(this.#lifetimesMs - charged));
  }

  speculatedMs(nowMs: number): number {
    return this.#speculated.at(nowMs);
  }

  groundedMs(nowMs: number): number {
    return this.#grounded.at(nowMs);
  }

  /** Idle, loading and (at its share) parked time of all replicas so far. */
  paidMs(nowMs: number): number {
    return this.#speculated.at(nowMs) + this.#grounded.at(nowMs) + this.#redeemedLoadMs;
  }

  /** Busy seconds are not kept by day. */
  dayMs(day: number, phase: Exclude<Phase, typeof phases.busy>): number {
    return this.#daysMs[day * phaseCount + phase] ?? 0;
  }

  /** What lies past the last midnight counts for the last day. */
  dayOf(atMs: number): number {
    return Math.min(this.#days - 1, Math.floor((atMs - this.#beginMs) / dayLengthMs));
  }

  #accrualOf(replica: SimReplica): Accrual {
    return replica.ahead === 'no' ? this.#grounded : this.#speculated;
  }

  #chargeDays(phase: Phase, sinceMs: number, nowMs: number): void {
    const last = this.dayOf(nowMs);
    let fromMs = sinceMs;
    for (let day = this.dayOf(sinceMs); day <= last; day += 1) {
      const toMs = day === last ? nowMs : this.#beginMs + (day + 1) * dayLengthMs;
      const at = day * phaseCount + phase;
      this.#daysMs[at] = (this.#daysMs[at] ?? 0) + toMs - fromMs;
      fromMs = toMs;
    }
  }
}

function forget(replica: SimReplica): void {
  replica.ahead = 'no';
  replica.aheadLoadMs = 0;
  replica.aheadHoldMs = 0;
}
