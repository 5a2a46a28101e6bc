// Arbitrary rules as somebody might write them, and arbitrary requests, both from a small vocabulary so that they meet. Shared by the
// laws of routing, their planted bugs and the benchmark.
import * as fc from 'fast-check';
import type { RouteQuestion, TargetView } from '../../../src/core/routing/route-question.ts';
import { choosers, failureClasses, stickies, warmths, weekdays } from '../../../src/core/routing/rule-set.ts';
import { question } from './sample-route.ts';

const word = fc.constantFrom('assistant', 'main', 'acme', 'DE', 'gold');
const model = fc.constantFrom('assistant', 'a@1', 'b@1', 'c@1', 'vectors@1', 'ours', 'gone');

function joined<A extends object, B extends object>(a: A, b: B): A & B {
  return Object.assign({}, a, b);
}

/** Without the fields that are there and undefined, as JSON has it. */
function some<T extends object>(fields: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record(fields, { requiredKeys: [] });
}

function atLeastOne<T extends object>(fields: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return some<T>(fields).filter((value) => Object.keys(value).length > 0);
}

const textOf = (whole: fc.Arbitrary<string>) =>
  fc.oneof(
    whole,
    whole,
    whole.map((equals) => ({ equals })),
    fc.array(whole, { minLength: 1, maxLength: 4 }).map((list) => ({ in: list })),
    fc
      .string({ unit: fc.constantFrom('a', 's', 'm', 'g', 'D'), minLength: 1, maxLength: 3 })
      .map((prefix) => ({ prefix })),
    fc
      .string({ unit: fc.constantFrom('a', 's', 'n', 'd', 'E', '*', '*'), minLength: 1, maxLength: 6 })
      .map((glob) => ({ glob })),
    fc.boolean().map((exists) => ({ exists })),
  );
const text = textOf(word);
const country = textOf(fc.constantFrom('DE', 'us', 'T1')).filter(
  // A glob without a star is a text.
  (each) => !(typeof each === 'object' && 'glob' in each) || each.glob.includes('*'),
);

const range = fc
  .tuple(fc.nat(200), fc.nat(200), fc.constantFrom('min', 'max', 'both'))
  .map(([a, b, ends]) =>
    ends === 'min' ? { min: a } : ends === 'max' ? { max: a } : { min: Math.min(a, b), max: Math.max(a, b) },
  );

const clock = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);

const time = fc
  .tuple(
    fc.constantFrom('Europe/Berlin', 'UTC', 'America/New_York'),
    atLeastOne({
      days: fc.array(fc.constantFrom(...weekdays), { minLength: 1, maxLength: 7 }),
      from: clock,
      to: clock,
    }),
  )
  .map(([zone, rest]) => joined({ zone }, rest))
  .filter(({ from = '00:00', to = '24:00' }) => from !== to);

const named = fc.dictionary(fc.constantFrom('team', 'plan'), text, { minKeys: 1, maxKeys: 2 });

const warmth = fc
  .tuple(fc.array(fc.constantFrom(...warmths), { minLength: 1, maxLength: 3 }), some({ of: model }))
  .map(([is, of]) => joined({ is }, of));

const field = fc.oneof(
  text.map((model) => ({ model })),
  fc.constantFrom('chat', 'embedding').map((task) => ({ task })),
  fc.tuple(fc.constantFrom('tenant', 'key', 'region', 'colo'), text).map(pair),
  country.map((value) => ({ country: value })),
  fc.tuple(fc.constantFrom('tools', 'json', 'stream'), fc.boolean()).map(pair),
  fc.tuple(fc.constantFrom('promptTokens', 'budgetLeftMicros'), range).map(pair),
  fc.tuple(fc.constantFrom('labels', 'metadata'), named).map(pair),
  fc
    .dictionary(fc.constantFrom('x-route-plan', 'user-agent'), text, { minKeys: 1, maxKeys: 2 })
    .map((headers) => ({ headers })),
  warmth.map((value) => ({ warmth: value })),
  fc.tuple(range, some({ of: model })).map(([ends, of]) => ({ predictedWaitMs: joined(ends, of) })),
  time.map((value) => ({ time: value })),
);

function pair([name, value]: readonly [string, unknown]): object {
  return { [name]: value };
}

/** As it stands in a list or behind a `not`: of one or two fields. */
const part = fc.letrec<{ part: object; node: object }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    field,
    fc.array(tie('part'), { minLength: 1, maxLength: 2 }).map((all) => ({ all })),
    fc.array(tie('part'), { minLength: 1, maxLength: 2 }).map((any) => ({ any })),
    tie('part').map((not) => ({ not })),
  ),
  part: fc.array(tie('node'), { minLength: 1, maxLength: 2 }).map((nodes) => Object.assign({}, ...nodes)),
})).part;

export const condition: fc.Arbitrary<object> = fc.oneof(fc.constant({}), part, part);

const parameters = atLeastOne({
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  max_tokens: fc.integer({ min: 1, max: 100 }),
});

const overrides = atLeastOne({
  parameters,
  defaults: parameters,
  timeouts: atLeastOne({
    firstTokenMs: fc.integer({ min: 1, max: 1_000 }),
    idleMs: fc.integer({ min: 1, max: 9 }),
  }),
  systemPrompt: fc.oneof(
    word,
    word.map((prepend) => ({ prepend })),
    word.map((replace) => ({ replace })),
  ),
});

const target = fc.oneof(
  model,
  fc.tuple(model, some({ overrides })).map(([name, rest]) => joined({ model: name }, rest)),
);

