// What a plan has besides its attempts: when a second replica is asked, who gets a copy, what happens to a stream that dies, whether the
// answer is kept. Pure.
import { poolName } from '../pool/pool-settings.ts';
import type { Match } from './match-rules.ts';
import { whyUnservable, type Servable } from './order-attempts.ts';
import { mergeOverrides } from './overrides.ts';
import { draw } from './rendezvous.ts';
import { resolveModel } from './resolve-model.ts';
import type { PlannedTarget, RoutePlan, TargetVerdict } from './route-plan.ts';
import type { Facts } from './route-question.ts';

export interface Extras extends Pick<RoutePlan, 'hedge' | 'shadow' | 'midStream' | 'cache'> {
  readonly targets: readonly TargetVerdict[];
  readonly notes: readonly string[];
}

export function planExtras(facts: Facts, match: Match, first: Servable): Extras {
  const { hedge, note } = planHedge(facts, match, first);
  const { shadow, targets } = planShadow(facts, match);
  const kept = planCache(match);
  return {
    hedge,
    shadow,
    midStream: match.sayings.midStream?.value ?? 'error',
    cache: kept.cache,
    targets,
    notes: [note, kept.note].filter((each) => each !== null),
  };
}

function planHedge(
  { question }: Facts,
  { sayings: { hedge } }: Match,
  first: Servable,
): { readonly hedge: RoutePlan['hedge']; readonly note: string | null } {
  if (hedge === null) return { hedge: null, note: null };
  if (hedge.value === 'never') return { hedge: null, note: `rule ${hedge.rule} forbids hedging` };
  const { after } = hedge.value;
  const afterMs = after === 'p95' ? (question.views.get(first.version.id)?.firstTokenMsP95 ?? null) : after;
  if (afterMs === null)
    return { hedge: null, note: `no hedge: the first-token time of ${first.version.id} is not known yet` };
  return { hedge: { afterMs }, note: null };
}

function planCache({ sayings: { cache } }: Match): {
  readonly cache: RoutePlan['cache'];
  readonly note: string | null;
} {
  if (cache === null) return { cache: null, note: null };
  if (cache.value === 'never') return { cache: null, note: `rule ${cache.rule} forbids kept answers` };
  const { ttlSeconds } = cache.value;
  return {
    cache: { ttlMs: ttlSeconds * 1_000 },
    note: `rule ${cache.rule} keeps answers for ${ttlSeconds} s`,
  };
}

function planShadow(
  { question }: Facts,
  { sayings: { shadow }, overrides }: Match,
): { readonly shadow: PlannedTarget | null; readonly targets: readonly TargetVerdict[] } {
  if (shadow === null || shadow.value === 'never') return { shadow: null, targets: [] };
  const { name, share } = shadow.value;
  const version = resolveModel(question.catalogue, shadow.scope, name);
  const judge = (because: string): TargetVerdict => ({
    target: version?.id ?? name,
    role: 'shadow',
    score: null,
    place: null,
    because,
  });
  const unservable = whyUnservable({ version }, question);
  if (version === null || unservable !== null)
    return { shadow: null, targets: [judge(unservable ?? 'no such model is served here')] };
  // Its own draw: whoever is in a split's smaller part must not be in the shadow's share for that reason.
  if (draw(`shadow ${question.seed}`, shadow.rule) >= share)
    return { shadow: null, targets: [judge(`not among the ${share * 100} % that get a copy`)] };
  return {
    shadow: {
      target: version.id,
      pool: poolName(version.id, question.place),
      overrides: mergeOverrides(shadow.value.overrides, overrides),
    },
    targets: [judge(`among the ${share * 100} % that get a copy`)],
  };
}
