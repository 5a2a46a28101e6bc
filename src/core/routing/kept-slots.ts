// How many of a pool's last slots those who have a choice leave to those who have none: as many as the latter need beyond what is usual now and
// then. So a pool that takes over a broken one's load hardly shows it to them. Owns what is usual and what follows from it. Plain data, pure.

/** Requests that only this pool can serve: under way now, and as a rule of late, rather more than fewer. */
export interface BoundUse {
  readonly now: number;
  readonly usual: number;
  readonly atMs: number;
}

export const noBoundUse: BoundUse = { now: 0, usual: 0, atMs: 0 };

/** What is usual follows those who come within a few answers' time, and remembers those who came long enough to be there when they come again. */
const riseMs = 2_000;
const fadeMs = 20_000;
/** What comes by chance varies by the root of its mean, and by one and a half times that one moment in fifteen. */
const deviations = 1.5;
/** The others may have this share of the slots in any case. */
const shareMax = 0.5;

export function noteBound(before: BoundUse, change: 1 | -1, nowMs: number): BoundUse {
  const use = upTo(before, nowMs);
  return { ...use, now: Math.max(0, use.now + change) };
}

export function keptSlots(use: BoundUse, slots: number, nowMs: number): number {
  const { usual } = upTo(use, nowMs);
  return Math.min(Math.floor(shareMax * slots), Math.round(deviations * Math.sqrt(usual)));
}

/** A clock that goes back stands still. */
function upTo({ now, usual, atMs }: BoundUse, nowMs: number): BoundUse {
  const fade = Math.exp(-Math.max(0, nowMs - atMs) / (now > usual ? riseMs : fadeMs));
  return { now, usual: usual * fade + now * (1 - fade), atMs: Math.max(nowMs, atMs) };
}
