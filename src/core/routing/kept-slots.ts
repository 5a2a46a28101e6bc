// How many of a pool's last slots those who have a choice leave to those who have none: as many as the latter need beyond their mean now and
// then. So a pool that takes over a broken one's load hardly shows it to them. Owns the mean and what follows from it. Plain data, pure.

/** Requests that only this pool can serve: under way now, and in the mean of late. */
export interface BoundUse {
  readonly now: number;
  readonly mean: number;
  readonly atMs: number;
}

export const noBoundUse: BoundUse = { now: 0, mean: 0, atMs: 0 };

/** The mean is of about so long: many answers' time, and short beside the hours in which a load changes. */
const memoryMs = 5_000;
/** What comes by chance varies by the root of its mean, and by one and a half times that one moment in fifteen. */
const deviations = 1.5;
/** The others may have this share of the slots in any case. */
const shareMax = 0.5;

export function noteBound(before: BoundUse, change: 1 | -1, nowMs: number): BoundUse {
  const use = upTo(before, nowMs);
  return { ...use, now: Math.max(0, use.now + change) };
}

export function keptSlots(use: BoundUse, slots: number, nowMs: number): number {
  const { mean } = upTo(use, nowMs);
  return Math.min(Math.floor(shareMax * slots), Math.round(deviations * Math.sqrt(mean)));
}

/** A clock that goes back stands still. */
function upTo({ now, mean, atMs }: BoundUse, nowMs: number): BoundUse {
  const fade = Math.exp(-Math.max(0, nowMs - atMs) / memoryMs);
  return { now, mean: mean * fade + now * (1 - fade), atMs: Math.max(nowMs, atMs) };
}
