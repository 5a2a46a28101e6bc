// The route of one request: which rules fire, what they say together, which targets that makes in which order, and why. The explanation
// is what the computation leaves behind, not a second one. Pure.
import { poolName } from '../pool/pool-settings.ts';
import type { ModelVersion } from '../registry/model.ts';
import { factsOf, matchRules, type Match } from './match-rules.ts';
import { mergeOverrides, noOverrides } from './overrides.ts';
import {
  momentary,
  orderAttempts,
  verdictOf,
  whyUnservable,
  type Candidate,
  type Servable,
} from './order-attempts.ts';
import { planExtras } from './plan-extras.ts';
import { planSpill } from './plan-spill.ts';
import { rankTargets } from './rank-targets.ts';
import { resolveModel } from './resolve-model.ts';
import type { Explanation, PlannedAttempt, RoutePlan, RuleVerdict, TargetVerdict } from './route-plan.ts';
import type { Facts, RouteQuestion } from './route-question.ts';
import type { Overrides } from './rule-set.ts';

export function planRoute(question: RouteQuestion): RoutePlan {
  const facts = factsOf(question);
  const match = matchRules(facts);
  if (match.deny !== null) {
    const { value: reason, rule, layer } = match.deny;
    const explain = explainBy(match, { because: `denied by ${layer} rule ${rule}`, targets: [], notes: [] });
    return { ...noAttempts(match), failure: null, deny: { reason, rule }, explain };
  }
  const { candidates: chosen, left } = chosenTargets(facts, match);
  const spill = planSpill(facts, match.sayings.spill, chosen);
  // A fallback helps out a model that fails, not a name that means nothing.
  const isMeant = match.sayings.choice !== null || whyNotServed(facts) === null;
  const all = isMeant
    ? [...spill.candidates, ...elsewhere(facts, chosen[0]), ...fallbacks(facts, match)]
    : chosen;
  const { attempts, verdicts } = orderAttempts(withOverrides(all, match.overrides), question);
  const [first] = attempts;
  if (first === undefined) {
    const targets = [...verdicts, ...left];
    const explain = explainBy(match, { because: 'nothing is served for it', targets, notes: [] });
    return { ...noAttempts(match), failure: whyNone(facts, chosen), deny: null, explain };
  }
  const extras = planExtras(facts, match, first);
  const passedOver = first.role === 'spill' ? attempts.find(({ role }) => role === 'preferred') : undefined;
  const { place } = question;
  return {
    failure: null,
    deny: null,
    attempts: attempts.map((each, index) => planAttempt(each, index, place)),
    wake: passedOver === undefined ? [] : [targetOf(passedOver, place)],
    hedge: extras.hedge,
    shadow: extras.shadow,
    midStream: extras.midStream,
    cache: extras.cache,
    readsPools: match.readsPools,
    explain: explainBy(match, {
      because: because(facts, match, first),
      targets: [...verdicts, ...left, ...extras.targets],
      notes: [...spill.notes, ...extras.notes],
    }),
  };
}

function noAttempts({ readsPools }: Match): Omit<RoutePlan, 'failure' | 'deny' | 'explain'> {
  return { attempts: [], wake: [], hedge: null, shadow: null, midStream: 'error', cache: null, readsPools };
}

function explainBy({ verdicts }: Match, rest: Omit<Explanation, 'rules'>): Explanation {
  let rules: readonly RuleVerdict[] | null = null;
  return {
    ...rest,
    get rules() {
      rules ??= verdicts();
      return rules;
    },
  };
}

function withOverrides(candidates: readonly Candidate[], base: Overrides | null): readonly Candidate[] {
  if (base === null) return candidates;
  return candidates.map((each) =>
    Object.assign({}, each, { overrides: mergeOverrides(each.overrides, base) }),
  );
}

interface Chosen {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  readonly left: readonly TargetVerdict[];
}

