// Which version serves a request of which nothing is known but its model's name: the first attempt of its plan. For callers that have no
// facts to route by, such as the embeddings of an index. Pure.
import type { Failure } from '../api/failure.ts';
import { must } from '../base/assert.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Catalogue, ModelVersion } from '../registry/model.ts';
import { compileRules, noRules, type CompiledRules } from './compile-rules.ts';
import { normalizeRules } from './normalize-rules.ts';
import { planRoute } from './plan-route.ts';
import { findVersion } from './resolve-model.ts';
import type { RouteQuestion as FullQuestion } from './route-question.ts';
import { emptyRules, type Rule } from './rule-set.ts';

export interface RouteQuestion {
  readonly catalogue: Catalogue;
  readonly place: string;
  readonly rules: readonly Rule[];
  readonly model: string;
  readonly task: ModelVersion['task'];
}

export interface Route {
  readonly version: ModelVersion;
  readonly pool: string;
  /** Which rule or name decided, for whoever asks why. */
  readonly because: string;
}

/** A rule that denies is met as a model that does not exist: these callers have nobody to give its reason to. */
export function decideRoute(question: RouteQuestion): Result<Route, Failure> {
  const plan = planRoute({ ...unknown, ...question, rules: compiled(question.rules) });
  const [first] = plan.attempts;
  if (first === undefined) return err(plan.failure ?? { kind: 'unknown-model', model: question.model });
  const version = must(findVersion(question.catalogue, first.target), 'a version that was planned');
  return ok({ version, pool: first.pool, because: plan.explain.because });
}

const unknown: Omit<FullQuestion, keyof RouteQuestion> = {
  platform: noRules,
  tenant: '',
  keyId: '',
  labels: {},
  metadata: {},
  headers: {},
  country: null,
  region: null,
  colo: null,
  promptTokens: 0,
  tools: false,
  json: false,
  stream: false,
  session: null,
  user: null,
  prefix: null,
  budgetLeftMicros: null,
  nowMs: 0,
  seed: 0,
  views: new Map(),
};

const known = new WeakMap<readonly Rule[], CompiledRules>();

/** A tenant's list is the same object for as long as its tenant is read. */
function compiled(rules: readonly Rule[]): CompiledRules {
  const made = known.get(rules) ?? compileRules(normalizeRules({ ...emptyRules, rules }));
  known.set(rules, made);
  return made;
}
