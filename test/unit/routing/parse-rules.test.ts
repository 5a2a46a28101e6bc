import { describe, expect, test } from 'vitest';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import { issuesMax, rulesMax } from '../../../src/core/routing/rule-bounds.ts';
import { mistakenActs } from './mistaken-acts.ts';
import { mistakenConditions } from './mistaken-conditions.ts';
import { list, match, nest, one, zones } from './right-rules.ts';
import { catalogue, parsed } from './sample-route.ts';

const mistakes = [...mistakenConditions, ...mistakenActs];

describe('rules with a mistake are refused, with its place and the reason', () => {
  test.each(mistakes)('%s', (_name, written, path, reason) => {
    const result = parseRules(written, catalogue);
    expect(result.ok).toBe(false);
    const [issue] = result.ok ? [] : result.error;
    // Beyond all sense, the place is where it stopped looking.
    if (!reason.includes('deeper than 24')) expect(issue?.path).toBe(path);
    expect(issue?.reason).toContain(reason);
  });

  test('the table has at least forty of them', () => {
    expect(mistakes.length).toBeGreaterThanOrEqual(40);
  });

  test('all mistakes are told, up to a bound', () => {
    const several = parseRules([
      { id: 'A', target: 1 },
      { id: 'b', match: { modle: 'x', tools: 1 }, target: 'a@1' },
    ]);
    expect(several.ok ? [] : several.error.map(({ path }) => path)).toEqual([
      'rules[0].id',
      'rules[0].target',
      'rules[1].match.tools',
      'rules[1].match.modle',
    ]);
    const many = parseRules(Array.from({ length: 90 }, () => ({ id: 'A', target: 1 })));
    expect(many.ok ? 0 : many.error.length).toBe(issuesMax);
  });

  test('a name of any length is cut before it is repeated', () => {
    const result = parseRules({ ['x'.repeat(100_000)]: 1 });
    expect(JSON.stringify(result).length).toBeLessThan(500);
  });
});

describe('rules are taken', () => {
  test('in the form that tenants’ files have had from the beginning', () => {
    const simple = { id: 'dedicated-assistant', match: { model: 'assistant' }, target: 'a@1' };
    expect(parsed([simple])).toEqual({ aliases: {}, rules: [simple], keys: {} });
  });

  test('without any rule', () => {
    for (const nothing of [[], {}, { rules: [] }, { keys: { main: [] } }])
      expect(parsed(nothing)).toEqual({ aliases: {}, rules: [], keys: {} });
  });

  test('when their models are served nowhere, unless the catalogue is given', () => {
    expect(parseRules(one({ target: 'gone' })).ok).toBe(true);
    expect(parseRules(one({ target: 'gone' }), catalogue).ok).toBe(false);
  });

  test('up to each bound', () => {
    expect(parseRules(list(rulesMax)).ok).toBe(true);
    expect(parseRules({ rules: list(100), keys: { a: list(100) } }).ok).toBe(true);
    expect(parseRules(list(8, (at) => ({ match: { time: { zone: zones[at], from: '08:00' } } }))).ok).toBe(
      true,
    );
    expect(parseRules(match(nest(3))).ok).toBe(true);
    expect(parseRules({ aliases: { a: 'b', b: 'c', c: 'd', d: 'a@1' } }, catalogue).ok).toBe(true);
  });

  test('with every field there is', () => {
    const everything = {
      aliases: { ours: 'assistant' },
      rules: [
        {
          id: 'all',
          description: 'everything at once',
          enabled: true,
          continue: true,
          match: {
            model: { glob: 'gpt-*' },
            task: 'chat',
            tenant: 'acme',
            key: { in: ['main'] },
            tools: true,
            json: false,
            stream: true,
            country: { in: ['DE', 'FR'] },
            region: 'eu',
            colo: 'FRA',
            promptTokens: { min: 1_000 },
            budgetLeftMicros: { max: 5 },
            labels: { team: 'search' },
            metadata: { plan: { prefix: 'pro' } },
            headers: { 'x-route-plan': { exists: true } },
            warmth: { is: ['hot'], of: 'ours' },
            predictedWaitMs: { min: 0, max: 100, of: 'b@1' },
            time: { zone: 'Europe/Berlin', days: ['sat', 'sun'], from: '22:00', to: '06:00' },
            all: [{ model: 'x' }],
            any: [{ model: 'x' }, { model: 'y' }],
            not: { model: 'z' },
          },
          choose: { by: 'weight', from: ['a@1', { model: 'b@1', weight: 3 }], sticky: 'user', rest: 'never' },
          fallback: [{ model: 'c@1', on: ['error'], overrides: { defaults: { max_tokens: 5 } } }],
          spill: { to: [{ model: 'c@1' }, 'b@1'], afterWaitMs: 2_000 },
          overrides: { systemPrompt: 'Be brief.', timeouts: { firstTokenMs: 500 } },
          hedge: { after: 'p95' },
          shadow: { to: 'c@1', share: 0.1 },
          midStream: 'continue',
          cache: { ttlSeconds: 60 },
        },
      ],
      keys: { main: [{ id: 'no', deny: { reason: 'not yours' } }] },
    };
    expect(parseRules(everything, catalogue)).toMatchObject({ ok: true });
  });
});
