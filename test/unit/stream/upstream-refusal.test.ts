import { describe, expect, test } from 'vitest';
import { readUpstreamRefusal } from '../../../src/core/stream/upstream-refusal.ts';

const secret = 'org-4711 on 10.0.3.7';
const openai = (error: object): string => JSON.stringify({ error: { message: secret, ...error } });

describe('a refusal of an endpoint of others', () => {
  test.each([
    [
      400,
      openai({ code: 'context_length_exceeded', param: 'messages' }),
      'context_length_exceeded',
      'messages',
    ],
    [400, openai({ code: 'content_filter' }), 'content_filter', null],
    [
      422,
      openai({ code: 'some_word_of_theirs', param: 'messages[0].content' }),
      'model_refused',
      'messages[0].content',
    ],
    [400, openai({ code: null, param: `/srv/${secret}` }), 'model_refused', null],
    [413, openai({}), 'model_refused', null],
    [
      400,
      JSON.stringify({ success: false, errors: [{ code: 5004, message: secret }] }),
      'model_refused',
      null,
    ],
  ])('%i %s is told in words of ours', (status, text, code, param) => {
    const refusal = readUpstreamRefusal(status, text);
    expect(refusal).toMatchObject({ status, error: { code, param, type: 'invalid_request_error' } });
    expect(JSON.stringify(refusal)).not.toMatch(/4711|10\.0\.3|srv|some_word/);
  });

  test.each([
    ['that knows no such model', 400, openai({ code: 'model_not_found' })],
    [
      'of Workers AI that knows no such model',
      400,
      JSON.stringify({ errors: [{ code: 5007, message: secret }] }),
    ],
    ['that is a page', 400, '<html>'],
    ['that is no error', 422, '{"detail":"no"}'],
    ['that is empty', 413, ''],
  ])('%s is not the fault of the client', (_what, status, text) => {
    expect(readUpstreamRefusal(status, text)).toBeNull();
  });
});
