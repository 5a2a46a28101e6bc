// Arbitrary requests for answers from a vocabulary so small that they meet, and so odd that texts of one part look like another's.
import * as fc from 'fast-check';
import type { AnswerAsk } from '../../../src/core/store/answer-key.ts';
import type { JsonObject } from '../../../src/core/door/parse-body.ts';

const odd = fc.constantFrom('a', 'b', '"', ',', '["a"', 'a","b', '\\', '', 'a@1', 'null', '1');
const value: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    odd,
    fc.constantFrom(0, 1, 0.5, true, false, null, '0', '1'),
    fc.array(tie('any'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('x', 'y'), tie('any'), { maxKeys: 2 }),
  ),
})).any;

const body: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom('messages', 'temperature', 'stream', 'tools', 'model', 'user'),
  value,
  { maxKeys: 3 },
);

export const ask: fc.Arbitrary<AnswerAsk> = fc.record({
  tenant: odd,
  path: fc.constantFrom('/v1/chat/completions', '/v1/embeddings'),
  version: odd,
  body,
});

/** With something in it changed, or nothing, or only what does not reach the model. */
export const nearAsk = (one: AnswerAsk): fc.Arbitrary<AnswerAsk> =>
  fc.oneof(
    fc.constant(one),
    odd.map((tenant) => ({ ...one, tenant })),
    odd.map((version) => ({ ...one, version })),
    odd.map((model) => withBody(one, { model })),
    fc.constant({ ...one, body: Object.fromEntries(Object.entries(one.body).toReversed()) }),
    value.map((user) => withBody(one, { user })),
    fc.constant({ ...one, tenant: one.version, version: one.tenant }),
    ask,
  );

function withBody(one: AnswerAsk, more: JsonObject): AnswerAsk {
  return { ...one, body: { ...one.body, ...more } };
}
