// How many replicas a pool needs for the runs that are on their way to it: their chances add up, replica by replica, and each further one
// is decided like a single need, by the chance that it is needed at all. Owns that arithmetic; what is there already comes as numbers. Pure.
import { decidePrewarm, type LoadQuantiles, type PrewarmMode } from './decide-prewarm.ts';

/** What one run expects of the pool. */
export interface ExpectedUse {
  readonly probability: number;
  readonly startMs: number;
  readonly untilMs: number;
}

export interface ExpectedCase {
  readonly nowMs: number;
  readonly mode: PrewarmMode;
  readonly uses: readonly ExpectedUse[];
  /** Slots of one replica, and slots that are held or waited for. */
  readonly slots: number;
  readonly inUse: number;
  /** Replicas that are hot or will be, and parked ones that a wake brings back. */
  readonly present: number;
  readonly parked: number;
  readonly loadMs: LoadQuantiles;
  readonly wakeMs: LoadQuantiles;
  readonly gamma: number;
}

export interface ExpectedReplicas {
  /** Replicas in all that are to be hot or on their way by now. */
  readonly warm: number;
  /** Of those that are there, how many are worth keeping; at least `warm`. */
  readonly keep: number;
  /** When one more is to be started, should nothing change before; null when none is. */
  readonly nextMs: number | null;
}

export const noneExpected: ExpectedReplicas = { warm: 0, keep: 0, nextMs: null };

/** No level is due before the one below it. */
export function planExpected(question: ExpectedCase): ExpectedReplicas {
  const { nowMs, mode, slots, inUse, present } = question;
  const uses = question.uses
    .filter(({ untilMs, probability }) => untilMs > nowMs && probability > 0)
    .toSorted((a, b) => a.startMs - b.startMs);
  if (mode === 'off' || uses.length === 0) return noneExpected;
  const chances = chancesOfMore(uses, mode === 'just-in-time-p');
  const untilMs = Math.max(...uses.map((use) => use.untilMs));
  const needed = Math.ceil(inUse / slots);
  let [warm, keep] = [0, 0];
  let nextMs: number | null = null;
  for (let level = needed + 1; ; level += 1) {
    // Of the runs on their way, so many find a slot on the replicas below.
    const served = (level - 1) * slots - inUse;
    const [first, chance = 0] = [uses[served], chances[served]];
    if (first === undefined || chance === 0) break;
    const wanted: LevelCase = { level, chance, startMs: first.startMs, untilMs };
    const atMs = decideLevel(question, wanted);
    const isDue = atMs !== null && atMs <= nowMs && nextMs === null;
    if (isDue) warm = level;
    else nextMs ??= atMs;
    if (!isDue && !(level <= present && isWorthKeeping(question, wanted))) break;
    keep = level;
  }
  return { warm, keep, nextMs };
}

interface LevelCase {
  readonly level: number;
  readonly chance: number;
  readonly startMs: number;
  readonly untilMs: number;
}

/** When the level's start is due; a parked replica is back after a wake. */
function decideLevel(question: ExpectedCase, { level, chance, startMs, untilMs }: LevelCase): number | null {
  const { present, parked, loadMs, wakeMs, mode, gamma, nowMs } = question;
  const isParked = level > present && level <= present + parked;
  const expectation = { pool: '', probability: chance, startMs, untilMs };
  const decided = decidePrewarm({ mode, expectation, loadMs: isParked ? wakeMs : loadMs, gamma, nowMs });
  return decided?.atMs ?? null;
}

/** What is hot already is kept for a need that comes sooner than a load and its waiting are worth. */
function isWorthKeeping({ loadMs, gamma, nowMs }: ExpectedCase, { chance, startMs }: LevelCase): boolean {
  return chance * (1 + gamma) * loadMs.p50 > startMs - nowMs;
}

/**
 * For each n, the chance that more than n of the runs come. Weighed: exact for runs that know nothing of each other (Poisson binomial).
 * Not weighed: certain up to the expected number of them, rounded up.
 */
function chancesOfMore(uses: readonly ExpectedUse[], isWeighed: boolean): readonly number[] {
  if (!isWeighed) {
    const expected = uses.reduce((sum, { probability }) => sum + probability, 0);
    return uses.map((_, n) => (n < expected ? 1 : 0));
  }
  // exactly[n]: that n of the runs looked at so far come.
  let exactly = [1];
  for (const { probability } of uses) {
    const next = exactly.map((chance) => chance * (1 - probability));
    exactly = [...next, 0].map((chance, n) => chance + (exactly[n - 1] ?? 0) * probability);
  }
  let atMost = 0;
  return uses.map((_, n) => {
    atMost += exactly[n] ?? 0;
    return Math.max(0, 1 - atMost);
  });
}
