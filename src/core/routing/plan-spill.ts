// Spilling over: whether a request is better answered by a substitute now, because the preferred target would keep it waiting for longer
// than the rule allows. Back to the preferred one as soon as its wait is short again, since nothing is remembered. Pure.
import type { Candidate } from './order-attempts.ts';
import { findFlaw, momentary, whyUnservable } from './order-attempts.ts';
import type { Said, Sayings } from './match-rules.ts';
import { noOverrides } from './overrides.ts';
import { resolveModel } from './resolve-model.ts';
import type { Facts, RouteQuestion } from './route-question.ts';

/** Candidates in their order, the preferred one among them. */
export interface SpillPlan {
  readonly candidates: readonly Candidate[];
  readonly isSpilling: boolean;
  readonly notes: readonly string[];
}

type Spill = Exclude<NonNullable<Sayings['spill']>['value'], 'never'>;

/** `rest`: what the choice offers besides `preferred`. */
export function planSpill(
  facts: Facts,
  said: Sayings['spill'],
  [preferred, ...rest]: readonly Candidate[],
): SpillPlan {
  const stay = (candidates: readonly Candidate[], ...notes: readonly string[]): SpillPlan => ({
    candidates: [...(preferred === undefined ? [] : [preferred]), ...candidates, ...rest],
    isSpilling: false,
    notes,
  });
  if (said === null || preferred === undefined) return stay([]);
  if (said.value === 'never') return stay([], `rule ${said.rule} forbids spilling over`);
  const { afterWaitMs } = said.value;
  const substitutes = substitutesOf(facts, said, said.value);
  const { question } = facts;
  // While the isolate does not know, or is wrong, the dispatcher watches the clock: for one substitute, the first that is there.
  const usable = substitutes.findIndex((each) => isUsable(each, question));
  const watched = substitutes.map((each, index) => (index === usable ? { ...each, afterWaitMs } : each));
  const waitMs = waitOf(preferred, question);
  if (waitMs === null) return stay(watched, 'no spill-over yet: the wait is not known');
  if (waitMs <= afterWaitMs)
    return stay(watched, `no spill-over: a wait of ${Math.round(waitMs)} ms is within ${afterWaitMs} ms`);
  if (!isUsable(preferred, question)) return stay(watched);
  const better = betterThan(waitMs, afterWaitMs, substitutes, question);
  if (better === undefined) return stay(watched, 'no spill-over: no substitute would be sooner');
  const others = substitutes.filter((each) => each !== better);
  const passedOver: Candidate = { ...preferred, role: 'preferred', on: momentary };
  return {
    candidates: [better, passedOver, ...others, ...rest],
    isSpilling: true,
    notes: [
      `spills over: ${nameOf(preferred)} would take ${Math.round(waitMs)} ms, more than ${afterWaitMs} ms, and wakes meanwhile`,
    ],
  };
}

function substitutesOf(
  { question }: Facts,
  { rule, scope }: Said<unknown>,
  spill: Spill,
): readonly Candidate[] {
  return spill.to.map((target): Candidate => {
    const version = resolveModel(question.catalogue, scope, target.name);
    const view = version === null ? undefined : question.views.get(version.id);
    return {
      name: target.name,
      version,
      role: 'spill',
      overrides: target.overrides ?? noOverrides,
      on: momentary,
      afterWaitMs: null,
      rule,
      score: view?.predictedWaitMs ?? null,
      because: 'answers in the stead of what would keep the client waiting',
    };
  });
}

/** The first that is soon enough, else the soonest if it is sooner at all. A wait that is not known is none. */
function betterThan(
  waitMs: number,
  afterWaitMs: number,
  substitutes: readonly Candidate[],
  question: RouteQuestion,
): Candidate | undefined {
  const usable = substitutes.filter((each) => isUsable(each, question));
  const wait = (each: Candidate): number => waitOf(each, question) ?? 0;
  const soon = usable.find((each) => wait(each) <= afterWaitMs);
  if (soon !== undefined) return soon;
  const [soonest] = usable.toSorted((a, b) => wait(a) - wait(b));
  return soonest !== undefined && wait(soonest) < waitMs ? soonest : undefined;
}

function isUsable({ version }: Candidate, question: RouteQuestion): boolean {
  if (version === null || whyUnservable({ version }, question) !== null) return false;
  return findFlaw({ version }, question) === null;
}

function waitOf({ version }: Candidate, { views }: RouteQuestion): number | null {
  return version === null ? null : (views.get(version.id)?.predictedWaitMs ?? null);
}

function nameOf({ version, name }: Candidate): string {
  return version?.id ?? name;
}
