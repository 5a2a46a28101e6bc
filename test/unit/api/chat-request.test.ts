// The chat request: one good base, and every way to spoil one field of it, with the parameter that a client is told.
import { describe, expect, test } from 'vitest';
import { parseChatRequest } from '../../../src/core/api/chat-request.ts';
import type { JsonObject } from '../../../src/core/door/parse-body.ts';

const bounds = { messagesMax: 3, maxTokensMax: 4_096 };
const user = { role: 'user', content: 'hi' };
const base = { model: 'assistant', messages: [user] };
const parse = (change: object): ReturnType<typeof parseChatRequest> =>
  parseChatRequest({ ...base, ...change }, bounds);
const saying = (...messages: readonly unknown[]): JsonObject => ({ messages });
const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } };

describe('a chat request', () => {
  test.each<[string, JsonObject]>([
    ['the least there can be', {}],
    ['parts instead of text', saying({ role: 'user', content: [{ type: 'text', text: 'hi' }] })],
    ['a system message', saying({ role: 'system', content: 'be brief' }, user)],
    [
      'tool calls and their results',
      saying(
        user,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', content: '7', tool_call_id: 'call_1' },
      ),
    ],
    ['an empty answer of the assistant', saying(user, { role: 'assistant', content: '' }, user)],
    [
      'nulls for what is not wanted',
      { stream: null, max_tokens: null, temperature: null, stop: null, tools: null, n: null },
    ],
    ['every bound touched', { max_tokens: 4_096, max_completion_tokens: 1, temperature: 2, top_p: 0, n: 1 }],
    ['stops', { stop: ['a', 'b'] }],
    [
      'a response format',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } },
    ],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'auto' }],
    ['usage in the stream', { stream: true, stream_options: { include_usage: true } }],
  ])('with %s passes as it came', (_name, change) => {
    const body = { ...base, ...change };
    const stream = change['stream'] === true;
    expect(parseChatRequest(body, bounds)).toEqual({ ok: true, value: { model: 'assistant', stream, body } });
  });

  test('keeps fields that the edge knows nothing of, in the body and in its messages', () => {
    const change = { guided_json: { type: 'object' }, messages: [{ ...user, name: 'ann', cache: true }] };
    const parsed = parse(change);
    expect(parsed.ok && parsed.value.body).toEqual({ ...base, ...change });
  });

  test('has its developer messages called system, which every open chat template knows, and nothing else of them changed', () => {
    const messages = [{ role: 'developer', content: 'be brief', name: 'ops' }, user];
    const parsed = parse({ messages, seed: 7 });
    expect(parsed.ok && parsed.value.body).toEqual({
      ...base,
      seed: 7,
      messages: [{ role: 'system', content: 'be brief', name: 'ops' }, user],
    });
  });

  test.each<[string, object, string]>([
    ['no model', { model: undefined }, 'model'],
    ['a model that is a number', { model: 5 }, 'model'],
    ['an empty model', { model: '' }, 'model'],
    ['a model of a kilobyte', { model: 'x'.repeat(1_024) }, 'model'],
    ['no messages', { messages: undefined }, 'messages'],
    ['messages as a text', { messages: 'hi' }, 'messages'],
    ['messages as null', { messages: null }, 'messages'],
    ['messages as an object', { messages: { 0: user } }, 'messages'],
    ['no message among the messages', saying(), 'messages'],
    ['more messages than the bound', saying(user, user, user, user), 'messages'],
    ['a message that is a text', saying('hi'), 'messages[0]'],
    ['a message that is null', saying(user, null), 'messages[1]'],
    ['an unknown role', saying({ role: 'wizard', content: 'hi' }), 'messages[0].role'],
    ['a role in capitals', saying({ role: 'User', content: 'hi' }), 'messages[0].role'],
    ['no role', saying(user, { content: 'hi' }), 'messages[1].role'],
    ['no content', saying({ role: 'user' }), 'messages[0].content'],
    ['content that is null', saying({ role: 'user', content: null }), 'messages[0].content'],
    ['content that is a number', saying({ role: 'user', content: 5 }), 'messages[0].content'],
    ['content that is an object', saying({ role: 'user', content: { text: 'hi' } }), 'messages[0].content'],
    ['a part without a type', saying({ role: 'user', content: [{ text: 'hi' }] }), 'messages[0].content'],
    [
      'an assistant that neither spoke nor called',
      saying({ role: 'assistant', content: null }),
      'messages[0].content',
    ],
    ['tool calls as an object', saying({ role: 'assistant', tool_calls: {} }), 'messages[0].tool_calls'],
    ['a tool call as a text', saying({ role: 'assistant', tool_calls: ['x'] }), 'messages[0].tool_calls[0]'],
    ['stream as a text', { stream: 'true' }, 'stream'],
    ['metadata as a text', { metadata: 'team=a' }, 'metadata'],
    ['metadata of numbers', { metadata: { team: 7 } }, 'metadata.team'],
    ['a user that is a number', { user: 7 }, 'user'],
    ['a logit bias as a list', { logit_bias: [1] }, 'logit_bias'],
    ['a choice of tools that is a number', { tool_choice: 1 }, 'tool_choice'],
    ['stream as a number', { stream: 1 }, 'stream'],
    ['max_tokens negative', { max_tokens: -1 }, 'max_tokens'],
    ['max_tokens zero', { max_tokens: 0 }, 'max_tokens'],
    ['max_tokens beyond the bound', { max_tokens: 4_097 }, 'max_tokens'],
    ['max_tokens beyond all integers', { max_tokens: 1e300 }, 'max_tokens'],
    ['half a token', { max_tokens: 1.5 }, 'max_tokens'],
    ['max_tokens as a text', { max_tokens: '5' }, 'max_tokens'],
    ['max_completion_tokens negative', { max_completion_tokens: -1 }, 'max_completion_tokens'],
    ['a temperature below zero', { temperature: -0.1 }, 'temperature'],
    ['a temperature above two', { temperature: 2.1 }, 'temperature'],
    ['a temperature as a text', { temperature: '1' }, 'temperature'],
    ['top_p above one', { top_p: 1.1 }, 'top_p'],
    ['two answers', { n: 2 }, 'n'],
    ['a billion answers', { n: 1e9 }, 'n'],
    ['half a seed', { seed: 0.5 }, 'seed'],
    ['a seed that no number can hold exactly', { seed: 2 ** 53 }, 'seed'],
    ['a stop that is a number', { stop: 5 }, 'stop'],
    ['too many stops', { stop: Array.from({ length: 17 }, () => 'a') }, 'stop'],
    ['tools as an object', { tools: {} }, 'tools'],
    ['a tool without a type', { tools: [{}] }, 'tools[0].type'],
    ['too many tools', { tools: Array.from({ length: 129 }, () => ({ type: 'function' })) }, 'tools'],
    ['a response format as a text', { response_format: 'json' }, 'response_format'],
    ['a response format without a type', { response_format: {} }, 'response_format.type'],
    ['stream options as a list', { stream_options: [] }, 'stream_options'],
  ])('with %s is refused, and the parameter named', (_name, change, param) => {
    const parsed = parse(change);
    expect(parsed).toMatchObject({ ok: false, error: { kind: 'invalid', param } });
    if (!parsed.ok && parsed.error.kind === 'invalid') {
      expect(parsed.error.message).toMatch(/^"[^"]+" (?:is|must|may) .+\.$/);
    }
  });
});
