import { describe, expect, test } from 'vitest';
import { planRoute } from '../../../src/core/routing/plan-route.ts';
import { renderExplanation } from '../../../src/core/routing/render-explanation.ts';
import { catalogue, compiled, plan, question, targets, views } from './sample-route.ts';

const to = (target: string, rest: object = {}): object => ({ id: `to-${target[0] ?? ''}`, target, ...rest });

describe('a request', () => {
  test('that no rule is for gets the model that it asks for', () => {
    expect(plan([])).toMatchObject({
      failure: null,
      attempts: [{ target: 'a@1', pool: 'a@1~local', role: 'first', on: [], rule: null, overrides: {} }],
      hedge: null,
      shadow: null,
      midStream: 'error',
      cache: null,
      explain: { because: 'name assistant', rules: [], targets: [{ target: 'a@1', place: 0 }] },
    });
    expect(plan([], { model: 'b@1' }).explain.because).toBe('version id');
  });

  test('for a model that is not served fails, whatever fallbacks there are for those that are', () => {
    const rules = [{ id: 'help', continue: true, fallback: ['b@1'], spill: { to: 'b@1', afterWaitMs: 50 } }];
    expect(plan(rules, { model: 'gpt-9' })).toMatchObject({
      failure: { kind: 'unknown-model', model: 'gpt-9' },
      attempts: [],
    });
    expect(plan(rules, { model: 'embed' }).failure).toEqual({
      kind: 'wrong-task',
      model: 'embed',
      task: 'embeddings',
    });
  });

  test('may ask by an alias of its tenant, of the platform, or of both', () => {
    const platform = compiled({ aliases: { fast: 'b@1' } });
    const asked = plan({ aliases: { 'gpt-4o': 'fast' } }, { model: 'gpt-4o', platform });
    expect(targets(asked)).toEqual(['b@1']);
    expect(asked.explain.because).toBe('alias gpt-4o -> fast -> b@1');
  });

  test('is matched by the name that it wrote and by what its alias means', () => {
    for (const model of ['gpt-4o', 'fast'])
      expect(
        targets(
          plan(
            { aliases: { 'gpt-4o': 'fast' }, rules: [to('c@1', { match: { model } })] },
            { model: 'gpt-4o' },
          ),
        ),
      ).toEqual(['c@1']);
  });
});

describe('rules are tried in their order', () => {
  test('and the first that fires decides', () => {
    const made = plan([to('c@1', { match: { model: 'other' } }), to('b@1'), to('a@1')]);
    expect(targets(made)).toEqual(['b@1']);
    expect(made.explain.because).toBe('tenant rule to-b');
    expect(made.explain.rules).toEqual([
      { layer: 'tenant', rule: 'to-c', outcome: 'not-met', on: 'match.model', got: 'assistant' },
      { layer: 'tenant', rule: 'to-b', outcome: 'fired', on: null, got: null },
      { layer: 'tenant', rule: 'to-a', outcome: 'not-reached', on: null, got: null },
    ]);
  });

  test('those of the key first, then the tenant’s, then the platform’s', () => {
    const platform = compiled([to('c@1')]);
    const rules = { rules: [to('b@1')], keys: { main: [to('a@1')] } };
    expect(targets(plan(rules, { platform }))).toEqual(['a@1']);
    expect(targets(plan(rules, { platform, keyId: 'other' }))).toEqual(['b@1']);
    expect(targets(plan([], { platform }))).toEqual(['c@1']);
  });

  test('and one that continues leaves the rest to later ones, in whatever layer', () => {
    const key = {
      id: 'careful',
      continue: true,
      hedge: { after: 300 },
      overrides: { parameters: { temperature: 0 } },
    };
    const own = to('b@1', { overrides: { parameters: { temperature: 1, max_tokens: 5 } }, hedge: 'never' });
    const made = plan({ rules: [own], keys: { main: [key] } });
    expect(made.hedge).toEqual({ afterMs: 300 });
    expect(made.attempts[0]).toMatchObject({
      target: 'b@1',
      overrides: { parameters: { temperature: 0, max_tokens: 5 } },
    });
  });

  test('and one that is off is named and passed by', () => {
    const made = plan([to('b@1', { enabled: false }), to('c@1')]);
    expect(targets(made)).toEqual(['c@1']);
    expect(made.explain.rules[0]).toMatchObject({ rule: 'to-b', outcome: 'off' });
  });

  test('and names in the platform’s rules mean what the platform means by them', () => {
    const platform = compiled({ aliases: { best: 'c@1' }, rules: [to('best')] });
    expect(targets(plan({ aliases: { best: 'b@1' } }, { platform }))).toEqual(['c@1']);
  });

  test('and what a rule denies is not attempted', () => {
    const made = plan([{ id: 'no', match: { country: 'de' }, deny: { reason: 'not there' } }, to('b@1')], {
      country: 'DE',
    });
    expect(made).toMatchObject({
      attempts: [],
      failure: null,
      deny: { reason: 'not there', rule: 'no' },
      explain: { because: 'denied by tenant rule no' },
    });
  });
});

