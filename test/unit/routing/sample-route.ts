// A small deployment and a request to it, for tests of routing: three chat models, one for embeddings, and every fact at its plainest.
import { compileRules, noRules, type CompiledRules } from '../../../src/core/routing/compile-rules.ts';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import type { RoutePlan } from '../../../src/core/routing/route-plan.ts';
import type { RouteQuestion, TargetView } from '../../../src/core/routing/route-question.ts';
import type { RuleSet } from '../../../src/core/routing/rule-set.ts';
import type { Catalogue, ModelVersion } from '../../../src/core/registry/model.ts';

export function version(id: string, task: ModelVersion['task'] = 'chat'): ModelVersion {
  return {
    id,
    task,
    launch: { kind: 'embedder' },
    slots: 2,
    replicasMax: 1,
    floor: 0,
    tier: 'standard',
    hotIdleMs: null,
    parkedIdleMs: null,
    loadGuessMs: 1,
    wakeGuessMs: 1,
    startTimeoutMs: 1,
    queueMax: 1,
    waitTargetMs: null,
    hotMicrosPerSecond: 1,
    parkedMicrosPerSecond: 1,
  };
}

export const catalogue: Catalogue = {
  versions: [version('a@1'), version('b@1'), version('c@1'), version('vectors@1', 'embedding')],
  aliases: { assistant: 'a@1', embed: 'vectors@1' },
};

export const view: TargetView = {
  warmth: 'hot',
  predictedWaitMs: 0,
  firstTokenMsP50: 100,
  firstTokenMsP95: 200,
  inFlight: 0,
  slots: 2,
  price: 10,
  contextTokens: null,
  tools: null,
  open: false,
};

export function parsed(rules: unknown): RuleSet {
  const result = parseRules(rules);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export function compiled(rules: unknown): CompiledRules {
  return compileRules(parsed(rules));
}

export const question: RouteQuestion = {
  catalogue,
  place: 'local',
  task: 'chat',
  model: 'assistant',
  rules: noRules,
  platform: noRules,
  tenant: 'acme',
  keyId: 'main',
  labels: {},
  metadata: {},
  headers: {},
  country: null,
  region: null,
  colo: null,
  promptTokens: 100,
  tools: false,
  json: false,
  stream: false,
  session: null,
  user: null,
  prefix: null,
  budgetLeftMicros: null,
  nowMs: Date.UTC(2026, 10, 25, 12),
  seed: 1,
  views: new Map(),
};

/** The plan for the plain request, by these rules and with these facts. */
export function plan(rules: unknown, facts: Partial<RouteQuestion> = {}): RoutePlan {
  return planRoute({ ...question, rules: compiled(rules), ...facts });
}

export function targets({ attempts }: RoutePlan): readonly string[] {
  return attempts.map(({ target }) => target);
}

export function views(
  changes: Readonly<Record<string, Partial<TargetView>>>,
): ReadonlyMap<string, TargetView> {
  return new Map(Object.entries(changes).map(([id, change]) => [id, { ...view, ...change }]));
}
