import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerKeyText, shardOf, type AnswerAsk } from '../../../src/core/store/answer-key.ts';
import { answerShards } from '../../../src/core/store/store-bounds.ts';
import { ask, nearAsk } from './key-asks.ts';

/** The same request, worked out without the key: all is equal, with the order of keys below the top level, and but for the client's name of the model. */
function isSame(a: AnswerAsk, b: AnswerAsk): boolean {
  const parts = ({ tenant, path, version, body }: AnswerAsk): unknown => {
    const top = new Map(Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)]));
    top.delete('model');
    return { tenant, path, version, top };
  };
  return isDeepStrictEqual(parts(a), parts(b));
}

const pair = ask.chain((one) => fc.tuple(fc.constant(one), nearAsk(one)));
type KeyText = (ask: AnswerAsk) => string;
const holds =
  (keyText: KeyText) =>
  ([a, b]: readonly [AnswerAsk, AnswerAsk]) =>
    (keyText(a) === keyText(b)) === isSame(a, b);

describe('the key of an answer', () => {
  test('is the same for two requests exactly if a model is asked the same for the same tenant: 100,000 pairs', () => {
    fc.assert(fc.property(pair, holds(answerKeyText)), { numRuns: 100_000 });
  });

  const planted: readonly (readonly [string, KeyText])[] = [
    ['without the tenant', (each) => answerKeyText({ ...each, tenant: '' })],
    ['without the version', (each) => answerKeyText({ ...each, version: '' })],
    ['without a parameter', (each) => answerKeyText({ ...each, body: { ...each.body, user: null } })],
    [
      'of parts that run into each other',
      ({ tenant, path, version, body }) =>
        `${path}${tenant}${version}${answerKeyText({ tenant: '', path, version: '', body })}`,
    ],
    ['that depends on the order of parameters', (each) => JSON.stringify(each)],
    [
      'with the values of parameters as texts',
      ({ body, ...each }) =>
        answerKeyText({
          ...each,
          body: Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)])),
        }),
    ],
  ];
  test.each(planted)('a planted key %s is found', (_name, keyText) => {
    expect(fc.check(fc.property(pair, holds(keyText)), { numRuns: 100_000 }).failed).toBe(true);
  });

  test('tells apart tools whose properties stand in another order: a model reads them in their order', () => {
    const of = (...names: readonly string[]): string =>
      answerKeyText({
        tenant: 'demo',
        path: '/v1/chat/completions',
        version: 'a@1',
        body: { tools: [{ properties: Object.fromEntries(names.map((name) => [name, {}])) }] },
      });
    expect(of('x', 'y')).not.toBe(of('y', 'x'));
  });

  test('spreads over all parts', () => {
    const digits = Array.from({ length: answerShards }, (_, at) => `${at.toString(16)}${'0'.repeat(63)}`);
    expect(new Set(digits.map(shardOf)).size).toBe(answerShards);
  });
});
