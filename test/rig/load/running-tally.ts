// Counts the answers of a run that is too long to keep them: verdicts, errors, and latencies in buckets.
import type { Answered } from './send.ts';
import { LATE_MS, LATE_SHARE_MAX } from './tally.ts';
import type { Verdict } from './verdict.ts';

export class Tally {
  readonly counts: Record<Verdict, number> = {
    ok: 0,
    late: 0,
    refused: 0,
    failed: 0,
    lost: 0,
    wrong: 0,
    left: 0,
  };
  readonly firstText = new Buckets();
  readonly took = new Buckets();
  readonly #lateness = new Buckets();
  readonly #errors = new Map<string, number>();
  count = 0;
  #lateSent = 0;

  add(answered: Answered): void {
    const { verdict, firstTextMs, tookMs, lateMs, reading, status } = answered;
    this.count += 1;
    this.counts[verdict] += 1;
    this.#lateness.add(lateMs);
    if (lateMs > LATE_MS) this.#lateSent += 1;
    if (verdict === 'ok') {
      if (firstTextMs !== null) this.firstText.add(firstTextMs);
      this.took.add(tookMs);
      return;
    }
    const name = `${verdict}: ${reading?.error ?? (status === 0 ? 'no answer' : `status ${status}`)}`;
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
  }

  sayErrors(): string {
    const errors = [...this.#errors].map(([name, count]) => `${name} ${count}`);
    return `not ok: ${errors.join(', ') || 'none'}`;
  }

  lateShare(): number {
    return this.#lateSent / Math.max(1, this.count);
  }

  sayPunctuality(): string {
    const share = this.lateShare();
    const words = `generator: ${(share * 100).toFixed(2)} % of requests sent more than ${LATE_MS} ms after their time, p99 ${this.#lateness.quantile(0.99).toFixed(1)} ms`;
    return share <= LATE_SHARE_MAX ? words : `${words}: LATENCIES OF THIS RUN ARE NOT VALID`;
  }
}

/** Buckets whose width is two percent of their place: quantiles are right to that. */
const BASE = 1.02;

class Buckets {
  readonly #counts = new Map<number, number>();
  #count = 0;

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(0.1, ms)) / Math.log(BASE));
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count += 1;
  }

  /** NaN without values. */
  quantile(q: number): number {
    let passed = 0;
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      passed += count;
      if (passed >= q * this.#count) return BASE ** bucket;
    }
    return Number.NaN;
  }
}
