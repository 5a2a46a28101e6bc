// Whether and when a second attempt is sent beside one whose first token is late. Owns the conditions; the allowance is the retry
// budget's. Pure. Where there is no room for one, it is looked at again: room comes, and the replica may be found broken meanwhile; then the
// second attempt is no longer for speed.

export interface HedgeScene {
  /** What the rule of the route asks for: null = no hedge, a time, or the pool's own 95th percentile. */
  readonly after: number | 'p95' | null;
  /** Of the pool's usual replica; null while unknown. */
  readonly firstTokenMsP95: number | null;
  readonly firstTokenMsP50: number | null;
  /** 0..1, see `budgetLeft`. */
  readonly budgetLeft: number;
  /** Slots in use of those there are, 0..1: of the pool that the hedge would go to. */
  readonly poolFill: number;
  /** Replicas that serve, none of those that are left out: a hedge goes to another one. */
  readonly replicas: number;
  /** The request may be made twice: it has no effect outside, or a key that makes it one. */
  readonly repeatable: boolean;
  readonly contentStarted: boolean;
  /** The replica that has the attempt is left out by now. */
  readonly isLeftOut: boolean;
  /** Attempts under way. */
  readonly attempts: number;
  /** Until the request's deadline. */
  readonly remainingMs: number;
  /** Since the attempt under way got its slot. */
  readonly elapsedMs: number;
}

export type HedgeDecision =
  /** Look again when so much time has passed since the attempt got its slot. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'hedge' }
  | { readonly kind: 'never'; readonly because: string };

/** Below this the two would race by chance. */
const afterMsMin = 20;
/** With less of the allowance left, failures need it more. */
const budgetMin = 0.5;
/** A pool that is fuller than this has no slot to give away. */
const fillMax = 0.8;
/** What was seen of a replica that fell silent is known a moment later. */
export const lookAgainMs = 100;

/** Asked when the attempt gets its slot, and again at each time it names: what holds at first may not hold then. */
export function decideHedge(scene: HedgeScene): HedgeDecision {
  const afterMs = hedgeAfterMs(scene);
  if (afterMs === null) return { kind: 'never', because: 'no time to hedge after is known' };
  const because = objection(scene, afterMs);
  if (because !== null) return { kind: 'never', because };
  if (scene.elapsedMs < afterMs) return { kind: 'wait', untilMs: afterMs };
  const hasRoom = scene.budgetLeft >= budgetMin && scene.poolFill <= fillMax;
  return hasOther(scene) && (hasRoom || scene.isLeftOut)
    ? { kind: 'hedge' }
    : { kind: 'wait', untilMs: scene.elapsedMs + lookAgainMs };
}

function hasOther({ replicas, isLeftOut }: HedgeScene): boolean {
  return replicas > (isLeftOut ? 0 : 1);
}

/** What no passing of time mends. */
function objection(scene: HedgeScene, afterMs: number): string | null {
  if (scene.contentStarted) return 'the answer has begun';
  if (!scene.repeatable) return 'the request may not be made twice';
  if (scene.attempts > 1) return 'a second attempt is under way';
  const neededMs = Math.max(0, afterMs - scene.elapsedMs) + (scene.firstTokenMsP50 ?? 0);
  if (scene.remainingMs < neededMs) return 'the deadline is too near';
  return null;
}

function hedgeAfterMs({ after, firstTokenMsP95 }: HedgeScene): number | null {
  const afterMs = after === 'p95' ? firstTokenMsP95 : after;
  return afterMs === null ? null : Math.max(afterMsMin, Math.round(afterMs));
}
