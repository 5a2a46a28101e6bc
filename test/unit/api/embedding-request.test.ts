import { describe, expect, test } from 'vitest';
import { parseEmbeddingRequest } from '../../../src/core/api/embedding-request.ts';

const base = { model: 'embed', input: 'hi' };

describe('an embedding request', () => {
  test.each([
    ['one text', {}],
    ['several texts', { input: ['a', 'b'] }],
    ['as many texts as the bound', { input: Array.from({ length: 2_048 }, () => 'a') }],
    ['base64', { encoding_format: 'base64' }],
    ['fields that the edge knows nothing of', { user: 'u', truncate: true, dimensions: 256 }],
  ])('with %s passes as it came', (_name, change) => {
    const body = { ...base, ...change };
    expect(parseEmbeddingRequest(body)).toEqual({ ok: true, value: { model: 'embed', body } });
  });

  test.each([
    ['no model', { model: undefined }, 'model', 'must be a string'],
    ['an empty model', { model: '' }, 'model', 'must not be empty'],
    ['no input', { input: undefined }, 'input', 'must be a string or an array of strings'],
    ['null', { input: null }, 'input', 'must be a string or an array of strings'],
    ['an object', { input: { text: 'a' } }, 'input', 'must be a string or an array of strings'],
    ['an empty text', { input: '' }, 'input', 'must not hold an empty string'],
    ['an empty text among others', { input: ['a', ''] }, 'input', 'must not hold an empty string'],
    ['an empty list', { input: [] }, 'input', 'must not be empty'],
    ['a list of tokens', { input: [1, 2, 3] }, 'input', 'arrays of tokens are not supported'],
    ['lists of tokens', { input: [[1, 2], [3]] }, 'input', 'arrays of tokens are not supported'],
    ['a null among texts', { input: ['a', null] }, 'input', 'must be a string or an array of strings'],
    ['too many texts', { input: Array.from({ length: 2_049 }, () => 'a') }, 'input', 'at most 2048'],
    ['an unknown encoding', { encoding_format: 'hex' }, 'encoding_format', 'must be float or base64'],
    ['no dimensions', { dimensions: 0 }, 'dimensions', 'must be a positive integer'],
  ])('with %s is refused, and the parameter named', (_name, change, param, words) => {
    const parsed = parseEmbeddingRequest({ ...base, ...change });
    expect(parsed).toMatchObject({
      ok: false,
      error: { kind: 'invalid', param, message: expect.stringContaining(words) },
    });
  });
});
