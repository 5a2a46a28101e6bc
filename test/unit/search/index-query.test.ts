// Questions to an index: what is taken, what is refused and where, and which metadata a filter lets through.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { meetsFilter, type Filter } from '../../../src/core/search/filter.ts';
import {
  parseCreateIndex,
  parseIndexName,
  parseIndexQuery,
  parseWritableName,
} from '../../../src/core/search/index-query.ts';
import { planMatch } from '../../../src/core/search/match-expression.ts';

const nested = (depth: number): unknown =>
  depth === 1 ? { field: 'a', eq: 1 } : { and: [nested(depth - 1)] };

describe('a question', () => {
  test('needs words alone', () => {
    expect(parseIndexQuery({ query: 'x' })).toEqual({
      ok: true,
      value: { query: 'x', mode: 'hybrid', limit: 10, filter: null, minScore: null },
    });
    const all = { query: 'x', mode: 'text', limit: 3, filter: { field: 'a', gte: 1 }, min_score: 0.5 };
    expect(parseIndexQuery(all)).toMatchObject({ ok: true, value: { minScore: 0.5, filter: { gte: 1 } } });
  });

  test.each([
    [{ query: undefined }, 'query', 'must be a string'],
    [{ query: ' ' }, 'query', 'must not be empty'],
    [{ query: 'x'.repeat(2_001) }, 'query', 'may have at most 2000 characters'],
    [{ mode: 'fuzzy' }, 'mode', 'must be hybrid, text or vector'],
    [{ limit: 0 }, 'limit', 'from 1 to 100'],
    [{ limit: 1.5 }, 'limit', 'from 1 to 100'],
    [{ limit: 101 }, 'limit', 'from 1 to 100'],
    [{ min_score: 'x' }, 'min_score', 'must be a number'],
    [{ minScore: 1 }, null, 'not known: "minScore"'],
    [{ filter: 'topic' }, 'filter', 'must be one of {field, eq}'],
    [{ filter: { field: 'a' } }, 'filter', 'must be one of {field, eq}'],
    [{ filter: { field: 'a', eq: null } }, 'filter.eq', 'must be a number, true, false or a string'],
    [{ filter: { field: 'a b', eq: 1 } }, 'filter.field', 'must be 1 to 64 letters'],
    [{ filter: { field: 'a', eq: 1, gt: 2 } }, 'filter', 'not known: "gt"'],
    [{ filter: { and: [] } }, 'filter.and', 'must not be empty'],
    [
      {
        filter: {
          or: [
            { field: 'a', eq: 1 },
            { field: 'a', in: [] },
          ],
        },
      },
      'filter.or[1].in',
      'must not be empty',
    ],
    [{ filter: { field: 'a', in: Array.from({ length: 101 }, () => 1) } }, 'filter.in', 'at most 100 values'],
    [{ filter: nested(6) }, 'filter', 'deeper than 5 levels'],
    [
      { filter: { or: Array.from({ length: 50 }, () => ({ field: 'a', eq: 1 })) } },
      'filter',
      'has more than 50 parts',
    ],
  ])('with %j is refused where it is wrong', (change, param, words) => {
    const read = parseIndexQuery({ query: 'x', ...change });
    expect(read).toMatchObject({ ok: false, error: { kind: 'invalid', param } });
    if (!read.ok && read.error.kind === 'invalid') expect(read.error.message).toContain(words);
  });

  test('may nest filters as deep as the bound', () => {
    expect(parseIndexQuery({ query: 'x', filter: nested(5) })).toMatchObject({ ok: true });
  });
});

describe('an index', () => {
  test.each(['a', 'docs-2', '0_x', 'x'.repeat(63)])('may be called %s', (name) => {
    expect(parseIndexName(name)).toEqual({ ok: true, value: name });
    expect(parseWritableName(name)).toEqual({ ok: true, value: name });
  });

  test.each(['', 'A', '-a', '*', 'a/b', 'a b', '..', 'x'.repeat(64)])('may not be called "%s"', (name) => {
    expect(parseIndexName(name)).toMatchObject({ ok: false, error: { kind: 'invalid', param: 'name' } });
  });

  test('of a function can be read under its name, not written', () => {
    expect(parseIndexName('builtin-help')).toMatchObject({ ok: true });
    expect(parseWritableName('builtin-help')).toEqual({ ok: false, error: { kind: 'index-read-only' } });
  });

  test('names its embedding model, or gets the default one', () => {
    expect(parseCreateIndex({})).toEqual({ ok: true, value: 'embed' });
    expect(parseCreateIndex({ embedding_model: 'mine@2' })).toEqual({ ok: true, value: 'mine@2' });
    expect(parseCreateIndex({ embedding_model: '' })).toMatchObject({ error: { param: 'embedding_model' } });
    expect(parseCreateIndex({ model: 'x' })).toMatchObject({ ok: false });
  });
});

describe('a filter', () => {
  const metadata = { topic: 'billing', days: 5, open: true, tags: ['a', 'b'], day: '2026-03-01' };

  test.each<[Filter, boolean]>([
    [{ field: 'topic', eq: 'billing' }, true],
    [{ field: 'topic', eq: 'Billing' }, false],
    [{ field: 'days', eq: '5' as unknown as number }, false],
    [{ field: 'open', eq: true }, true],
    [{ field: 'tags', eq: 'b' }, true],
    [{ field: 'tags', in: ['c', 'a'] }, true],
    [{ field: 'days', in: [1, 2] }, false],
    [{ field: 'none', eq: 'x' }, false],
    [{ field: 'toString', eq: 'x' }, false],
    [{ field: 'days', gte: 5, lte: 5 }, true],
    [{ field: 'days', gt: 5 }, false],
    [{ field: 'days', gt: '1' }, false],
    [{ field: 'day', gte: '2026-02-28', lt: '2026-03-02' }, true],
    [{ field: 'tags', gt: 'a' }, false],
    [
      {
        and: [
          { field: 'days', gt: 1 },
          { field: 'topic', eq: 'x' },
        ],
      },
      false,
    ],
    [
      {
        or: [
          { field: 'days', gt: 9 },
          { field: 'topic', eq: 'billing' },
        ],
      },
      true,
    ],
  ])('%j: %s', (filter, meets) => {
    expect(meetsFilter(metadata, filter)).toBe(meets);
  });
});

describe('the words of a question', () => {
  test.each([
    ['How do I get a refund?', '"get" OR "refund"'],
    ['what is it', '"what" OR "is" OR "it"'],
    ['E-4711 "quoted" title:x', '"e" OR "4711" OR "quoted" OR "title" OR "x"'],
    ['Café Ünïcode 東京', '"café" OR "ünïcode" OR "東京"'],
    ['refund Refund REFUND', '"refund"'],
    ['?! -- *', null],
  ])('%s become %s', (query, match) => {
    expect(planMatch(query)).toBe(match);
  });

  test('are quoted words and nothing else, a bounded number, whatever the question', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (query) => {
        const match = planMatch(query);
        if (match === null) return;
        expect(match).toMatch(/^"[^"]+"(?: OR "[^"]+")*$/u);
        expect(match.split(' OR ').length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
