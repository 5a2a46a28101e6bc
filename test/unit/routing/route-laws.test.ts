// The laws of routing, over arbitrary rules and requests; each is then seen to catch a planted bug.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileRules, listOf, type CompiledRule } from '../../../src/core/routing/compile-rules.ts';
import { normalizeRules } from '../../../src/core/routing/normalize-rules.ts';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import type { RoutePlan } from '../../../src/core/routing/route-plan.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import type { RuleSet } from '../../../src/core/routing/rule-set.ts';
import type { Written } from './judge-by-hand.ts';
import {
  findDetours,
  findDisagreements,
  findMisfires,
  findMisshapes,
  findMoves,
  findUnfairness,
  type Planner,
} from './route-checks.ts';
import { catalogue, compiled, parsed, question, targets } from './sample-route.ts';
import { facts, writtenSet } from './written-rules.ts';

/** Enough for every commit; `PILOTLIGHT_ROUTE_RUNS=20` searches twenty times as far. */
const times = Number(process.env['PILOTLIGHT_ROUTE_RUNS'] ?? 1);

interface World {
  readonly question: RouteQuestion;
  readonly tenant: Written;
  readonly platform: Written;
}

const world: fc.Arbitrary<World> = fc.tuple(facts, writtenSet, writtenSet).map(([each, own, shared]) => ({
  question: { ...each, rules: compiled(own), platform: compiled(shared) },
  tenant: inFull(own),
  platform: inFull(shared),
}));

function inFull(written: object): Written {
  const nothing = { aliases: {}, rules: [], keys: {} };
  return { ...nothing, ...(Array.isArray(written) ? { rules: written } : written) };
}

function faultsOf(planner: Planner, { question, tenant, platform }: World): readonly string[] {
  const made = planner(question);
  return [
    ...findDisagreements(made),
    ...findMisshapes(made, question),
    ...findMisfires(made, question, tenant, platform),
    ...findDetours(made, question),
  ];
}

describe('for every set of rules and every request', () => {
  test('the plan is whole, and its explanation, read beside the rules as they were written, is true', () => {
    fc.assert(
      fc.property(world, (each) => {
        expect(faultsOf(planRoute, each)).toEqual([]);
      }),
      { numRuns: 400 * times },
    );
  });

  test('the same question gives the same plan', () => {
    fc.assert(
      fc.property(world, ({ question }) => {
        expect(planRoute(question)).toEqual(planRoute(question));
      }),
      { numRuns: 100 },
    );
  });

  test('normal form is a form of its own: normalized, parsed or sent as JSON again it stays the same', () => {
    fc.assert(
      fc.property(writtenSet, (written) => {
        const set = parsed(written);
        expect(normalizeRules(set)).toEqual(set);
        expect(parsed(JSON.parse(JSON.stringify(set)))).toEqual(set);
      }),
      { numRuns: 300 * times },
    );
  });

  test('a list of rules means the set with these rules', () => {
    fc.assert(
      fc.property(writtenSet, (written) => {
        if (Array.isArray(written)) expect(parsed(written)).toEqual(parsed({ rules: written }));
      }),
      { numRuns: 100 },
    );
  });

  test('an open breaker is asked first only when nothing that can be asked follows on an error', () => {
    fc.assert(
      fc.property(world, ({ question }) => {
        const { attempts } = planRoute(question);
        const [first, ...others] = attempts;
        const isOpen = (target: string): boolean => question.views.get(target)?.open === true;
        if (first === undefined || !isOpen(first.target)) return;
        expect(others.filter(({ target, on }) => on.includes('error') && !isOpen(target))).toEqual([]);
      }),
      { numRuns: 200 * times },
    );
  });
});

describe('whatever is sent instead of rules', () => {
  const anything = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
    fc.jsonValue(),
    // A valid set with one value in it replaced by anything.
    fc.tuple(writtenSet, fc.nat(), fc.anything()).map(([set, at, value]) => replaceAt(set, at, value)),
  );

  test('is parsed or refused, with a place and a reason, and never throws', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const result = parseRules(value, catalogue);
        if (result.ok) return;
        expect(result.error.length).toBeGreaterThan(0);
        for (const { path, reason } of result.error)
          expect([typeof path, reason]).toEqual(['string', expect.stringMatching(/./)]);
      }),
      { numRuns: 600 * times },
    );
  });

  test('serves every request without throwing once it was parsed', () => {
    fc.assert(
      fc.property(anything, facts, (value, each) => {
        const result = parseRules(value);
        if (result.ok) planRoute({ ...each, rules: compileRules(result.value) });
      }),
      { numRuns: 300 * times },
    );
  });

  test('may hold itself', () => {
    const circle: { rules?: unknown } = {};
    circle.rules = [circle];
    expect(parseRules(circle)).toMatchObject({
      ok: false,
      error: [{ reason: expect.stringContaining('deeper') }],
    });
  });
});

