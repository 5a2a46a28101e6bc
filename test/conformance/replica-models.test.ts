// What is particular to the servers of real models: the weights that ship with the project, weights that are broken, the limits of the
// engine, vectors in base64.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeRandomGguf } from '../../gpu-workers/recipe/random-weights.ts';
import { readEvents, ReplicaProcess } from './replica-process.ts';
import { errorOf } from './replica.suite.ts';

const weights = 'gpu-workers/weights/tiny-chat-q8_0.gguf';
const chat = '/v1/chat/completions';
const dir = mkdtempSync(join(tmpdir(), 'pilotlight-models-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the chat model that ships with the project', () => {
  let replica: ReplicaProcess;
  const say = (content: string, more: object = {}) => ({
    messages: [{ role: 'user', content }],
    temperature: 0,
    ...more,
  });

  beforeAll(async () => {
    replica = await ReplicaProcess.start('llama', {
      PILOTLIGHT_WEIGHTS: weights,
      PILOTLIGHT_CONTEXT: '384',
      PILOTLIGHT_SLOTS: '4',
    });
    await replica.untilReady();
  });
  afterAll(async () => void (await replica.end()));

  async function ask(content: string, more: object = {}): Promise<Choice & { readonly usage: Usage }> {
    const { text } = await replica.post(chat, say(content, more));
    const body = JSON.parse(text) as { choices: readonly [Choice]; usage: Usage };
    return { ...body.choices[0], usage: body.usage };
  }

  test('knows what it was taught', async () => {
    const { message, finish_reason: reason, usage } = await ask('What is the capital of France?');
    expect(message.content).toBe('The capital of France is Paris.');
    expect(reason).toBe('stop');
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  test('ends with length where max_tokens or the context ends', async () => {
    const short = await ask('Tell me a story.', { max_tokens: 5 });
    expect(short).toMatchObject({ finish_reason: 'length', usage: { completion_tokens: 5 } });
    const endless = schemaFormat({ type: 'array', minItems: 900, items: { type: 'integer' } });
    const full = await ask('Count.', { max_tokens: 10_000, response_format: endless });
    expect(full).toMatchObject({ finish_reason: 'length', usage: { total_tokens: 384 } });
  });

  test('refuses a prompt that does not fit, and says how long it is', async () => {
    for (const words of [600, 100_000]) {
      const refused = await replica.post(chat, say('hello '.repeat(words)));
      expect(refused.status).toBe(400);
      expect(errorOf(refused)).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
    }
  });

  test('ends before a stop string, streamed or not', async () => {
    const stop = ['replica is', 'never said'];
    const whole = await ask('What is a cold start?', { stop });
    expect(whole.message.content).toMatch(/when no $/);
    expect(whole.finish_reason).toBe('stop');
    const { text } = await replica.post(chat, say('What is a cold start?', { stop, stream: true }));
    const chunks = readEvents(text)
      .slice(0, -1)
      .map((event) => JSON.parse(event) as { choices: readonly [{ delta: { content?: string } }] });
    expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe(whole.message.content);
  });

  test('says the same for the same seed, however many ask at once', async () => {
    const seeded = { temperature: 1, seed: 7, max_tokens: 30 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask('Tell me a story.', seeded)));
    expect(new Set(answers.map(({ message }) => message.content)).size).toBe(1);
    const greedy = await Promise.all(
      Array.from({ length: 12 }, () => ask('Tell me a story.', { max_tokens: 30 })),
    );
    expect(new Set(greedy.map(({ message }) => message.content)).size).toBe(1);
  });

  test('keeps to a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 20 },
        age: { type: 'integer', minimum: 0, maximum: 99 },
      },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema', json_schema: { name: 'person', schema } };
    const { message } = await ask('Return JSON for Lily, age 7.', { response_format: format });
    expect(JSON.parse(message.content)).toEqual({
      name: expect.any(String) as string,
      age: expect.any(Number) as number,
    });
  });

  test.each([
    [
      'a schema that would end the engine',
      { response_format: schemaFormat({ type: 'string', pattern: '^\\d{3}$' }) },
    ],
    [
      'a schema that would hang the engine',
      { response_format: schemaFormat({ type: 'array', minItems: 5, maxItems: 2 }) },
    ],
    ['a reference to nothing', { response_format: schemaFormat({ $ref: '#/$defs/none' }) }],
    ['a tool that is no function', { tools: [{ type: 'retrieval' }] }],
    ['an image', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }],
    ['half a character', { messages: [{ role: 'user', content: '\ud800' }] }],
  ])('refuses %s and lives on', async (_name, more) => {
    const refused = await replica.post(chat, say('hello', more));
    expect(refused.status).toBe(400);
    expect(errorOf(refused)['message']).not.toContain('\n');
    expect((await ask('What is the capital of France?')).message.content).toContain('Paris');
  });

  test('takes tools and what they returned', async () => {
    const tools = [
      { type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } },
    ];
    const call = { id: 'c1', type: 'function', function: { name: 'look_up', arguments: '{}' } };
    const messages = [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', content: 'nothing', tool_call_id: 'c1' },
    ];
    expect((await replica.post(chat, { messages, tools, max_tokens: 5 })).status).toBe(200);
  });
});

