// From candidates to attempts: who comes first now, who stays behind it for which failures, and why each other is not taken. Walks the
// chain as the dispatcher will walk it, with the failures that are known before the first attempt: an open breaker, a prompt that does
// not fit, tools that a model cannot use. Pure.
import type { ModelVersion } from '../registry/model.ts';
import type { Role, TargetVerdict } from './route-plan.ts';
import type { RouteQuestion } from './route-question.ts';
import { attemptsMax } from './rule-bounds.ts';
import type { FailureClass, Overrides } from './rule-set.ts';

export interface Candidate {
  /** As the rule has it. */
  readonly name: string;
  readonly version: ModelVersion | null;
  readonly role: Role;
  readonly overrides: Overrides;
  readonly on: readonly FailureClass[];
  readonly afterWaitMs: number | null;
  readonly rule: string | null;
  readonly score: number | null;
  readonly because: string;
}

export type Servable = Candidate & { readonly version: ModelVersion };

export interface Ordered {
  readonly attempts: readonly Servable[];
  readonly verdicts: readonly TargetVerdict[];
}

/** Why a candidate would fail at once, as far as is known. */
interface Flaw {
  readonly failure: FailureClass;
  readonly because: string;
  /** It may be over by the time the chain comes back to it. */
  readonly passes: boolean;
}

/** Failures of the moment, not of the request: somebody else may well do better, or the same one later. */
export const momentary: readonly FailureClass[] = ['capacity', 'error', 'timeout'];

export function orderAttempts(candidates: readonly Candidate[], question: RouteQuestion): Ordered {
  const left: TargetVerdict[] = [];
  const leave = (candidate: Candidate, because: string): void =>
    void left.push(verdictOf(candidate, because));
  const servable = candidates.filter((each): each is Servable => {
    const because = whyUnservable(each, question);
    if (because !== null) leave(each, because);
    return because === null;
  });
  const single = servable.filter((each, index) => {
    const isKnown = servable.slice(0, index).some((other) => isSame(other, each));
    if (isKnown) leave(each, 'is in the plan already');
    return !isKnown;
  });
  const flaws = single.map((each) => findFlaw(each, question));
  const first = walk(single, flaws, candidates[0]);
  const now: Servable[] = [];
  const later: Servable[] = [];
  for (const [index, candidate] of single.entries()) {
    const flaw = flaws[index] ?? null;
    if (index === first || (flaw === null && index > first)) now.push(candidate);
    else if (flaw === null) leave(candidate, 'no failure that is known leads to it');
    else if (flaw.passes)
      later.push({ ...candidate, on: momentary, because: `last, because ${flaw.because}` });
    else leave(candidate, flaw.because);
  }
  const all = [...now, ...later];
  for (const each of all.slice(attemptsMax)) leave(each, `is beyond the ${attemptsMax} attempts of a plan`);
  const attempts = all.slice(0, attemptsMax);
  const taken = attempts.map((each, place) => verdictOf(each, each.because, place));
  return { attempts, verdicts: [...taken, ...left] };
}

export function verdictOf(
  { name, version, role, score }: Candidate,
  because: string,
  place: number | null = null,
): TargetVerdict {
  return { target: version?.id ?? name, role, score, place, because };
}

export function whyUnservable(
  { version }: Pick<Candidate, 'version'>,
  { task }: RouteQuestion,
): string | null {
  if (version === null) return 'no such model is served here';
  return version.task === task ? null : `is a model for ${version.task}`;
}

function isSame(a: Servable, b: Servable): boolean {
  if (a.version.id !== b.version.id) return false;
  return a.overrides === b.overrides || JSON.stringify(a.overrides) === JSON.stringify(b.overrides);
}

/** The failure that a target is known to have before it is asked. */
export function findFlaw({ version }: Pick<Servable, 'version'>, question: RouteQuestion): Flaw | null {
  const view = question.views.get(version.id);
  if (view === undefined) return null;
  if (view.open) return { failure: 'error', because: 'its breaker is open', passes: true };
  if (view.contextTokens !== null && question.promptTokens > view.contextTokens) {
    const because = `the prompt has ${question.promptTokens} tokens, it takes ${view.contextTokens}`;
    return { failure: 'context-length', because, passes: false };
  }
  if (question.tools && view.tools === false)
    return { failure: 'tool-support', because: 'it cannot use tools', passes: false };
  return null;
}

/**
 * Index of the attempt to begin with: the first without a flaw that the flaws before it lead to. When they lead to none, the first of
 * all, which will say honestly what is wrong.
 */
function walk(
  single: readonly Servable[],
  flaws: readonly (Flaw | null)[],
  head: Candidate | undefined,
): number {
  // A head that is not served at all has failed with an error.
  const failures: FailureClass[] = head === single[0] ? [] : ['error'];
  for (const [index, candidate] of single.entries()) {
    // One that the same choice offers is as good a first as any, whatever is wrong with the best.
    const isReached =
      failures.length === 0 ||
      candidate.role === 'rest' ||
      failures.some((failure) => candidate.on.includes(failure));
    if (!isReached) continue;
    const flaw = flaws[index] ?? null;
    if (flaw === null) return index;
    failures.push(flaw.failure);
  }
  return 0;
}