test('a fact that is no number is met by no range, and by nothing else than before', () => {
  const rules = [to('b@1', { match: { promptTokens: { max: 9 } } }), to('c@1')];
  const made = plan(rules, { promptTokens: Number.NaN });
  expect(targets(made)).toEqual(['c@1']);
  expect(made.explain.rules.map(({ on }) => on)).toEqual(['match.promptTokens', null]);
});

test('a plan says whether rules looked at pools, those that an alternative hides as well', () => {
  const pools = { any: [{ country: 'DE' }, { not: { warmth: { is: ['hot'] } } }] };
  expect(plan([to('b@1', { match: pools })]).readsPools).toBe(true);
  expect(plan([to('b@1', { match: { ...pools, model: 'other' } })]).readsPools).toBe(false);
  expect(plan([to('b@1'), to('c@1', { match: pools })]).readsPools).toBe(false);
});

describe('the same model in other places', () => {
  const versions = catalogue.versions.map((each) =>
    each.id === 'a@1' ? { ...each, elsewhere: ['b@1', 'c@1'] } : each,
  );
  const spread = { catalogue: { ...catalogue, versions } };

  test('stands behind the first, for failures of the moment, without any rule', () => {
    const made = plan([], spread);
    expect(made.attempts).toMatchObject([
      { target: 'a@1', role: 'first', on: [] },
      { target: 'b@1', role: 'fallback', on: ['capacity', 'error', 'timeout'], rule: null },
      { target: 'c@1', role: 'fallback', rule: null },
    ]);
    expect(made.explain.targets[1]?.because).toBe('the same model elsewhere, for want of room at a@1');
  });

  test('comes before the fallbacks of rules, and stands in the plan once', () => {
    const rules = [to('a@1', { fallback: ['c@1', 'b@1'] })];
    expect(targets(plan(rules, spread))).toEqual(['a@1', 'b@1', 'c@1']);
  });

  test('is asked at once while the first is left out, which comes last', () => {
    const made = plan([], { ...spread, views: views({ 'a@1': { open: true } }) });
    expect(targets(made)).toEqual(['b@1', 'c@1', 'a@1']);
    expect(made.explain.because).toBe('name assistant, fallback elsewhere');
  });

  test('is nobody’s where a model names none', () => {
    expect(targets(plan([], { ...spread, model: 'b@1' }))).toEqual(['b@1']);
  });
});

