import { describe, expect, it } from 'vitest';
import { parseReply } from '../../../src/core/stream/parse-reply.ts';

describe('a reply that does not stream', () => {
  it('is read for how it ended and what it cost', () => {
    const json = '{"choices":[{"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}';
    expect(parseReply('choices', json)).toEqual({
      ok: true,
      value: { finishReason: 'length', hasContent: false, usage: { promptTokens: 1, completionTokens: 2 } },
    });
    expect(parseReply('data', '{"data":[{"embedding":[0.1]}]}')).toEqual({
      ok: true,
      value: { finishReason: null, hasContent: true, usage: null },
    });
  });

  it.each([
    ['text', { content: 'hi' }, true],
    ['a call', { content: null, tool_calls: [{ id: 'c' }] }, true],
    ['an empty text', { role: 'assistant', content: '' }, false],
    ['nothing', { role: 'assistant', content: null, tool_calls: [] }, false],
  ])('says whether there is anything in it: %s', (_name, message, hasContent) => {
    const json = JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] });
    expect(parseReply('choices', json)).toMatchObject({ value: { hasContent } });
  });

  it.each([
    ['<html></html>', 'bad-reply'],
    ['', 'bad-reply'],
    ['[]', 'bad-reply'],
    ['{}', 'bad-reply'],
    ['{"choices":[]}', 'bad-reply'],
    ['{"choices":["text"]}', 'bad-reply'],
    ['{"data":[{}]}', 'bad-reply'],
    ['{"choices":[{"finish_reason":"stop"}', 'bad-reply'],
    ['{"error":{"message":"x"}}', 'replica-error'],
    ['{"error":"x","choices":[{}]}', 'replica-error'],
  ])('is refused: %s', (json, error) => {
    expect(parseReply('choices', json)).toEqual({ ok: false, error });
  });
});
