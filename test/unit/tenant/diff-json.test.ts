// What a person is told of two versions: rules by their ids wherever they stand, and a change of order as what it is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stableText, type Json } from '../../../src/core/run/json.ts';
import { changesMax, diffJson } from '../../../src/core/tenant/diff-json.ts';

const diff = (from: Json, to: Json) => diffJson(from, to).changes;

describe('a difference', () => {
  test('names the rule by its id and the field by its path', () => {
    const from = {
      rules: [
        { id: 'a', target: 'x@1', match: { model: 'm' } },
        { id: 'b', target: 'y@1' },
      ],
    };
    const to = {
      rules: [
        { id: 'a', target: 'x@2', match: { model: 'm' } },
        { id: 'c', target: 'z@1' },
      ],
    };
    expect(diff(from, to)).toEqual([
      { kind: 'changed', path: 'rules[a].target', from: 'x@1', to: 'x@2' },
      { kind: 'removed', path: 'rules[b]', from: { id: 'b', target: 'y@1' } },
      { kind: 'added', path: 'rules[c]', to: { id: 'c', target: 'z@1' } },
    ]);
  });

  test('tells rules that changed places from rules that changed', () => {
    const [a, b, c] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
    expect(diff([a, b, c], [c, a, b])).toEqual([
      { kind: 'reordered', path: '', from: ['a', 'b', 'c'], to: ['c', 'a', 'b'] },
    ]);
    expect(diff([a, b], [c, a, b])).toEqual([{ kind: 'added', path: '[c]', to: c }]);
    expect(diff([a, b, c], [b, c])).toEqual([{ kind: 'removed', path: '[a]', from: a }]);
  });

  test('of lists without ids goes by places', () => {
    expect(diff({ a: [1, 2] }, { a: [1, 3, 4] })).toEqual([
      { kind: 'changed', path: 'a[1]', from: 2, to: 3 },
      { kind: 'added', path: 'a[2]', to: 4 },
    ]);
    expect(diff([{ id: 'a' }, { id: 'a' }], [{ id: 'a' }])).toEqual([
      { kind: 'removed', path: '[1]', from: { id: 'a' } },
    ]);
  });

  test('of kinds is one change', () => {
    expect(diff({ a: [1] }, { a: { b: 1 } })).toEqual([
      { kind: 'changed', path: 'a', from: [1], to: { b: 1 } },
    ]);
    expect(diff({ a: null }, {})).toEqual([{ kind: 'removed', path: 'a', from: null }]);
  });

  test('is not fooled by names that every object has', () => {
    expect(diff({}, { toString: 1, valueOf: 2 })).toEqual([
      { kind: 'added', path: 'toString', to: 1 },
      { kind: 'added', path: 'valueOf', to: 2 },
    ]);
  });

  test('is cut at its bound, and says so', () => {
    const many = (value: number): Json => Array.from({ length: changesMax + 1 }, () => value);
    expect(diffJson(many(1), many(2))).toMatchObject({ isCut: true });
    expect(diffJson(many(1), many(2)).changes).toHaveLength(changesMax);
    expect(diffJson('y', 'x').isCut).toBe(false);
  });

  test('is empty exactly where the values say the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
        const [from, to] = [a, b] as [Json, Json];
        expect(diff(from, from)).toEqual([]);
        expect(diff(from, to).length === 0).toBe(stableText(from) === stableText(to));
      }),
    );
  });
});
