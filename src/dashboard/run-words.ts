// The state of a run in words. Pure.
import type { RunView } from '../core/run/view-run.ts';
import { formatMs, formatShare } from './format.ts';

type Status = RunView['status'];

export const statusWords: Readonly<Record<Status, string>> = {
  active: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  incomplete: 'budget used up',
};

const reasons: Readonly<Record<string, string>> = {
  budget_steps: 'Its budget of steps was used up.',
  budget_tokens: 'Its budget of tokens was used up.',
  budget_micros: 'Its budget of money was used up.',
  budget_time: 'Its time was over.',
  output_too_large: 'Its log was full.',
  values_too_large: 'The values of its steps took more room than a run may have.',
};

/** Why a run ended before its function did. */
export function describeReason(reason: string): string {
  return reasons[reason] ?? `It ended early: ${reason}.`;
}

/** `12 s ago`, `3 min ago`, `2 h ago`, `4 d ago`. */
export function formatAgo(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const;
  const unit = units.find(([size]) => ms >= size);
  if (unit !== undefined) return `${Math.floor(ms / unit[0])} ${unit[1]} ago`;
  return ms < 2_000 ? 'just now' : `${Math.floor(ms / 1_000)} s ago`;
}

/** Cold delay of a run as a share of its length; nothing when nobody has measured it. */
export function formatCold(coldMs: number | undefined, durationMs: number): string {
  if (coldMs === undefined) return '–';
  if (coldMs === 0) return 'none';
  return `${formatMs(coldMs)} (${formatShare(Math.min(coldMs, durationMs), durationMs)})`;
}