describe('a fallback chain', () => {
  const rules = [to('a@1', { fallback: [{ model: 'b@1', on: ['timeout', 'error'] }, 'c@1'] })];

  test('stands behind the target, each step with the failures that lead to it', () => {
    expect(plan(rules).attempts).toMatchObject([
      { target: 'a@1', role: 'first', on: [] },
      { target: 'b@1', role: 'fallback', on: ['error', 'timeout'] },
      { target: 'c@1', role: 'fallback' },
    ]);
    expect(plan(rules).attempts[2]?.on).toHaveLength(6);
  });

  test('is used at once when the target’s breaker is open, and the target comes last', () => {
    const made = plan(rules, { views: views({ 'a@1': { open: true } }) });
    expect(targets(made)).toEqual(['b@1', 'c@1', 'a@1']);
    expect(made.attempts[0]?.on).toEqual([]);
    expect(made.explain.because).toBe('tenant rule to-a, fallback of rule to-a');
    expect(made.explain.targets[2]).toMatchObject({
      target: 'a@1',
      because: 'last, because its breaker is open',
    });
  });

  test('is used at once when the prompt is too long for the target, by a step for that', () => {
    const made = plan(rules, { promptTokens: 9_000, views: views({ 'a@1': { contextTokens: 8_192 } }) });
    expect(targets(made)).toEqual(['c@1']);
    expect(made.explain.targets).toContainEqual({
      target: 'a@1',
      role: 'first',
      score: null,
      place: null,
      because: 'the prompt has 9000 tokens, it takes 8192',
    });
    expect(made.explain.targets).toContainEqual(
      expect.objectContaining({
        target: 'b@1',
        place: null,
        because: 'no failure that is known leads to it',
      }),
    );
  });

  test('is used at once when tools are wanted that the target cannot use', () => {
    const made = plan(rules, { tools: true, views: views({ 'a@1': { tools: false } }) });
    expect(targets(made)).toEqual(['c@1']);
  });

  test('does not hide that nothing fits: the target is asked and says so', () => {
    const made = plan([to('a@1', { fallback: [{ model: 'b@1', on: ['error'] }] })], {
      promptTokens: 9_000,
      views: views({ 'a@1': { contextTokens: 100 } }),
    });
    expect(targets(made)[0]).toBe('a@1');
  });

  test('serves in place of a target that has left the catalogue', () => {
    const made = plan([{ id: 'r', target: 'gone@1', fallback: ['b@1'] }]);
    expect(targets(made)).toEqual(['b@1']);
    expect(made.explain.targets).toContainEqual(
      expect.objectContaining({ target: 'gone@1', place: null, because: 'no such model is served here' }),
    );
  });

  test('names a target once', () => {
    const made = plan([
      to('a@1', { fallback: ['assistant', { model: 'a@1', overrides: { parameters: { max_tokens: 9 } } }] }),
    ]);
    expect(made.attempts.map(({ target, overrides }) => [target, overrides])).toEqual([
      ['a@1', {}],
      ['a@1', { parameters: { max_tokens: 9 } }],
    ]);
    expect(made.explain.targets).toContainEqual(
      expect.objectContaining({ because: 'is in the plan already' }),
    );
  });

  test('is not longer than a plan may be', () => {
    const own = (max_tokens: number): object => ({ model: 'b@1', overrides: { parameters: { max_tokens } } });
    const spill = { to: [1, 2, 3, 4].map((at) => own(100 + at)), afterWaitMs: 50 };
    const made = plan([to('a@1', { fallback: [1, 2, 3, 4, 5, 6, 7, 8].map(own), spill })]);
    expect(made.attempts).toHaveLength(8);
    expect(
      made.explain.targets.filter(({ because }) => because.includes('beyond the 8 attempts')),
    ).toHaveLength(5);
  });
});

