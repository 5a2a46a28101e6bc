import { describe, expect, it } from 'vitest';
import { parseChatChunk } from '../../../src/core/stream/chat-chunk.ts';

function choice(delta: unknown, more: object = {}): string {
  return JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null, ...more }] });
}

const EMPTY = { text: '', hasContent: false, isText: true, finishReason: null, usage: null };

describe('a chunk that may be relayed', () => {
  it.each([
    ['text', choice({ content: 'hi' }), { ...EMPTY, text: 'hi', hasContent: true }],
    ['a role alone is no content', choice({ role: 'assistant', content: '' }), EMPTY],
    ['a null content is no content', choice({ content: null }), EMPTY],
    [
      'a tool call is content',
      choice({ tool_calls: [{ index: 0 }] }),
      { ...EMPTY, hasContent: true, isText: false },
    ],
    [
      'reasoning is content',
      choice({ reasoning_content: 'hm' }),
      { ...EMPTY, hasContent: true, isText: false },
    ],
    ['an end', choice({}, { finish_reason: 'stop' }), { ...EMPTY, hasContent: true, finishReason: 'stop' }],
    [
      'no delta at all',
      '{"choices":[{"index":0,"finish_reason":"stop"}]}',
      { ...EMPTY, hasContent: true, finishReason: 'stop' },
    ],
    [
      'another choice adds no text',
      choice({ content: 'hi' }, { index: 1 }),
      { ...EMPTY, hasContent: true, isText: false },
    ],
    ['a null error is none', '{"choices":[],"error":null}', EMPTY],
    [
      'usage without choices',
      '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
      { ...EMPTY, usage: { promptTokens: 3, completionTokens: 2 } },
    ],
  ])('%s', (_name, json, value) => {
    expect(parseChatChunk(json)).toEqual({ ok: true, value });
  });
});

describe('a chunk that may not', () => {
  it.each([
    ['broken JSON', '{"choices":['],
    ['no object', '[]'],
    ['null', 'null'],
    ['text', '"choices"'],
    ['no choices', '{"object":"chat.completion.chunk"}'],
    ['choices of a wrong type', '{"choices":{}}'],
    ['a choice of a wrong type', '{"choices":[null]}'],
    ['a delta of a wrong type', '{"choices":[{"delta":"hi"}]}'],
  ])('%s', (_name, json) => {
    expect(parseChatChunk(json)).toEqual({ ok: false, error: 'bad-reply' });
  });

  it.each([['{"error":{"message":"CUDA out of memory"}}'], ['{"choices":[],"error":"x"}'], ['{"error":{}}']])(
    'an error of the replica: %s',
    (json) => {
      expect(parseChatChunk(json)).toEqual({ ok: false, error: 'replica-error' });
    },
  );
});
