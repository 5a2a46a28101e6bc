// The chat requests that model servers read, and what the llama engine is told of them.
import { describe, expect, it } from 'vitest';
import { parseChatRequest } from '../../../gpu-workers/servers/chat-request.ts';
import { planJob } from '../../../gpu-workers/servers/llama-options.ts';
import { RefusedRequest } from '../../../gpu-workers/servers/refusal.ts';

const ask = { messages: [{ role: 'user', content: 'hello' }] };
const tool = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};

function refusalOf(act: () => unknown): RefusedRequest {
  try {
    act();
  } catch (cause) {
    if (cause instanceof RefusedRequest) return cause;
    throw cause;
  }
  throw new Error('it was not refused');
}

describe('a chat request', () => {
  it('has its text parts joined, and keeps what a template reads of tools', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }], unknown: 1 },
      { role: 'tool', content: 'r', tool_call_id: '1' },
    ];
    expect(parseChatRequest({ messages }).messages).toEqual([
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }] },
      { role: 'tool', content: 'r', tool_call_id: '1' },
    ]);
  });

  it('prefers max_completion_tokens to its old name', () => {
    expect(parseChatRequest({ ...ask, max_tokens: 5, max_completion_tokens: 7 }).maxTokens).toBe(7);
    expect(parseChatRequest({ ...ask, max_tokens: 5 }).maxTokens).toBe(5);
    expect(parseChatRequest(ask).maxTokens).toBeNull();
  });

  it.each([
    ['no messages', {}, 'messages'],
    ['an empty list', { messages: [] }, 'messages'],
    ['a message that is none', { messages: ['x'] }, 'messages[0]'],
    ['an unknown role', { messages: [{ role: 'alien', content: 'x' }] }, 'messages[0].role'],
    ['a message without content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['an image', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content'],
    ['stream as a string', { ...ask, stream: 'true' }, 'stream'],
    ['max_tokens of zero', { ...ask, max_tokens: 0 }, 'max_tokens'],
    ['max_tokens of a fraction', { ...ask, max_tokens: 1.5 }, 'max_tokens'],
    ['a temperature out of range', { ...ask, temperature: 3 }, 'temperature'],
    ['a seed that is none', { ...ask, seed: 'x' }, 'seed'],
    ['an empty stop string', { ...ask, stop: '' }, 'stop'],
    ['two answers', { ...ask, n: 2 }, 'n'],
    ['tools that are no list', { ...ask, tools: {} }, 'tools'],
    ['a format without a type', { ...ask, response_format: {} }, 'response_format'],
  ])('is refused for %s, with the name of the field', (_name, body, param) => {
    expect(refusalOf(() => parseChatRequest(body))).toMatchObject({ status: 400, param });
  });
});

describe('what the llama engine is told', () => {
  const plan = (fields: object) => planJob(parseChatRequest({ ...ask, ...fields }));

  it('is to take the best token when the temperature is zero', () => {
    expect(plan({ temperature: 0 }).sampling).toMatchObject({ top_k: 1 });
    expect(plan({}).sampling).not.toHaveProperty('top_k');
  });

  it.each([-1, 0xff_ff_ff_ff, 2 ** 53 - 1, -(2 ** 53 - 1)])(
    'is never a seed that it would choose itself: %d',
    (seed) => {
      const { seed: told } = plan({ seed }).sampling as { seed: number };
      expect(Number.isInteger(told) && told >= 0 && told < 0xff_ff_ff_ff).toBe(true);
    },
  );

  it('has one tool that must be called when one is named', () => {
    const other = { type: 'function', function: { name: 'other' } };
    const named = { type: 'function', function: { name: 'weather' } };
    const { template } = plan({ tools: [other, tool], tool_choice: named });
    expect(template).toMatchObject({ tool_choice: 'required', tools: [tool] });
    expect(plan({ tools: [tool] }).template).toMatchObject({ tool_choice: 'auto' });
    expect(plan({ tools: [tool], tool_choice: 'none' }).template).not.toHaveProperty('tools');
  });

  it.each([
    ['a tool that is no function', { tools: [{ type: 'x' }] }],
    [
      'a name that could not stand in a grammar',
      { tools: [{ type: 'function', function: { name: 'a"b' } }] },
    ],
    [
      'parameters with a pattern',
      { tools: [{ ...tool, function: { name: 'f', parameters: { pattern: 'x' } } }] },
    ],
    ['a choice that names no tool', { tools: [tool], tool_choice: { function: { name: 'gone' } } }],
    ['a schema that is missing', { response_format: { type: 'json_schema' } }],
    [
      'a schema with a pattern',
      { response_format: { type: 'json_schema', json_schema: { schema: { pattern: 'x' } } } },
    ],
    ['an unknown format', { response_format: { type: 'xml' } }],
  ])('is never %s', (_name, fields) => {
    expect(refusalOf(() => plan(fields))).toMatchObject({ status: 400, code: 'invalid_value' });
  });
});