describe('spilling over', () => {
  const rules = [to('a@1', { spill: { to: 'b@1', afterWaitMs: 2_000 }, fallback: ['c@1'] })];
  const waits = (a: number | null, b: number | null = 0) =>
    views({ 'a@1': { predictedWaitMs: a, warmth: 'cold' }, 'b@1': { predictedWaitMs: b } });

  test('answers from the substitute when the target would take too long, and wakes the target', () => {
    const made = plan(rules, { views: waits(5_200) });
    expect(made.attempts).toMatchObject([
      { target: 'b@1', role: 'spill', afterWaitMs: null, on: [] },
      { target: 'a@1', role: 'preferred', on: ['capacity', 'error', 'timeout'] },
      { target: 'c@1', role: 'fallback' },
    ]);
    expect(made.wake).toEqual([{ target: 'a@1', pool: 'a@1~local' }]);
    expect(made.explain.because).toBe('tenant rule to-a, spill of rule to-a');
    expect(made.explain.notes).toEqual([
      'spills over: a@1 would take 5200 ms, more than 2000 ms, and wakes meanwhile',
    ]);
  });

  test.each([0, 1_999, 2_000])('stays with the target when its wait is %d ms', (wait) => {
    const made = plan(rules, { views: waits(wait) });
    expect(targets(made)).toEqual(['a@1', 'b@1', 'c@1']);
    expect(made.attempts[1]).toMatchObject({ role: 'spill', afterWaitMs: 2_000 });
    expect(made.wake).toEqual([]);
  });

  test('is left to the clock when nothing is known', () => {
    const made = plan(rules);
    expect(made.attempts[1]).toMatchObject({ target: 'b@1', role: 'spill', afterWaitMs: 2_000 });
    expect(made.explain.notes).toEqual(['no spill-over yet: the wait is not known']);
  });

  test('does not go to a substitute that would take longer still', () => {
    const made = plan(rules, { views: waits(5_000, 9_000) });
    expect(targets(made)[0]).toBe('a@1');
    expect(made.explain.notes).toEqual(['no spill-over: no substitute would be sooner']);
  });

  test('goes to the first substitute that is soon enough, else to the soonest', () => {
    const several = [to('a@1', { spill: { to: ['b@1', 'c@1'], afterWaitMs: 1_000 } })];
    const facts = (b: number, c: number) => ({
      views: views({
        'a@1': { predictedWaitMs: 8_000 },
        'b@1': { predictedWaitMs: b },
        'c@1': { predictedWaitMs: c },
      }),
    });
    expect(targets(plan(several, facts(900, 0)))[0]).toBe('b@1');
    expect(targets(plan(several, facts(4_000, 500)))[0]).toBe('c@1');
    expect(targets(plan(several, facts(4_000, 3_000)))[0]).toBe('c@1');
  });

  test('never happens without a rule for it, nor against one that forbids it', () => {
    const slow = { views: waits(60_000) };
    expect(targets(plan([to('a@1')], slow))).toEqual(['a@1']);
    const platform = compiled([{ id: 'spill', continue: true, spill: { to: 'b@1', afterWaitMs: 50 } }]);
    expect(targets(plan([to('a@1', { continue: true })], { ...slow, platform }))).toEqual(['b@1', 'a@1']);
    const forbidden = plan([to('a@1', { continue: true, spill: 'never' })], { ...slow, platform });
    expect(targets(forbidden)).toEqual(['a@1']);
    expect(forbidden.explain.notes).toEqual(['rule to-a forbids spilling over']);
  });

  test('also helps when the target’s breaker is open', () => {
    const made = plan(rules, { views: views({ 'a@1': { open: true, predictedWaitMs: 0 } }) });
    expect(targets(made)).toEqual(['b@1', 'c@1', 'a@1']);
    expect(made.wake).toEqual([]);
  });
});