/** Node number `at` of a JSON tree, counted in any order, becomes `value`. */
function replaceAt(tree: unknown, at: number, value: unknown): unknown {
  const places: [object, string][] = [];
  const copy = structuredClone(tree);
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push([node, key]);
      visit(child);
    }
  };
  visit(copy);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return value;
  Object.assign(place[0], { [place[1]]: value });
  return copy;
}

const split = {
  by: 'weight',
  from: [
    { model: 'a@1', weight: 8 },
    { model: 'b@1', weight: 2 },
  ],
};
const three = ['a@1', 'b@1', 'c@1'];
const choosing = (choose: object): RouteQuestion => ({
  ...question,
  rules: compiled([{ id: 'split', choose }]),
});

describe('a split', () => {
  test('gives each target its share of requests', () => {
    expect(findUnfairness(planRoute, choosing(split), false)).toEqual([]);
  });

  test('that is sticky gives each target its share of keys', () => {
    expect(findUnfairness(planRoute, choosing({ ...split, sticky: 'key' }), true)).toEqual([]);
  });

  test('that is sticky stays: a key has the same target for every request', () => {
    const base = choosing({ ...split, sticky: 'key' });
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.string(), (one, other, keyId) => {
        const asked = (seed: number): readonly string[] => targets(planRoute({ ...base, seed, keyId }));
        expect(asked(one)).toEqual(asked(other));
      }),
    );
  });

  test('does not give tenants the same draw for keys of the same name', () => {
    const base = choosing({ by: 'weight', sticky: 'key', from: ['a@1', 'b@1'] });
    const firsts = Array.from(
      { length: 40 },
      (_, at) => targets(planRoute({ ...base, tenant: `t${at}` }))[0],
    );
    expect(new Set(firsts).size).toBe(2);
  });
});

describe('affinity', () => {
  const cases = [
    ['of sessions', { by: 'session', from: three }],
    ['of prefixes', { by: 'prefix', from: three }],
    ['of a sticky split', { by: 'weight', sticky: 'session', from: three }],
  ] as const;

  test.each(cases)(
    '%s moves the keys of a target that goes, about one in three, and no other',
    (_name, choose) => {
      const before = choosing(choose);
      const without = { ...catalogue, versions: catalogue.versions.filter(({ id }) => id !== 'c@1') };
      expect(findMoves(planRoute, before, { ...before, catalogue: without })).toEqual([]);
      expect(findMoves(planRoute, before, choosing({ ...choose, from: ['b@1', 'a@1'] }))).toEqual([]);
    },
  );
});

