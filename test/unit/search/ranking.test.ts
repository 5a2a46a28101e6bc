// Order: exact nearest vectors, and one list from two.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { parseEmbeddingReply } from '../../../src/core/search/embedding-reply.ts';
import { fuseRanks } from '../../../src/core/search/fuse-ranks.ts';
import { RecentMap } from '../../../src/core/search/recent-map.ts';
import { normalize, VectorTable } from '../../../src/core/search/vector-table.ts';

const scored = (...keys: readonly number[]) => keys.map((key, at) => ({ key, score: 1 / (at + 1) }));

describe('one list from two', () => {
  test('puts first what both place well, and gives 1 to the first of both', () => {
    expect(fuseRanks([scored(1, 2, 3), scored(1, 3)])).toMatchObject([
      { key: 1, score: 1 },
      { key: 3 },
      { key: 2 },
    ]);
    expect(fuseRanks([scored(7), []])).toEqual([{ key: 7, score: 0.5 }]);
    expect(fuseRanks([[], []])).toEqual([]);
  });

  test('holds every key once, best first, and does not depend on the order of the lists', () => {
    const keys = fc.uniqueArray(fc.nat(30), { maxLength: 20 });
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const fused = fuseRanks([scored(...one), scored(...other)]);
        expect(fused).toHaveLength(new Set(fused.map(({ key }) => key)).size);
        expect(new Set(fused.map(({ key }) => key))).toEqual(new Set([...one, ...other]));
        for (const [at, { score }] of fused.entries()) {
          expect(score).toBeLessThanOrEqual(fused[at - 1]?.score ?? 1);
          expect(score).toBeGreaterThan(0);
        }
        expect(fuseRanks([scored(...other), scored(...one)])).toEqual(fused);
      }),
    );
  });
});

describe('the nearest vectors', () => {
  const vector = fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), fc.constant(1))
    .map((values) => normalize(values) ?? new Float32Array(3));
  const step = fc.record({ key: fc.nat(8), vector: fc.option(vector, { nil: null, freq: 2 }) });

  test('are those of a plain sort, after any sets and deletions, in any allowed part', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        vector,
        fc.nat(9),
        fc.nat(3),
        (steps, query, more, part) => {
          const table = new VectorTable(3);
          const model = new Map<number, Float32Array>();
          for (const { key, vector } of steps) {
            if (vector === null) {
              table.delete(key);
              model.delete(key);
            } else {
              table.set(key, vector);
              model.set(key, vector);
            }
          }
          const allowed = part === 0 ? null : new Set([...model.keys()].filter((key) => key % part === 0));
          const plain = [...model]
            .filter(([key]) => allowed?.has(key) ?? true)
            .map(([key, held]) => ({
              key,
              score: held.reduce((sum, value, at) => sum + value * (query[at] ?? 0), 0),
            }))
            .sort((one, other) => other.score - one.score || one.key - other.key);
          expect(table.size).toBe(model.size);
          expect(table.nearest(query, more + 1, allowed)).toEqual(plain.slice(0, more + 1));
        },
      ),
    );
  });

  test('are found across blocks, and a block that is empty is let go', () => {
    const table = new VectorTable(2);
    for (let key = 0; key < 2_500; key += 1)
      table.set(key, normalize([key + 1, 2_500]) ?? new Float32Array(2));
    const east = Float32Array.of(1, 0);
    expect(table.nearest(east, 2, null).map(({ key }) => key)).toEqual([2_499, 2_498]);
    for (let key = 2_499; key >= 10; key -= 1) table.delete(key);
    table.delete(9_999);
    expect(table.nearest(east, 2, null).map(({ key }) => key)).toEqual([9, 8]);
    expect(table.size).toBe(10);
    for (let key = 0; key < 10; key += 1) table.delete(key);
    expect(table.nearest(east, 2, null)).toEqual([]);
    table.set(3, east);
    expect(table.nearest(east, 2, null)).toEqual([{ key: 3, score: 1 }]);
  });

  test('a vector without a direction has no unit vector', () => {
    expect(normalize([3, 4])).toEqual(Float32Array.of(0.6, 0.8));
    expect(normalize([0, 0])).toBeNull();
    expect(normalize([Infinity, 1])).toBeNull();
  });
});

describe('a reply of an embedding model', () => {
  const reply = (...data: readonly (readonly [number, readonly number[]])[]): string =>
    JSON.stringify({ object: 'list', data: data.map(([index, embedding]) => ({ index, embedding })) });

  test('gives unit vectors in the order of the texts', () => {
    expect(parseEmbeddingReply(reply([1, [0, 2]], [0, [3, 4]]), 2)).toEqual({
      ok: true,
      value: [Float32Array.of(0.6, 0.8), Float32Array.of(0, 1)],
    });
  });

  test.each([
    ['too few', reply([0, [1]]), 2],
    ['one twice', reply([0, [1]], [0, [1]]), 2],
    ['an index that is none', reply([0, [1]], [2, [1]]), 2],
    ['vectors of two lengths', reply([0, [1]], [1, [1, 1]]), 2],
    ['a vector without a direction', reply([0, [0, 0]]), 1],
    ['an empty vector', reply([0, []]), 1],
    ['no JSON', 'oops', 1],
    ['other JSON', '{"data":[{"index":0,"embedding":"x"}]}', 1],
  ])('is refused: %s', (_what, body, count) => {
    expect(parseEmbeddingReply(body, count)).toEqual({ ok: false, error: { kind: 'bad-reply' } });
  });
});

test('a map of recent entries forgets the one that was used longest ago', () => {
  const recent = new RecentMap<number>(2);
  recent.set('a', 1);
  recent.set('b', 2);
  expect(recent.get('a')).toBe(1);
  recent.set('c', 3);
  expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([1, undefined, 3]);
  recent.clear();
  expect(recent.get('a')).toBeUndefined();
});
