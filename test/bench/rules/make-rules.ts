// Made-up rule sets of a size, the same for the same seed, as a large tenant might have: most rules are for a model, a team or a place,
// some have nested conditions, and the last one takes what is left. And requests to them. The catalogue is the tests' own.
import { drawInteger, makeRng, type Rng } from '../../../src/core/base/rng.ts';
import { compileRules, noRules, type CompiledRules } from '../../../src/core/routing/compile-rules.ts';
import { normalizeRules } from '../../../src/core/routing/normalize-rules.ts';
import type { RouteQuestion, TargetView } from '../../../src/core/routing/route-question.ts';
import { emptyRules, type Condition, type Rule, type RuleSet } from '../../../src/core/routing/rule-set.ts';
import { question } from '../../unit/routing/sample-route.ts';

const models = ['assistant', 'gpt-4o', 'gpt-4o-mini', 'summary', 'a@1', 'b@1', 'c@1', 'coder'] as const;
const versions = ['a@1', 'b@1', 'c@1'] as const;
const teams = ['search', 'support', 'sales', 'labs', 'ops', 'core'] as const;
const countries = ['DE', 'FR', 'US', 'BR', 'JP', 'IN', 'AT'] as const;
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'] as const;

function pick<T>(rng: Rng, from: readonly [T, ...T[]]): T {
  return from[Math.floor(rng() * from.length)] ?? from[0];
}

export function makeRules(seed: number, count: number): RuleSet {
  const rng = makeRng(seed);
  const rules = Array.from({ length: count - 1 }, (_, at) => makeRule(rng, at));
  const last: Rule = { id: 'everything-else', target: 'a@1', fallback: ['b@1', 'c@1'] };
  return normalizeRules({ ...emptyRules, aliases: { 'gpt-4': 'assistant' }, rules: [...rules, last] });
}

export function makeCompiled(seed: number, count: number): CompiledRules {
  return compileRules(makeRules(seed, count));
}

function makeRule(rng: Rng, at: number): Rule {
  const match = makeCondition(rng, 2);
  const frame = {
    id: `rule-${at}`,
    match,
    ...(rng() < 0.1 ? { continue: true, hedge: { after: 'p95' as const } } : {}),
  };
  const kind = rng();
  if (kind < 0.5) return { ...frame, target: pick(rng, versions), fallback: [pick(rng, versions)] };
  if (kind < 0.7) {
    const from = versions.map((model) => ({ model, weight: drawInteger(rng, 1, 9) }));
    return { ...frame, choose: { by: 'weight', sticky: 'key', from } };
  }
  if (kind < 0.85) return { ...frame, choose: { by: 'lowest-latency', from: [...versions] } };
  return { ...frame, target: pick(rng, versions), spill: { to: pick(rng, versions), afterWaitMs: 2_000 } };
}

/** Two fields or three, of which few requests meet all: rules behind it are tried as well. */
function makeCondition(rng: Rng, levels: number): Condition {
  const fields: Condition = {
    metadata: { team: pick(rng, teams) },
    promptTokens: { min: drawInteger(rng, 0, 4_000) },
  };
  const kind = rng();
  if (kind < 0.4) return { ...fields, model: pick(rng, models) };
  if (kind < 0.55)
    return { ...fields, model: { glob: '*4*mini' }, country: { in: [pick(rng, countries), 'CH'] } };
  if (kind < 0.7) return { ...fields, labels: { plan: { in: ['gold', 'platinum'] } }, region: 'eu' };
  if (kind < 0.8) return { ...fields, time: { zone: pick(rng, zones), from: '08:00', to: '18:00' } };
  if (kind < 0.9) return { ...fields, predictedWaitMs: { min: 500 }, headers: { 'x-route-plan': 'fast' } };
  if (levels === 0) return fields;
  return {
    any: [makeCondition(rng, levels - 1), makeCondition(rng, levels - 1)],
    not: { country: pick(rng, countries) },
  };
}

/** `part` of a day of traffic has passed: time windows open and close. */
export function makeQuestion(seed: number, rules: CompiledRules, part: number): RouteQuestion {
  const rng = makeRng(seed);
  const view = (): TargetView => ({
    warmth: pick(rng, ['hot', 'hot', 'parked', 'cold']),
    predictedWaitMs: drawInteger(rng, 0, 3_000),
    firstTokenMsP50: drawInteger(rng, 50, 500),
    firstTokenMsP95: drawInteger(rng, 500, 900),
    inFlight: drawInteger(rng, 0, 8),
    slots: 8,
    price: drawInteger(rng, 1, 50),
    contextTokens: 8_192,
    tools: true,
    open: rng() < 0.05,
  });
  return {
    ...question,
    rules,
    platform: noRules,
    model: pick(rng, models.slice(4) as ['a@1', 'b@1']),
    metadata: { team: pick(rng, teams), unused: 'x' },
    labels: { plan: pick(rng, ['free', 'gold']) },
    headers: { 'user-agent': 'openai/7.57.0', 'x-route-plan': pick(rng, ['fast', 'slow']) },
    country: pick(rng, countries),
    region: pick(rng, ['eu', 'us']),
    promptTokens: drawInteger(rng, 0, 5_000),
    keyId: `key-${drawInteger(rng, 0, 50)}`,
    nowMs: question.nowMs + Math.floor(part * 86_400_000),
    seed: drawInteger(rng, 0, 0xffff_ffff),
    views: new Map(versions.map((id) => [id, view()])),
  };
}
