// What a request's route comes to: the attempts in their order, and for each rule and each target why. Pure types.
import type { Failure } from '../api/failure.ts';
import type { FailureClass, Overrides } from './rule-set.ts';

/** What a target is in the plan. `preferred` comes behind the `spill` that answers in its stead while it wakes. */
export type Role = 'first' | 'rest' | 'fallback' | 'spill' | 'preferred';

export interface PlannedAttempt {
  /** Version id. */
  readonly target: string;
  readonly pool: string;
  readonly role: Role;
  readonly overrides: Overrides;
  /** The failures of earlier attempts that lead here; none for the one that is made first. */
  readonly on: readonly FailureClass[];
  /** Also made once the attempt before it has waited this long for a slot. */
  readonly afterWaitMs: number | null;
  /** The rule that named it; null for the model that was asked for. */
  readonly rule: string | null;
}

export interface PlannedTarget {
  readonly target: string;
  readonly pool: string;
  readonly overrides: Overrides;
}

export type Layer = 'key' | 'tenant' | 'platform';

export interface RuleVerdict {
  readonly layer: Layer;
  readonly rule: string;
  readonly outcome: 'fired' | 'not-met' | 'off' | 'not-reached';
  /** The first condition that did not hold, as in `match.any[1].model`; null unless the rule was not met. */
  readonly on: string | null;
  /** What the fact was there, unless it is the client's own text; null when it is not known. */
  readonly got: string | null;
}

export interface TargetVerdict {
  /** Version id, or the name as the rule has it when no such model is served. */
  readonly target: string;
  readonly role: Role | 'shadow';
  /** What it was ordered by; null where nothing was compared. */
  readonly score: number | null;
  /** Place among the attempts; null when it is not taken. */
  readonly place: number | null;
  readonly because: string;
}

export interface Explanation {
  /** One line for the request's event. */
  readonly because: string;
  /** Worked out from what matching found when it is read first, since few requests are asked why. */
  readonly rules: readonly RuleVerdict[];
  readonly targets: readonly TargetVerdict[];
  /** What was decided besides: about hedging, shadows and spilling over. */
  readonly notes: readonly string[];
}

export interface RoutePlan {
  /** Why there is no attempt, when no rule denied it. */
  readonly failure: Extract<Failure, { kind: 'unknown-model' | 'wrong-task' }> | null;
  readonly deny: { readonly reason: string; readonly rule: string } | null;
  readonly attempts: readonly PlannedAttempt[];
  /** Targets that were passed over for being slow, and are wanted all the same. */
  readonly wake: readonly { readonly target: string; readonly pool: string }[];
  readonly hedge: { readonly afterMs: number } | null;
  readonly shadow: PlannedTarget | null;
  readonly midStream: 'error' | 'continue';
  /** The answer of whom the rules chose may be kept and given again for so long. */
  readonly cache: { readonly ttlMs: number } | null;
  /** Rules were tried that look at pools: knowing more of them might have made another plan. */
  readonly readsPools: boolean;
  readonly explain: Explanation;
}
