// Who may wait, and who makes room when too many do. Refuses at once what would only be refused later: a line longer than is drained in
// the time that may be waited, a request whose time is over before its turn. Owns the bound and the order of shedding: what matters
// least goes first, of that the tenant with the longest line pays, and of that the newest. Pure.
import { isSlotInTime } from './deadline.ts';
import { rankOf, weightOf, type Queued } from './fair-queue.ts';

export interface AdmissionScene {
  readonly nowMs: number;
  /** However fast it drains. */
  readonly queueMax: number;
  /** Requests that leave the line per second when it is never empty; null while unknown, or while no replica is hot. */
  readonly drainPerSecond: number | null;
  /** How long anybody is to wait at most while replicas are hot; null = as long as its deadline allows. */
  readonly waitTargetMs: number | null;
  /** What is left of its time when its turn comes must be this much; null while unknown. */
  readonly needMs: number | null;
}

export type Admission<T extends Queued> =
  | { readonly kind: 'wait' }
  /** `full`: too many wait, of those that matter as much. `late`: its deadline is before its turn. */
  | { readonly kind: 'refuse'; readonly reason: 'full' | 'late' }
  /** It waits in the place of `victim`, which is refused as `full`. */
  | { readonly kind: 'displace'; readonly victim: T };

/** Less than this is no line. */
const lengthMin = 2;

export function decideAdmission<T extends Queued>(
  waiting: readonly T[],
  newcomer: Queued,
  scene: AdmissionScene,
): Admission<T> {
  if (isTooLate(waiting, newcomer, scene)) return { kind: 'refuse', reason: 'late' };
  if (waiting.length < lengthMax(scene, rankOf(newcomer))) return { kind: 'wait' };
  const victim = whoPays(waiting, newcomer);
  if (victim !== null) return { kind: 'displace', victim };
  const isPressing = rankOf(newcomer) === 0 && waiting.length < scene.queueMax;
  return isPressing ? { kind: 'wait' } : { kind: 'refuse', reason: 'full' };
}

/** A line twice as long as it may be is cut back: the pool has become slower, or nothing was known of it when they came. */
const lengthSlack = 2;
/** Each costs a pass over the line; the rest follows with the next event. */
const trimMax = 32;

/** Those who are to leave a line that has become too long, in the order of shedding; nobody, as a rule. */
export function trimLine<T extends Queued>(waiting: readonly T[], scene: AdmissionScene): readonly T[] {
  const most = lengthMax(scene, 1);
  if (waiting.length <= lengthSlack * most) return [];
  const victims = new Set<T>();
  let left = waiting;
  while (left.length > most && victims.size < trimMax) {
    const victim = whoPays(left, null);
    if (victim === null || rankOf(victim) === 0) break;
    victims.add(victim);
    left = left.filter((each) => each !== victim);
  }
  return [...victims];
}

/**
 * How long the line may be for one more of this rank: as many as are served within the time that may be waited, for what is sheddable
 * half of that. What is critical waits as long as its deadline allows, once nothing else is left to go.
 */
export function lengthMax({ queueMax, drainPerSecond, waitTargetMs }: AdmissionScene, rank: number): number {
  if (drainPerSecond === null || waitTargetMs === null) return queueMax;
  const inTime = (drainPerSecond * waitTargetMs) / 1_000 / (rank > 1 ? 2 : 1);
  return Math.min(queueMax, Math.max(lengthMin, Math.ceil(inTime)));
}

/** How many are served before a newcomer, as far as can be foretold: all that matter more, and of its equals as many per tenant as wait
 * of its own. */
export function aheadOf(waiting: readonly Queued[], newcomer: Queued): number {
  const rank = rankOf(newcomer);
  const lines = new Map<string, number>();
  let ahead = 0;
  for (const waiter of waiting) {
    const theirs = rankOf(waiter);
    if (theirs < rank) ahead += 1;
    else if (theirs === rank) lines.set(waiter.tenant, (lines.get(waiter.tenant) ?? 0) + 1);
  }
  const own = (lines.get(newcomer.tenant) ?? 0) + 1;
  for (const [tenant, length] of lines) ahead += tenant === newcomer.tenant ? length : Math.min(length, own);
  return ahead;
}

/** A wait that is foretold is a mean: who would just make it by the mean is told too late half of the time. */
const waitSlack = 1.2;

function isTooLate(waiting: readonly Queued[], newcomer: Queued, scene: AdmissionScene): boolean {
  const { nowMs, drainPerSecond, needMs } = scene;
  const waitMs = drainPerSecond === null ? 0 : (aheadOf(waiting, newcomer) / drainPerSecond) * 1_000;
  return !isSlotInTime(newcomer, nowMs + waitSlack * waitMs, needMs);
}

/** Null = the newcomer itself, or nobody waits. */
function whoPays<T extends Queued>(waiting: readonly T[], newcomer: Queued | null): T | null {
  let rank = newcomer === null ? 0 : rankOf(newcomer);
  for (const waiter of waiting) rank = Math.max(rank, rankOf(waiter));
  const lines = new Map<string, number>();
  for (const waiter of waiting) {
    if (rankOf(waiter) !== rank) continue;
    lines.set(waiter.tenant, (lines.get(waiter.tenant) ?? 0) + 1 / weightOf(waiter));
  }
  const payer = newcomer !== null && rankOf(newcomer) === rank ? newcomer : null;
  let longest = payer === null ? null : payer.tenant;
  let length = payer === null ? 0 : (lines.get(payer.tenant) ?? 0) + 1 / weightOf(payer);
  for (const [tenant, theirs] of lines) if (theirs > length) [longest, length] = [tenant, theirs];
  if (payer !== null && longest === payer.tenant) return null;
  return waiting.findLast((waiter) => rankOf(waiter) === rank && waiter.tenant === longest) ?? null;
}