/** What the rules choose from; without a choice, the model that was asked for. */
function chosenTargets(facts: Facts, { sayings: { choice } }: Match): Chosen {
  const { question, version } = facts;
  if (choice === null) return { candidates: [asked(question.model, version)], left: [] };
  const { value, rule, scope } = choice;
  const ranked = rankTargets(value, question, scope);
  const best = ranked.find((each) => whyUnservable(each, question) === null) ?? ranked[0];
  const candidates = ranked.map(({ target, version, score, because }, index): Candidate => {
    const isBest = ranked[index] === best;
    return {
      name: target.name,
      version,
      role: isBest ? 'first' : 'rest',
      overrides: target.overrides ?? noOverrides,
      on: momentary,
      afterWaitMs: null,
      rule,
      score,
      because: isBest ? because : `not the best: ${because}`,
    };
  });
  const first = candidates.filter(({ role }) => role === 'first');
  const rest = candidates.filter(({ role }) => role === 'rest');
  if (value.restFollows) return { candidates: [...first, ...rest], left: [] };
  return { candidates: first, left: rest.map((each) => verdictOf(each, each.because)) };
}

function asked(model: string, version: ModelVersion | null): Candidate {
  return {
    name: model,
    version,
    role: 'first',
    overrides: noOverrides,
    on: momentary,
    afterWaitMs: null,
    rule: null,
    score: null,
    because: 'the model that was asked for',
  };
}

const nowhere: readonly Candidate[] = [];

/** The same model in other places, for those whom the first has no room for; no rule has to say so. */
function elsewhere({ question }: Facts, first: Candidate | undefined): readonly Candidate[] {
  const others = first?.version?.elsewhere;
  if (first === undefined || others === undefined) return nowhere;
  return others.map((name): Candidate => ({
    name,
    version: resolveModel(question.catalogue, [], name),
    role: 'fallback',
    overrides: first.overrides,
    on: momentary,
    afterWaitMs: null,
    rule: first.rule,
    score: null,
    because: `the same model elsewhere, for want of room at ${first.version?.id ?? first.name}`,
  }));
}

function fallbacks({ question }: Facts, { sayings: { fallback } }: Match): readonly Candidate[] {
  if (fallback === null) return [];
  const { value, rule, scope } = fallback;
  return value.map(({ name, on, overrides }, step): Candidate => ({
    name,
    version: resolveModel(question.catalogue, scope, name),
    role: 'fallback',
    overrides: overrides ?? noOverrides,
    on,
    afterWaitMs: null,
    rule,
    score: null,
    because: `step ${step + 1} of the fallback chain`,
  }));
}

function planAttempt(attempt: Servable, index: number, place: string): PlannedAttempt {
  const { role, overrides, on, afterWaitMs, rule } = attempt;
  const isFirst = index === 0;
  return {
    ...targetOf(attempt, place),
    role,
    overrides,
    on: isFirst ? [] : on,
    afterWaitMs: isFirst ? null : afterWaitMs,
    rule,
  };
}

function targetOf({ version }: Servable, place: string): { readonly target: string; readonly pool: string } {
  return { target: version.id, pool: poolName(version.id, place) };
}

function whyNotServed({ question: { model, task }, version }: Facts): RoutePlan['failure'] {
  if (version === null) return { kind: 'unknown-model', model };
  return version.task === task ? null : { kind: 'wrong-task', model, task: taskInWords(version.task) };
}

/** Of the rules' targets, when they choose; a model for another task says more than one that is not there. */
function whyNone(facts: Facts, chosen: readonly Candidate[]): RoutePlan['failure'] {
  const { model } = facts.question;
  const other = chosen.find(({ version }) => version !== null)?.version;
  if (other === undefined || other === null) return { kind: 'unknown-model', model };
  return { kind: 'wrong-task', model, task: taskInWords(other.task) };
}

function taskInWords(task: 'chat' | 'embedding'): string {
  return task === 'chat' ? 'chat completions' : 'embeddings';
}

/** Which rule or name decided, in one line. */
function because(
  { names, question: { catalogue } }: Facts,
  { sayings: { choice } }: Match,
  first: Servable,
): string {
  const isFirst = first.role === 'first' || first.role === 'rest';
  const last = names[names.length - 1] ?? '';
  const named = Object.hasOwn(catalogue.aliases, last) ? `name ${last}` : 'version id';
  const asked = names.length > 1 ? `alias ${names.join(' -> ')}` : named;
  const base = choice === null ? asked : `${choice.layer} rule ${choice.rule}`;
  return isFirst
    ? base
    : `${base}, ${first.role} ${first.rule === null ? 'elsewhere' : `of rule ${first.rule}`}`;
}