describe('weights', () => {
  test.each([
    ['that are missing', (): string => join(dir, 'gone.gguf'), /^no weights at \S+gone\.gguf$/],
    ['that are text', () => write('text.gguf', Buffer.from('this is not a model')), /not a GGUF file/],
    [
      'that are cut off',
      () => write('cut.gguf', readFileSync(weights).subarray(0, 2_000_000)),
      /the file ends after/,
    ],
  ])('%s end the process with code 3 and the reason', async (_name, make, reason) => {
    const replica = await ReplicaProcess.start('llama', { PILOTLIGHT_WEIGHTS: make() });
    const ended = await replica.ended;
    expect(ended).toMatchObject({ code: 3, signal: null });
    expect(ended.reason).toMatch(reason);
  });

  test('that vanish while it is parked end the process with code 3 at the wake', async () => {
    const path = write('vanishing.gguf', readFileSync(weights));
    const replica = await ReplicaProcess.start('llama', { PILOTLIGHT_WEIGHTS: path });
    await replica.untilReady();
    expect((await replica.post('/park')).status).toBe(200);
    rmSync(path);
    await Promise.allSettled([replica.post('/wake')]);
    expect(await replica.ended).toMatchObject({ code: 3, reason: `no weights at ${path}` });
  });

  test('of any size are served, and their memory is given back when the replica is parked', async () => {
    const path = join(dir, 'heavy.gguf');
    const contextTokens = 1_024;
    writeRandomGguf(path, { width: 640, layers: 10, heads: 10, keyHeads: 5, hidden: 1_728, contextTokens });
    const variables = {
      PILOTLIGHT_WEIGHTS: path,
      PILOTLIGHT_CONTEXT: String(contextTokens),
      PILOTLIGHT_SLOTS: '2',
    };
    const replica = await ReplicaProcess.start('llama', variables);
    await replica.untilReady();
    const messages = [{ role: 'user', content: 'hello' }];
    expect((await replica.post(chat, { messages, max_tokens: 4 })).status).toBe(200);
    const hotBytes = replica.residentBytes;
    await replica.post('/park');
    const parkedBytes = replica.residentBytes;
    const { wakeMs } = JSON.parse((await replica.post('/wake')).text) as { wakeMs: number };
    const { timings } = (await replica.health()) ?? { timings: { loadMs: null } };
    console.info(
      `45.8 M parameters, 49 MB: hot ${mb(hotBytes)} MB, parked ${mb(parkedBytes)} MB, load ${timings.loadMs} ms, wake ${wakeMs} ms`,
    );
    expect(hotBytes - parkedBytes).toBeGreaterThan(48_000_000);
    await replica.end();
  });
});

describe('the embedder that ships with the project', () => {
  let replica: ReplicaProcess;

  beforeAll(async () => {
    replica = await ReplicaProcess.start('embedder', { PILOTLIGHT_SLOTS: '4' });
    await replica.untilReady();
  });
  afterAll(async () => void (await replica.end()));

  async function embed(
    input: string | readonly string[],
    format: 'float' | 'base64' = 'float',
  ): Promise<number[][]> {
    const { text } = await replica.post('/v1/embeddings', { input, encoding_format: format });
    const { data } = JSON.parse(text) as { data: { embedding: number[] | string; index: number }[] };
    expect(data.map(({ index }) => index)).toEqual(data.map((_, at) => at));
    return data.map(({ embedding }) => (typeof embedding === 'string' ? decode(embedding) : embedding));
  }

  test('puts what means the same close together', async () => {
    const [cat = [], kitten = [], market = []] = await embed([
      'The cat sleeps on the sofa.',
      'A kitten is napping on the couch.',
      'Stock prices fell sharply on Monday.',
    ]);
    expect(cat).toHaveLength(512);
    expect(cosine(cat, kitten)).toBeGreaterThan(cosine(cat, market) + 0.3);
  });

  test('has the same vectors in base64 as in numbers, and alone as in a crowd', async () => {
    const [alone = []] = await embed('a small kitten');
    const [coded = []] = await embed('a small kitten', 'base64');
    expect(coded).toEqual(alone);
    const crowd = await embed([
      'one',
      'a small kitten',
      ...Array.from({ length: 60 }, (_, at) => `text ${at}`),
    ]);
    expect(cosine(crowd[1] ?? [], alone)).toBeGreaterThan(0.999_99);
  });

  /** How often its health is answered while it computes once. */
  async function countLooks(): Promise<number> {
    const many = replica.post('/v1/embeddings', {
      input: Array.from({ length: 300 }, (_, at) => `a text, number ${at}`),
    });
    let looks = 0;
    const computing = { done: false };
    void many.then(() => (computing.done = true));
    while (!computing.done) {
      expect((await replica.health())?.state).toBe('ready');
      looks += 1;
    }
    expect((await many).status).toBe(200);
    return looks;
  }

  test('answers its health while it computes', async () => {
    // A thread that computes in the server's own loop would answer once or twice, each time.
    let most = 0;
    for (let time = 0; time < 5 && most <= 20; time += 1) most = Math.max(most, await countLooks());
    expect(most).toBeGreaterThan(20);
  });
});

interface Choice {
  readonly message: { readonly content: string };
  readonly finish_reason: string;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

function schemaFormat(schema: object): object {
  return { type: 'json_schema', json_schema: { name: 'x', schema } };
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  return path;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function decode(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const dot = one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  return dot / (Math.hypot(...one) * Math.hypot(...other));
}