const choose = fc.oneof(
  fc
    .tuple(
      fc.array(
        fc.oneof(
          model,
          fc
            .tuple(model, some({ weight: fc.nat(10), overrides }))
            .map(([name, rest]) => joined({ model: name }, rest)),
        ),
        { minLength: 1, maxLength: 4 },
      ),
      some({ sticky: fc.constantFrom(...stickies), rest: fc.constantFrom('follow', 'never') }),
    )
    .filter(
      ([from]) => !from.every((each) => typeof each !== 'string' && 'weight' in each && each.weight === 0),
    )
    .map(([from, rest]) => joined({ by: 'weight', from }, rest)),
  fc
    .tuple(
      fc.constantFrom(...choosers.filter((each) => each !== 'weight')),
      fc.array(target, { minLength: 1, maxLength: 4 }),
      some({ rest: fc.constantFrom('follow', 'never') }),
    )
    .map(([by, from, rest]) => joined({ by, from }, rest)),
);

const fallback = fc.array(
  fc.oneof(
    model,
    fc
      .tuple(
        model,
        some({
          on: fc.array(fc.constantFrom(...failureClasses), { minLength: 1, maxLength: 6 }),
          overrides,
        }),
      )
      .map(([name, rest]) => joined({ model: name }, rest)),
  ),
  { minLength: 1, maxLength: 3 },
);

const acts = atLeastOne({
  route: fc.oneof(
    target.map((value) => ({ target: value })),
    choose.map((value) => ({ choose: value })),
  ),
  fallback,
  spill: fc.oneof(
    fc.constant('never'),
    fc
      .tuple(
        fc.oneof(target, fc.array(target, { minLength: 1, maxLength: 3 })),
        fc.integer({ min: 50, max: 200 }),
      )
      .map(([to, afterWaitMs]) => ({ to, afterWaitMs })),
  ),
  overrides,
  hedge: fc.constantFrom('never', { after: 'p95' }, { after: 500 }),
  shadow: fc.oneof(
    fc.constant('never'),
    fc.tuple(target, fc.constantFrom(0, 0.5, 1)).map(([to, share]) => ({ to, share })),
  ),
  midStream: fc.constantFrom('error', 'continue'),
  cache: fc.constantFrom('never', { ttlSeconds: 1 }, { ttlSeconds: 60 }),
}).map(({ route, ...rest }) => Object.assign({}, route, rest));

const ruleBody = fc.oneof(
  {
    arbitrary: fc.tuple(acts, some({ continue: fc.boolean() })).map(([act, rest]) => joined(act, rest)),
    weight: 9,
  },
  { arbitrary: word.map((reason) => ({ deny: { reason } })), weight: 1 },
);

const rule = fc
  .tuple(some({ match: condition, enabled: fc.boolean(), description: word }), ruleBody)
  .map(([frame, body]) => joined(frame, body));

/** Ids that say where the rule stood. */
const list = (prefix: string, maxLength: number): fc.Arbitrary<readonly object[]> =>
  fc
    .array(rule, { maxLength })
    .map((rules) => rules.map((each, index) => joined({ id: `${prefix}-${index}` }, each)));

/** `ours` leads to what is served, in a hop or two; a loop is a mistake, and has its place among the mistakes. */
const aliases = fc.constantFrom({}, { ours: 'b@1' }, { ours: 'theirs', theirs: 'assistant' });

export const writtenSet: fc.Arbitrary<object> = fc.oneof(
  list('t', 6),
  fc
    .tuple(aliases, list('t', 5), some({ main: list('k', 3), other: list('o', 2) }))
    .map(([names, rules, keys]) => ({ aliases: names, rules, keys })),
);

const view: fc.Arbitrary<TargetView> = fc.record({
  warmth: fc.constantFrom(...warmths, null),
  predictedWaitMs: fc.oneof(fc.constant(null), fc.nat(300)),
  firstTokenMsP50: fc.oneof(fc.constant(null), fc.nat(300)),
  firstTokenMsP95: fc.oneof(fc.constant(null), fc.nat(900)),
  inFlight: fc.nat(4),
  slots: fc.nat(4),
  price: fc.oneof(fc.constant(null), fc.nat(5)),
  contextTokens: fc.oneof(fc.constant(null), fc.nat(200)),
  tools: fc.constantFrom(true, false, null),
  open: fc.boolean(),
});

const maybe = fc.oneof(fc.constant(null), word);

/** A request without rules: whoever asks puts those in. */
export const facts: fc.Arbitrary<RouteQuestion> = fc
  .record({
    model: fc.oneof(model, word),
    task: fc.constantFrom('chat' as const, 'chat' as const, 'embedding' as const),
    keyId: fc.constantFrom('main', 'other', 'third'),
    labels: fc.dictionary(fc.constantFrom('team', 'plan'), word),
    metadata: fc.dictionary(fc.constantFrom('team', 'plan'), word),
    headers: fc.dictionary(fc.constantFrom('x-route-plan', 'user-agent'), word),
    country: maybe,
    region: maybe,
    colo: maybe,
    promptTokens: fc.nat(200),
    tools: fc.boolean(),
    json: fc.boolean(),
    stream: fc.boolean(),
    session: maybe,
    user: maybe,
    prefix: maybe,
    budgetLeftMicros: fc.oneof(fc.constant(null), fc.nat(200)),
    nowMs: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
    seed: fc.nat(0xffff_ffff),
    views: fc
      .dictionary(fc.constantFrom('a@1', 'b@1', 'c@1'), view)
      .map((each) => new Map(Object.entries(each))),
  })
  .map((each): RouteQuestion => Object.assign({}, question, each));