describe('each law catches the bug that it is there for', () => {
  const catches = (planner: Planner): string => {
    const wrongWith = (each: World): readonly string[] => {
      try {
        return faultsOf(planner, each);
      } catch (error) {
        return [String(error)];
      }
    };
    const run = fc.check(
      fc.property(world, (each) => wrongWith(each).length === 0),
      { numRuns: 1_500, seed: 1, endOnFailure: true },
    );
    const [example] = run.counterexample ?? [];
    return example === undefined ? '' : wrongWith(example).join('; ');
  };
  const changed =
    (change: (plan: RoutePlan, asked: RouteQuestion) => RoutePlan): Planner =>
    (asked) =>
      change(planRoute(asked), asked);

  const withRules = (
    asked: RouteQuestion,
    change: (rules: readonly CompiledRule[]) => readonly CompiledRule[],
  ): RoutePlan => {
    const list = listOf(change(asked.rules.list.rules));
    return planRoute({ ...asked, rules: { ...asked.rules, list } });
  };

  test.each<[string, Planner, RegExp]>([
    [
      'attempts in another order than explained',
      changed((made) => ({ ...made, attempts: made.attempts.toReversed() })),
      /not the attempts/,
    ],
    [
      'an attempt that the explanation does not have',
      changed((made) => ({ ...made, explain: { ...made.explain, targets: made.explain.targets.slice(1) } })),
      /not the attempts|places/,
    ],
    [
      'the tenant’s rules before the key’s',
      (asked) => planRoute({ ...asked, rules: { ...asked.rules, keys: new Map() } }),
      /instead of/,
    ],
    [
      'platform defaults before the tenant’s rules',
      (asked) => planRoute({ ...asked, rules: asked.platform, platform: asked.rules }),
      /instead of/,
    ],
    ['rules in the wrong order', (asked) => withRules(asked, (rules) => rules.toReversed()), /instead of/],
    [
      'a rule that ends the search though it continues',
      (asked) =>
        withRules(asked, (rules) => rules.map((rule) => Object.assign({}, rule, { continues: false }))),
      /instead of/,
    ],
    [
      'a rule that fires though it is off',
      (asked) => withRules(asked, (rules) => rules.map((rule) => Object.assign({}, rule, { enabled: true }))),
      /instead of/,
    ],
    [
      'alternatives of which all must hold',
      (asked) =>
        withRules(asked, (rules) =>
          rules.map((rule) =>
            rule.match?.kind === 'any'
              ? Object.assign({}, rule, { match: { ...rule.match, kind: 'all' } })
              : rule,
          ),
        ),
      /instead of/,
    ],
    [
      'a first look that leaves out rules which ask for another text, by the texts of other rules',
      (asked) => {
        const { list } = asked.rules;
        const look = {
          ...list.look,
          texts: new Map([...list.look.texts].map(([text, at]) => [text, at + 1])),
        };
        return planRoute({ ...asked, rules: { ...asked.rules, list: { ...list, look } } });
      },
      /instead of|missing/,
    ],
    [
      'time in another zone',
      (asked) => planRoute({ ...asked, nowMs: asked.nowMs + 3_600_000 }),
      /instead of/,
    ],
    [
      'an alias that is not followed',
      (asked) => planRoute({ ...asked, rules: { ...asked.rules, aliases: {} } }),
      /./,
    ],
    [
      'a first attempt that waits for a failure',
      changed((made) => ({ ...made, attempts: made.attempts.map((each) => ({ ...each, on: ['error'] })) })),
      /waits for a failure/,
    ],
    [
      'a denied request that is served',
      (asked) => {
        const made = planRoute(asked);
        return made.deny === null
          ? made
          : { ...planRoute({ ...asked, rules: asked.platform }), deny: made.deny };
      },
      /no reason|instead of|did not fire/,
    ],
  ])('%s', (_name, planner, what) => {
    expect(catches(planner)).toMatch(what);
  });

  test('a draw that ignores the weights, one that ignores the key, and one that is always the same', () => {
    const even = choosing({ ...split, from: ['a@1', 'b@1'] });
    expect(findUnfairness(planRoute, even, false)).toHaveLength(1);
    const sticky = choosing({ ...split, sticky: 'key' });
    const blind: Planner = (asked) => planRoute({ ...asked, keyId: 'same' });
    expect(findUnfairness(blind, sticky, true)).toHaveLength(1);
    const still: Planner = (asked) => planRoute({ ...asked, seed: 1 });
    expect(findUnfairness(still, choosing(split), false)).toHaveLength(1);
  });

  test('affinity by the remainder of a hash, which moves most keys', () => {
    const modulo: Planner = (asked) => {
      const made = planRoute({ ...asked, rules: compiled([{ id: 'r', target: 'a@1', fallback: three }]) });
      const there = three.filter((id) => asked.catalogue.versions.some((each) => each.id === id));
      const at = Number(asked.session?.slice(8)) % there.length;
      const [first] = made.attempts;
      return first === undefined ? made : { ...made, attempts: [{ ...first, target: there[at] ?? '' }] };
    };
    const before = choosing({ by: 'session', from: three });
    const without = { ...catalogue, versions: catalogue.versions.filter(({ id }) => id !== 'c@1') };
    expect(findMoves(modulo, before, { ...before, catalogue: without })).not.toEqual([]);
  });

  test('a normal form that is not one', () => {
    const unsorted: RuleSet = {
      aliases: {},
      keys: {},
      rules: [{ id: 'r', match: { model: { in: ['b', 'a'] } }, target: 'x' }],
    };
    expect(normalizeRules(unsorted)).not.toEqual(unsorted);
  });
});
