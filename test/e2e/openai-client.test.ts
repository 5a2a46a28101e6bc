import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, patienceMs, readPool, startStack, type Stack } from '../support/stack.ts';

let stack: Stack;
let client: OpenAI;

const france = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const story = [{ role: 'user' as const, content: 'Tell me a story about a fox named Ruby.' }];

beforeAll(async () => {
  stack = await startStack({
    models: {
      versions: [
        {
          id: 'slow@1',
          task: 'chat',
          slots: 2,
          replicasMax: 1,
          hotIdleMs: 60_000,
          launch: {
            kind: 'paced',
            pace: { loadMs: 10, wakeMs: 5, firstTokenMs: 5, tokenMs: 50, tokens: 4_000 },
          },
        },
        {
          id: 'broken@1',
          task: 'chat',
          launch: { kind: 'llama', weights: 'gpu-workers/weights/no-such-file.gguf', contextTokens: 384 },
        },
      ],
      aliases: { slow: 'slow@1', broken: 'broken@1' },
    },
  });
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});

afterAll(async () => {
  await stack.stop();
});

test('a chat is answered', async () => {
  const answer = await client.chat.completions.create({
    model: 'assistant',
    messages: france,
    temperature: 0,
  });
  expect(answer.choices[0]?.message.content).toBe('The capital of France is Paris.');
  expect(answer.choices[0]?.finish_reason).toBe('stop');
  expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
});

test('a stream is read to its end, with usage when asked for', async () => {
  const stream = await client.chat.completions.create({
    model: 'assistant',
    messages: france,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let usage = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage?.completion_tokens ?? usage;
  }
  expect(text).toBe('The capital of France is Paris.');
  expect(usage).toBeGreaterThan(0);
});

test('the streaming helper gathers the same message', async () => {
  const runner = client.chat.completions.stream({ model: 'assistant', messages: france, temperature: 0 });
  expect(await runner.finalContent()).toBe('The capital of France is Paris.');
});

test('a JSON schema binds the answer', async () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 8 } },
    required: ['name'],
    additionalProperties: false,
  };
  const answer = await client.chat.completions.create({
    model: 'assistant',
    messages: [{ role: 'user', content: 'Give me a JSON object with a name.' }],
    temperature: 0,
    max_tokens: 60,
    response_format: { type: 'json_schema', json_schema: { name: 'person', schema } },
  });
  expect(Object.keys(JSON.parse(answer.choices[0]?.message.content ?? '') as object)).toEqual(['name']);
});

test('embeddings come back as vectors in which like is near like', async () => {
  const { data } = await client.embeddings.create({
    model: 'embed',
    input: ['a cat sleeps', 'a kitten is asleep', 'interest rates rose'],
  });
  const [a, b, c] = data.map(({ embedding }) => embedding);
  expect(a).toHaveLength(512);
  expect(cosine(a ?? [], b ?? [])).toBeGreaterThan(cosine(a ?? [], c ?? []) + 0.2);
});

test('models are listed and retrieved', async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  expect(names).toEqual(expect.arrayContaining(['assistant', 'embed', 'tiny-chat@1']));
  expect((await client.models.retrieve('assistant')).id).toBe('assistant');
});

test('an abort frees the slot', async () => {
  const stream = await client.chat.completions.create({ model: 'slow', messages: story, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  stream.controller.abort();
  const view = await eventually('no slot in use', patienceMs, async () => {
    const now = await readPool(stack, 'slow@1');
    return now.replicas.every(({ leasedSlots }) => leasedSlots === 0) && now;
  });
  expect(view.replicas[0]?.phase).toBe('hot');
});

test('every refusal is the error class that the client has for it', async () => {
  const ask = (options: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) =>
    client.chat.completions.create({ model: 'assistant', messages: france, ...options });
  const stranger = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  await expect(ask({ model: 'no-such-model' })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(ask({ messages: [] })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  await expect(ask({ messages: [{ role: 'user', content: 'word '.repeat(2_000) }] })).rejects.toMatchObject({
    status: 400,
    code: 'context_length_exceeded',
  });
  const failure = await ask({ model: 'broken' }).catch((cause: unknown) => cause);
  expect(failure).toBeInstanceOf(OpenAI.InternalServerError);
  expect(failure).toMatchObject({ status: 503, code: 'model_cannot_start' });
  expect(
    Number((failure as InstanceType<typeof OpenAI.InternalServerError>).headers?.get('retry-after')),
  ).toBeGreaterThan(0);
  expect((failure as InstanceType<typeof OpenAI.InternalServerError>).requestID).toMatch(/^req_/);
});

test('a reused idempotency key is the class for what cannot be processed', async () => {
  const { id } = await client.post<{ id: string }>('/sessions', { body: { model: 'assistant' } });
  const send = (content: string) =>
    client.post(`/sessions/${id}/messages`, { body: { content }, headers: { 'idempotency-key': 'once' } });
  await send('What is a token?');
  await expect(send('What is a queue?')).rejects.toBeInstanceOf(OpenAI.UnprocessableEntityError);
});

test('the Vercel AI SDK streams the same answer', async () => {
  const provider = createOpenAICompatible({
    name: 'pilotlight',
    baseURL: `${stack.url}/v1`,
    apiKey: stack.key,
  });
  const result = streamText({
    model: provider('assistant'),
    prompt: 'What is the capital of France?',
    temperature: 0,
  });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  expect(text).toBe('The capital of France is Paris.');
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
