// What must be true of every plan, as functions that return what is wrong: for the laws of routing, and for the planted bugs that the laws
// must catch.
import { namesOf, resolveModel } from '../../../src/core/routing/resolve-model.ts';
import type { RoutePlan } from '../../../src/core/routing/route-plan.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import { attemptsMax } from '../../../src/core/routing/rule-bounds.ts';
import { firing, type Written } from './judge-by-hand.ts';

export type Planner = (question: RouteQuestion) => RoutePlan;

/** The explanation tells of this plan: nothing in it that the plan has not, nothing in the plan that it has not. */
export function findDisagreements(plan: RoutePlan): readonly string[] {
  const { attempts, explain, deny, shadow, failure } = plan;
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds ? 0 : wrong.push(what));
  const taken = explain.targets
    .filter(({ place }) => place !== null)
    .toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0));
  expect(
    JSON.stringify(taken.map(({ target, role }) => [target, role])) ===
      JSON.stringify(attempts.map(({ target, role }) => [target, role])),
    'the targets that are said to be taken are not the attempts',
  );
  expect(
    taken.every(({ place }, index) => place === index),
    'places are not counted from 0',
  );
  expect(
    explain.targets.every(({ because }) => because !== ''),
    'a target without a reason',
  );
  const fired = new Set(explain.rules.filter(({ outcome }) => outcome === 'fired').map(({ rule }) => rule));
  const namers = [deny?.rule, ...attempts.map(({ rule }) => rule)];
  expect(
    namers.every((rule) => rule === undefined || rule === null || fired.has(rule)),
    'a rule decided that did not fire',
  );
  expect(
    explain.rules.every(({ outcome, on }) => (outcome === 'not-met') === (on !== null)),
    'a rule that did not fire without the condition, or one that did with it',
  );
  expect(
    shadow === null ||
      explain.targets.some(({ role, target }) => role === 'shadow' && target === shadow.target),
    'a shadow that is not explained',
  );
  expect((deny !== null || failure !== null) === (attempts.length === 0), 'no attempt, and no reason');
  return wrong;
}

/** The shape of every plan. */
export function findMisshapes({ attempts, wake }: RoutePlan, question: RouteQuestion): readonly string[] {
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds ? 0 : wrong.push(what));
  expect(attempts.length <= attemptsMax, 'too many attempts');
  const [first, ...others] = attempts;
  expect(first === undefined || first.on.length === 0, 'the first attempt waits for a failure');
  expect(
    others.every(({ on }) => on.length > 0),
    'an attempt that nothing leads to',
  );
  const ofTask = question.catalogue.versions.filter(({ task }) => task === question.task);
  const served = new Set(ofTask.map(({ id }) => id));
  expect(
    attempts.every(({ target }) => served.has(target)),
    'an attempt at what is not served',
  );
  const keys = attempts.map(({ target, overrides }) => `${target} ${JSON.stringify(overrides)}`);
  expect(new Set(keys).size === keys.length, 'the same attempt twice');
  expect(wake.length === 0 || first?.role === 'spill', 'wakes a target that nobody passed over');
  expect(
    attempts.filter(({ afterWaitMs }) => afterWaitMs !== null).every(({ role }) => role === 'spill'),
    'an attempt that is no spill-over waits for the clock',
  );
  return wrong;
}

/** The rules that are said to have fired are those that do when they are read by hand. */
export function findMisfires(
  plan: RoutePlan,
  question: RouteQuestion,
  tenant: Written,
  platform: Written,
): readonly string[] {
  const expected = firing(tenant, platform, question);
  const said = plan.explain.rules
    .filter(({ outcome }) => outcome === 'fired')
    .map(({ layer, rule }) => `${layer} ${rule}`);
  return JSON.stringify(said) === JSON.stringify(expected)
    ? []
    : [`fired ${said.join(', ')} instead of ${expected.join(', ')}`];
}

/** Without a rule that fires, the model that was asked for is the plan, or it is not served. */
export function findDetours(plan: RoutePlan, question: RouteQuestion): readonly string[] {
  if (plan.explain.rules.some(({ outcome }) => outcome === 'fired')) return [];
  const scope = [question.rules.aliases, question.platform.aliases];
  const version = resolveModel(question.catalogue, scope, question.model);
  const expected = version === null || version.task !== question.task ? [] : [version.id];
  const got = plan.attempts.map(({ target }) => target);
  return JSON.stringify(got) === JSON.stringify(expected)
    ? []
    : [`${namesOf(scope, question.model).join(' -> ')} goes to ${got.join(', ')} without a rule`];
}

const samples = 4_000;

/** How far a share may be from its weight with this many draws: five standard deviations. */
export function toleranceOf(share: number): number {
  return 5 * Math.sqrt((share * (1 - share)) / samples);
}

/** Draws from a split of 8 to 2, each request for itself or for its key: shares as the weights say. */
export function findUnfairness(planner: Planner, base: RouteQuestion, isSticky: boolean): readonly string[] {
  let first = 0;
  for (let at = 0; at < samples; at += 1) {
    const question = {
      ...base,
      seed: isSticky ? 7 : at * 2_654_435_761,
      keyId: isSticky ? `key-${at}` : 'main',
    };
    if (planner(question).attempts[0]?.target === 'a@1') first += 1;
  }
  const share = first / samples;
  return Math.abs(share - 0.8) <= toleranceOf(0.8) ? [] : [`a share of ${share} where 0.8 was written`];
}

/** `before` and `after` differ by one target that went: keys of other targets stay where they are, and about 1/n move. */
export function findMoves(planner: Planner, before: RouteQuestion, after: RouteQuestion): readonly string[] {
  const wrong: string[] = [];
  let moved = 0;
  const count = 1_000;
  for (let at = 0; at < count; at += 1) {
    const facts = { session: `session-${at}`, prefix: `prefix ${at}`, seed: at };
    const old = planner({ ...before, ...facts }).attempts[0]?.target;
    const now = planner({ ...after, ...facts }).attempts[0]?.target;
    if (old === now) continue;
    moved += 1;
    if (old !== 'c@1') wrong.push(`${facts.session} moved from ${old ?? 'nowhere'}, which is still there`);
  }
  // Three targets; five standard deviations.
  if (Math.abs(moved / count - 1 / 3) > 5 * Math.sqrt(2 / 9 / count))
    wrong.push(`${moved} of ${count} moved`);
  return wrong.slice(0, 3);
}