describe('a choice', () => {
  const from = ['a@1', 'b@1', 'c@1'];
  const first = (by: string, facts: Parameters<typeof views>[0], rest: object = {}): readonly string[] =>
    targets(plan([{ id: 'r', choose: { by, from, ...rest } }], { views: views(facts) }));

  test('of the least loaded goes by the share of slots that is taken', () => {
    const load = {
      'a@1': { inFlight: 3, slots: 4 },
      'b@1': { inFlight: 4, slots: 16 },
      'c@1': { inFlight: 2, slots: 2 },
    };
    expect(first('least-loaded', load)).toEqual(['b@1', 'a@1', 'c@1']);
  });

  test('of the least loaded takes a pool without a hot replica for a full one', () => {
    const load = {
      'a@1': { warmth: 'cold' as const, inFlight: 0, slots: 0 },
      'b@1': { inFlight: 3, slots: 4 },
      'c@1': { inFlight: 6, slots: 4 },
    };
    expect(first('least-loaded', load)).toEqual(['b@1', 'a@1', 'c@1']);
    const awaited = { ...load, 'a@1': { ...load['a@1'], inFlight: 1 } };
    expect(first('least-loaded', awaited)).toEqual(['b@1', 'c@1', 'a@1']);
  });

  test('of the least loaded leaves the slots that a pool keeps to whom nobody else can serve, until others have lines', () => {
    const kept = { inFlight: 7, slots: 10, keptSlots: 3 };
    const beside = (inFlight: number, a: object = kept): string | undefined =>
      first('least-loaded', {
        'a@1': a,
        'b@1': { inFlight, slots: 10 },
        'c@1': { inFlight: 25, slots: 10 },
      })[0];
    expect([beside(9), beside(10), beside(14)]).toEqual(['b@1', 'b@1', 'a@1']);
    expect(beside(9, { ...kept, inFlight: 6 })).toBe('a@1');
    expect(beside(9, { ...kept, keptSlots: 0 })).toBe('a@1');
  });

  test('of the least loaded tries a pool of which nothing is known', () => {
    const load = { 'a@1': { warmth: null, slots: 0 }, 'b@1': { inFlight: 1, slots: 4 } };
    expect(first('least-loaded', { ...load, 'c@1': { inFlight: 3, slots: 4 } })[0]).toBe('a@1');
  });

  test('of the lowest latency goes by the wait and the first token together', () => {
    const latency = {
      'a@1': { predictedWaitMs: 900, firstTokenMsP50: 50 },
      'b@1': { predictedWaitMs: 0, firstTokenMsP50: 400 },
      'c@1': { predictedWaitMs: 0, firstTokenMsP50: 2_000 },
    };
    expect(first('lowest-latency', latency)).toEqual(['b@1', 'a@1', 'c@1']);
  });

  test('between figures that are nearly equal is drawn for each request, so that none gets all of them', () => {
    const near = views({
      'a@1': { firstTokenMsP50: 100 },
      'b@1': { firstTokenMsP50: 104 },
      'c@1': { firstTokenMsP50: 500 },
    });
    const rules = compiled([{ id: 'r', choose: { by: 'lowest-latency', from } }]);
    const firsts = Array.from(
      { length: 200 },
      (_, seed) => targets(planRoute({ ...question, rules, views: near, seed }))[0],
    );
    const count = (target: string): number => firsts.filter((each) => each === target).length;
    expect([count('a@1') > 60, count('b@1') > 60, count('c@1')]).toEqual([true, true, 0]);
  });

  test('of the cheapest goes by the price, among equals by the wait', () => {
    const prices = { 'a@1': { price: 7, predictedWaitMs: 500 }, 'b@1': { price: 9 }, 'c@1': { price: 7 } };
    expect(first('cheapest', prices)).toEqual(['c@1', 'a@1', 'b@1']);
    expect(first('cheapest', { 'a@1': { price: null }, 'b@1': { price: 9 } })[0]).toBe('b@1');
  });

  test('of the warmest goes by warmth, among equals by the wait', () => {
    const warmth = {
      'a@1': { warmth: 'cold' as const },
      'b@1': { warmth: 'hot' as const, predictedWaitMs: 30 },
      'c@1': { warmth: 'hot' as const, predictedWaitMs: 10 },
    };
    expect(first('warmest', warmth)).toEqual(['c@1', 'b@1', 'a@1']);
  });

  test('tries the others when the best fails, and says why each was not the best', () => {
    const made = plan([{ id: 'r', choose: { by: 'cheapest', from } }], {
      views: views({ 'b@1': { price: 1 } }),
    });
    expect(made.attempts.map(({ role }) => role)).toEqual(['first', 'rest', 'rest']);
    expect(made.explain.targets).toContainEqual(
      expect.objectContaining({
        target: 'c@1',
        place: expect.any(Number),
        because: 'not the best: price not known',
      }),
    );
  });

  test('leaves the others alone when its rule says so', () => {
    const made = plan([{ id: 'r', choose: { by: 'cheapest', from, rest: 'never' } }], {
      views: views({ 'b@1': { price: 1 } }),
    });
    expect(targets(made)).toEqual(['b@1']);
    expect(made.explain.targets.filter(({ place }) => place === null)).toHaveLength(2);
  });

  test('passes over what is open, too small, or not served', () => {
    const rules = [{ id: 'r', choose: { by: 'cheapest', from: ['gone', ...from] } }];
    const facts = views({
      'a@1': { price: 1, open: true },
      'b@1': { price: 2, contextTokens: 50 },
      'c@1': { price: 3 },
    });
    expect(targets(plan(rules, { views: facts }))).toEqual(['c@1', 'a@1']);
  });

  test('of a session without a session goes by the user, then by the key', () => {
    const rules = compiled([{ id: 'r', choose: { by: 'session', from } }]);
    const because = (facts: object): string | undefined =>
      planRoute({ ...question, rules, ...facts }).explain.targets[0]?.because;
    expect(because({ session: 's', user: 'u' })).toBe('drawn for its session');
    expect(because({ user: 'u' })).toBe('drawn for its user');
    expect(because({})).toBe('drawn for its key');
  });

  test('of a prefix sends the same beginning to the same target, and without one draws', () => {
    const rules = compiled([{ id: 'r', choose: { by: 'prefix', from } }]);
    const firsts = (prefix: string | null): number =>
      new Set(
        Array.from({ length: 30 }, (_, seed) => targets(planRoute({ ...question, rules, prefix, seed }))[0]),
      ).size;
    expect([firsts('You are a helpful'), firsts(null)]).toEqual([1, 3]);
  });

  test('never takes a weight of 0 first', () => {
    const rules = compiled([
      {
        id: 'r',
        choose: {
          by: 'weight',
          from: [
            { model: 'a@1', weight: 0 },
            { model: 'b@1', weight: 1 },
          ],
        },
      },
    ]);
    for (let seed = 0; seed < 200; seed += 1)
      expect(targets(planRoute({ ...question, rules, seed }))).toEqual(['b@1', 'a@1']);
  });
});

