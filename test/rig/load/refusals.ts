// Refusals of a load as clients met them: of every try, those that a client answered with another try included.
import { quantile } from '../../../src/cli/checks.ts';
import type { Timed } from './lag-probe.ts';
import type { Answered } from './send.ts';

export interface Refusal extends Timed {
  /** The error's code: who is turned away at once, and who when it had waited, are refused in other words. */
  readonly code: string;
}

export interface Refusals {
  readonly tries: Refusal[];
  readonly hear: (tried: Answered) => void;
}

export function collectRefusals(): Refusals {
  const tries: Refusal[] = [];
  const hear = ({ verdict, intendedMs, tookMs, tryMs, lateMs, reading }: Answered): void => {
    // A retry is due when its forerunner was refused: at its sending.
    if (verdict === 'refused')
      tries.push({
        intendedMs: intendedMs + tookMs - tryMs - lateMs,
        tookMs: tryMs + lateMs,
        code: reading?.error ?? '',
      });
  };
  return { tries, hear };
}

/** Of each code how many, and when half and nearly all of them had it. */
export function sayCodes(tries: readonly Refusal[]): string {
  const codes = [...new Set(tries.map(({ code }) => code))];
  const words = codes.map((code) => {
    const ms = tries.filter((each) => each.code === code).map(({ tookMs }) => tookMs);
    return `${code} ${ms.length} (p50 ${quantile(ms, 0.5).toFixed(0)}, p99 ${quantile(ms, 0.99).toFixed(0)} ms)`;
  });
  return words.length === 0 ? 'none' : words.join(', ');
}
