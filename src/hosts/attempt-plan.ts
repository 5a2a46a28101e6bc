// What comes after an attempt that failed: the same target again, the next one that its failure leads to, or the end. Owns the order of
// these, the pauses between, and what must be left in the budget for each; performs nothing. Pure.
import { retryWaitMs } from '../core/resilience/backoff.ts';
import { classOfFault, isReplicasFault, type AttemptFault } from './attempt-fault.ts';
import type { AttemptPolicy, AttemptTarget } from './attempt-target.ts';

export interface AttemptScene {
  readonly targets: readonly AttemptTarget[];
  readonly policy: AttemptPolicy;
  /** The target that has just failed. */
  readonly at: number;
  readonly fault: AttemptFault;
  /** What a busy model server asked for. */
  readonly retryAfterMs: number | null;
  /** Calls of this target, and of all. */
  readonly callsHere: number;
  readonly calls: number;
  readonly leftMs: number;
  /** Whether it lost its turn because the wait for its slot was too long, and nothing else. */
  readonly hasSpilled: boolean;
  /** In [0, 1). */
  readonly draw: number;
}

export type AttemptStep =
  /** `otherwise`: the target that takes over when the same one cannot be had again; null when there is none. */
  | { readonly kind: 'again'; readonly delayMs: number; readonly otherwise: number | null }
  | { readonly kind: 'next'; readonly at: number }
  | { readonly kind: 'end' };

/**
 * What must be left of the budget when the same target is asked again although another one is there: a retry most likely meets what the
 * first call met, and a substitute does not. Two thirds of what a quiet window allows: when a replica takes all its requests down at once, each
 * retry would cost another one its substitute.
 */
const KEPT_FOR_OTHERS = 12;

/** The last of the budget goes to the attempt that is most likely to be answered. */
export function keptBy(step: AttemptStep): number {
  return step.kind === 'again' && step.otherwise !== null ? KEPT_FOR_OTHERS : 0;
}

/**
 * A connection that fails within this time, without a byte of an answer, was refused, or its replica has worked for no longer than this.
 * The runtime tells a refused connection and a reset one in the same words; so their time must tell them apart.
 */
const REFUSED_MS_MAX = 50;
/** Attempts of one request that nothing is paid for: one of the same target and one of another, or two of others. */
const FREE_MAX = 2;

/** Whether the attempt that follows costs no model server more than a request without a fault does. */
export function isFree(fault: AttemptFault | null, tookMs: number, freed: number): boolean {
  return fault === 'unreachable' && tookMs <= REFUSED_MS_MAX && freed < FREE_MAX;
}

/**
 * The model server said no before it worked: because of its quota, or of what the request asks for. So did a target without a slot, and the
 * one that takes over bears the request as the first one would have. None of these opens a circuit: were the substitute paid for, a quota
 * that is used up for an hour would be an hour of errors.
 */
const DECLINED: ReadonlySet<AttemptFault> = new Set([
  'rate-limited',
  'context-length',
  'content-filter',
  'unsupported',
]);

/** Whether another target may be asked in the place of the one that failed without paying. The same target again is always paid for. */
export function isHandedOn(fault: AttemptFault | null, freed: number): boolean {
  return fault !== null && DECLINED.has(fault) && freed < FREE_MAX;
}

export interface SpareScene {
  readonly fault: AttemptFault | null;
  /** The call was the one that was to show whether its replica or pool is well. */
  readonly isProbe: boolean;
  /** Its replica or pool is left out by now: it was under way when that began. */
  readonly isLeftOut: boolean;
  /** The next one is a target that was passed over, come back to for want of any other. */
  readonly isLastResort: boolean;
  readonly freed: number;
}

/**
 * Whether another target is asked though the budget has nothing left. What the circuit bounds already, the budget need not: one probe at a
 * time, and no more calls than a replica has slots each time that it is left out. Many such calls fail in one moment, when their time is
 * over, and more than the budget may hold for one moment; there is nobody else whom they could take with them, for all others go elsewhere.
 */
export function isSpared({ fault, isProbe, isLeftOut, isLastResort, freed }: SpareScene): boolean {
  const isAgainst = fault !== null && isReplicasFault(fault);
  return isAgainst && (isProbe || isLeftOut) && !isLastResort && freed < FREE_MAX;
}

/** Faults of one moment or one replica: the next call of the same pool most likely meets neither. */
const PASSING: ReadonlySet<AttemptFault> = new Set(['unreachable', 'error', 'cut']);

export function planNextAttempt(scene: AttemptScene): AttemptStep {
  const { targets, policy, at, fault, calls, callsHere, leftMs } = scene;
  if (calls >= policy.callsMax || leftMs <= 0) return { kind: 'end' };
  const next = findNext(scene);
  const mayRepeat = policy.retryOn.includes(fault) && callsHere <= policy.retriesMax;
  const delayMs = pauseBefore(scene);
  const longestMs = next === null ? Infinity : policy.retryAfterMsMax;
  const canRepeat = mayRepeat && delayMs + (targets[at]?.needMs ?? 0) < leftMs;
  const isWorthIt = PASSING.has(fault) || (scene.retryAfterMs !== null && delayMs <= longestMs);
  if (canRepeat && (isWorthIt || next === null)) return { kind: 'again', delayMs, otherwise: next };
  return next === null ? { kind: 'end' } : { kind: 'next', at: next };
}

function findNext({ targets, at, fault, leftMs, hasSpilled }: AttemptScene): number | null {
  const failureClass = classOfFault(fault);
  const found = targets.findIndex((target, index) => {
    if (index <= at || (target.needMs ?? 0) > leftMs) return false;
    if (hasSpilled && target.afterWaitMs !== undefined) return true;
    if (failureClass === null) return false;
    return target.on?.includes(failureClass) ?? true;
  });
  return found === -1 ? null : found;
}

/** One that has just said no is left alone for a while; what failed by chance is asked again at once. */
function pauseBefore({ fault, retryAfterMs, callsHere, draw }: AttemptScene): number {
  if (fault !== 'rate-limited' && fault !== 'overloaded') return 0;
  return retryWaitMs({ attempt: callsHere, draw, retryAfterMs });
}