describe('besides its attempts, a plan has', () => {
  test('a hedge after the time that is written, or after the p95 that was measured', () => {
    expect(plan([to('a@1', { hedge: { after: 250 } })]).hedge).toEqual({ afterMs: 250 });
    const measured = { views: views({ 'a@1': { firstTokenMsP95: 700 } }) };
    expect(plan([to('a@1', { hedge: { after: 'p95' } })], measured).hedge).toEqual({ afterMs: 700 });
    const unknown = plan([to('a@1', { hedge: { after: 'p95' } })]);
    expect([unknown.hedge, unknown.explain.notes]).toEqual([
      null,
      ['no hedge: the first-token time of a@1 is not known yet'],
    ]);
  });

  test('a shadow for its share of requests', () => {
    const rules = compiled([to('a@1', { shadow: { to: 'b@1', share: 0.25 } })]);
    let copies = 0;
    for (let seed = 0; seed < 2_000; seed += 1) {
      const { shadow, attempts } = planRoute({ ...question, rules, seed });
      if (shadow !== null) copies += 1;
      expect(attempts).toHaveLength(1);
    }
    expect(Math.abs(copies / 2_000 - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 2_000));
    expect(plan([to('a@1', { shadow: { to: 'b@1', share: 1 } })]).shadow).toMatchObject({
      pool: 'b@1~local',
    });
    expect(plan([to('a@1', { shadow: { to: 'b@1', share: 0 } })]).shadow).toBeNull();
  });

  test('how long answers are kept, unless a rule before says that they are not', () => {
    const keeps = { id: 'keeps', continue: true, cache: { ttlSeconds: 60 } };
    const { cache, explain } = plan([keeps, to('a@1')]);
    expect([cache, explain.notes]).toEqual([{ ttlMs: 60_000 }, ['rule keeps keeps answers for 60 s']]);
    const never = { id: 'private', match: { metadata: { plan: 'pro' } }, continue: true, cache: 'never' };
    const forbidden = plan([never, keeps, to('a@1')], { metadata: { plan: 'pro' } });
    expect([forbidden.cache, forbidden.explain.notes]).toEqual([null, ['rule private forbids kept answers']]);
    expect(plan([to('a@1')]).cache).toBeNull();
  });

  test('what happens in mid-stream', () => {
    expect(plan([to('a@1', { midStream: 'continue' })]).midStream).toBe('continue');
  });
});

test('an explanation can be read', () => {
  const rules = [
    { id: 'big', match: { promptTokens: { min: 1_000 } }, target: 'c@1' },
    to('a@1', { match: { labels: { team: 'x' } } }),
    to('b@1', { spill: { to: 'c@1', afterWaitMs: 500 }, fallback: ['gone'] }),
    to('c@1'),
  ];
  const made = plan(rules, { views: views({ 'b@1': { predictedWaitMs: 3_000 } }) });
  expect(renderExplanation(made).split('\n')).toEqual([
    'goes to c@1 (tenant rule to-b, spill of rule to-b)',
    'rules, in their order:',
    '  tenant big: did not fire: match.promptTokens does not hold (it is 100)',
    '  tenant to-a: did not fire: match.labels.team does not hold',
    '  tenant to-b: fired',
    '  tenant to-c: not reached',
    'targets:',
    '  attempt 1: c@1 as spill, answers in the stead of what would keep the client waiting',
    '  attempt 2: b@1 as preferred, the target of the rule',
    '  not taken: gone as fallback, no such model is served here',
    'note: spills over: b@1 would take 3000 ms, more than 500 ms, and wakes meanwhile',
  ]);
  expect(renderExplanation(plan([{ id: 'no', deny: { reason: 'closed' } }]))).toMatch(/^denied: closed/);
  expect(renderExplanation(plan([], { model: 'x' }))).toMatch(/^no route: unknown-model/);
});
