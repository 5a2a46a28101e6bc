// Figures of a load run: shares with their bounds, quantiles, goodput by the second, and whether the generator itself kept its times. Pure.
import { quantile } from '../../../src/cli/checks.ts';
import type { Answered } from './send.ts';
import type { Verdict } from './verdict.ts';

/** A request sent this much after its time says more of the generator than of the gateway. */
export const LATE_MS = 20;
/** With more of those than this, latencies of the run are not to be believed. */
export const LATE_SHARE_MAX = 0.01;

export function countVerdicts(answers: readonly Answered[]): Readonly<Record<Verdict, number>> {
  const counts: Record<Verdict, number> = {
    ok: 0,
    late: 0,
    refused: 0,
    failed: 0,
    lost: 0,
    wrong: 0,
    left: 0,
  };
  for (const { verdict } of answers) counts[verdict] += 1;
  return counts;
}

export function sayVerdicts(answers: readonly Answered[]): string {
  const counts = Object.entries(countVerdicts(answers)).filter(([, count]) => count > 0);
  return counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

/** Codes of what was not ok, most frequent first. */
export function sayErrors(answers: readonly Answered[]): string {
  const counts = new Map<string, number>();
  for (const { verdict, reading, status } of answers) {
    if (verdict === 'ok') continue;
    const name = `${verdict}: ${reading?.error ?? (status === 0 ? 'no answer' : `status ${status}`)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, 6);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

export function availability(answers: readonly Answered[]): number {
  return answers.length === 0 ? 0 : countVerdicts(answers).ok / answers.length;
}

/** Answers that are complete, correct and in time, a second, among requests meant to be sent within the window. */
export function goodput(
  answers: readonly Answered[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): number {
  const good = answers.filter(
    ({ verdict, intendedMs }) => verdict === 'ok' && intendedMs >= fromMs && intendedMs < toMs,
  );
  return (good.length / (toMs - fromMs)) * 1_000;
}

export function quantileOf(
  answers: readonly Answered[],
  of: (answered: Answered) => number | null,
  q: number,
): number {
  const values = answers.flatMap((answered) => of(answered) ?? []);
  return quantile(values, q);
}

export interface Punctuality {
  readonly lateShare: number;
  readonly p99Ms: number;
  readonly isValid: boolean;
}

export function punctuality(answers: readonly Answered[]): Punctuality {
  const late = answers.filter(({ lateMs }) => lateMs > LATE_MS).length;
  const lateShare = late / Math.max(1, answers.length);
  return {
    lateShare,
    p99Ms: quantileOf(answers, ({ lateMs }) => lateMs, 0.99),
    isValid: lateShare <= LATE_SHARE_MAX,
  };
}

export function sayPunctuality(answers: readonly Answered[]): string {
  const { lateShare, p99Ms, isValid } = punctuality(answers);
  const share = `${(lateShare * 100).toFixed(2)} % of requests sent more than ${LATE_MS} ms after their time`;
  return `generator: ${share}, p99 ${p99Ms.toFixed(1)} ms${isValid ? '' : ': LATENCIES OF THIS RUN ARE NOT VALID'}`;
}

/** 0 of n bounds a rate at 3/n with 95 % confidence. */
export function boundOf(count: number, n: number): string {
  if (n === 0) return 'nothing was looked at';
  if (count > 0) return `${percent(count / n)} of ${n}`;
  return `0 of ${n} bounds the rate at ${percent(3 / n)} (95 %)`;
}

export function percent(share: number): string {
  return `${(share * 100).toPrecision(3)} %`;
}
