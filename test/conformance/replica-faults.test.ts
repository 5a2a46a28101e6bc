// The paced server's faults and counters: each fault does what its name says and nothing else, so that tests which use them mean
// something; and without a fault the emulated GPU keeps its pace and says what follows from the prompt.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pacedAnswer } from '../../gpu-workers/servers/pace-text.ts';
import { eventually, readEvents, ReplicaProcess } from './replica-process.ts';
import { errorOf } from './replica.suite.ts';

const chat = '/v1/chat/completions';
const pace = { loadMs: 50, wakeMs: 10, firstTokenMs: 5, tokenMs: 5, tokens: 6 };
const ask = { messages: [{ role: 'user', content: 'hello' }] };
const answer = pacedAnswer('user:hello', 6);

let replica: ReplicaProcess;

beforeAll(async () => {
  replica = await ReplicaProcess.start('paced', {
    PILOTLIGHT_PACE: JSON.stringify(pace),
    PILOTLIGHT_SLOTS: '4',
    PILOTLIGHT_VERSION: 'paced@1',
  });
  await replica.untilReady();
});
afterAll(async () => void (await replica.end()));
beforeEach(() => tell({}));

async function tell(faults: object): Promise<void> {
  expect((await replica.post('/control/faults', faults)).status).toBe(200);
}

interface Counters {
  readonly requests: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly aborted: number;
  readonly tokensSent: number;
  readonly attempts: Readonly<Record<string, number>>;
}

async function count(): Promise<Counters> {
  return (await (await fetch(`${replica.url}/control/counters`)).json()) as Counters;
}

function tokensOf(text: string): string {
  return readEvents(text)
    .filter((event) => event.startsWith('{'))
    .map((event) => JSON.parse(event) as { choices: { delta: { content?: string } }[] })
    .map((chunk) => chunk.choices[0]?.delta.content ?? '')
    .join('');
}

/** What came before the stream ended, and whether it ended cleanly. */
async function readStream(signal?: AbortSignal): Promise<{ text: string; clean: boolean }> {
  const reply = await replica.open(chat, { ...ask, stream: true }, signal === undefined ? {} : { signal });
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const piece of reply.body ?? []) text += decoder.decode(piece, { stream: true });
    return { text, clean: true };
  } catch {
    return { text, clean: false };
  }
}

describe('without a fault', () => {
  test('the answer is the one that can be computed, labelled as emulated', async () => {
    const reply = await replica.post(chat, ask);
    expect(JSON.parse(reply.text)).toMatchObject({
      choices: [{ message: { content: answer }, finish_reason: 'stop' }],
    });
    expect(reply.headers.get('x-pilotlight-emulated')).toBe('1');
    expect(reply.headers.get('x-pilotlight-model')).toBe('paced@1');
    expect(tokensOf((await readStream()).text)).toBe(answer);
  });

  test('a tool that must be called is called, streamed or not', async () => {
    const tools = [{ type: 'function', function: { name: 'look_up' } }];
    const request = { ...ask, tools, tool_choice: 'required' };
    const whole = JSON.parse((await replica.post(chat, request)).text) as ToolReply;
    const [call] = whole.choices[0]?.message.tool_calls ?? [];
    expect(call?.function.name).toBe('look_up');
    const events = readEvents((await replica.post(chat, { ...request, stream: true })).text).slice(0, -1);
    const deltas = events.flatMap(
      (event) => (JSON.parse(event) as ToolChunk).choices[0]?.delta.tool_calls ?? [],
    );
    expect(deltas.map((delta) => delta.function.arguments).join('')).toBe(call?.function.arguments);
  });

  test('the time from the first token to the last is at least what the pace says', async () => {
    const startedMs = performance.now();
    await readStream();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(pace.firstTokenMs + 5 * pace.tokenMs - 1);
  });
});

describe('faults', () => {
  test('are refused when their name is unknown', async () => {
    const refused = await replica.post('/control/faults', { stallAfter: 1 });
    expect(refused.status).toBe(400);
    expect(errorOf(refused)['message']).toContain('stallAfter');
  });

  test('hit as many requests as they are told to', async () => {
    await tell({ errorStatus: 503, requests: 2 });
    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await replica.post(chat, ask)).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  test('errorStatus answers with that status in the words of OpenAI', async () => {
    await tell({ errorStatus: 500 });
    const refused = await replica.post(chat, { ...ask, stream: true });
    expect(refused.status).toBe(500);
    expect(errorOf(refused)).toMatchObject({ type: 'server_error', code: 'told_to_fail' });
  });

  test('delayMs holds back the first byte', async () => {
    await tell({ delayMs: 300 });
    const startedMs = performance.now();
    expect((await replica.post(chat, ask)).status).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(299);
  });

  test('stallAfterTokens sends that many tokens, then nothing, until the client leaves', async () => {
    await tell({ stallAfterTokens: 3 });
    const before = await count();
    const leaving = new AbortController();
    const reading = readStream(leaving.signal);
    await eventually('stalled', async () => (await count()).tokensSent === before.tokensSent + 3);
    for (let look = 0; look < 20; look += 1) expect((await count()).inFlight).toBe(1);
    leaving.abort();
    const { text, clean } = await reading;
    expect(clean).toBe(false);
    expect(tokensOf(text)).toBe(pacedAnswer('user:hello', 3));
    await eventually('free', async () => (await count()).inFlight === 0);
    expect((await count()).aborted).toBe(before.aborted + 1);
  });

  test('resetAfterTokens sends that many tokens and breaks the connection', async () => {
    await tell({ resetAfterTokens: 2 });
    const { text, clean } = await readStream();
    expect(clean).toBe(false);
    expect(pacedAnswer('user:hello', 2).startsWith(tokensOf(text))).toBe(true);
    await expect(replica.post(chat, ask)).rejects.toThrow();
  });

  test('missingTerminal ends cleanly without saying that it is the end', async () => {
    await tell({ missingTerminal: true });
    const { text, clean } = await readStream();
    expect(clean).toBe(true);
    expect(tokensOf(text)).toBe(answer);
    expect(text).not.toContain('[DONE]');
    const half = await replica.post(chat, ask);
    expect(half.status).toBe(200);
    expect(() => JSON.parse(half.text) as unknown).toThrow(SyntaxError);
  });

  test('garbageAfterTokens goes on with bytes that are no event stream', async () => {
    await tell({ garbageAfterTokens: 2 });
    const { text, clean } = await readStream();
    expect(clean).toBe(true);
    expect(tokensOf(text)).toBe(pacedAnswer('user:hello', 2));
    expect(text).toContain('<html>');
    expect(text).not.toContain('[DONE]');
  });

  test('gzipBombMb inflates to that many megabytes out of a thousandth of it', async () => {
    await tell({ gzipBombMb: 16 });
    const raw = await replica.open(chat, ask);
    expect(raw.headers.get('content-encoding')).toBe('gzip');
    expect((await raw.arrayBuffer()).byteLength).toBe(16 * 1024 * 1024);
  });

  test('lyingUsage counts wrong and answers right', async () => {
    await tell({ lyingUsage: 1_000_000 });
    const reply = JSON.parse((await replica.post(chat, ask)).text) as object;
    expect(reply).toMatchObject({
      choices: [{ message: { content: answer } }],
      usage: { completion_tokens: 1_000_000 },
    });
  });

  test('hit embeddings as well', async () => {
    await tell({ errorStatus: 500, requests: 1 });
    expect((await replica.post('/v1/embeddings', { input: 'a' })).status).toBe(500);
    await tell({ resetAfterTokens: 0, requests: 1 });
    await expect(replica.post('/v1/embeddings', { input: 'a' })).rejects.toThrow();
    expect((await replica.post('/v1/embeddings', { input: 'a' })).status).toBe(200);
  });
});

describe('faults of the start', () => {
  const start = (faults: object) =>
    ReplicaProcess.start('paced', {
      PILOTLIGHT_PACE: JSON.stringify(pace),
      PILOTLIGHT_FAULTS: JSON.stringify(faults),
    });

  test('fail: it exits as if its weights were broken', async () => {
    expect(await (await start({ start: 'fail' })).ended).toEqual({
      code: 3,
      signal: null,
      reason: 'told to fail at start',
    });
  });

  test('hang: it loads for ever, answers its health, and can be ended', async () => {
    const own = await start({ start: 'hang' });
    await eventually('listening', async () => (await own.health()) !== null);
    for (let look = 0; look < 20; look += 1) expect((await own.health())?.state).toBe('loading');
    expect((await own.post(chat, ask)).status).toBe(503);
    expect(await own.end()).toMatchObject({ code: 0 });
  });

  test('slowLoadMs and faults of requests hold from the first moment on', async () => {
    const own = await start({ slowLoadMs: 200, requests: { errorStatus: 500, requests: 1 } });
    await own.untilReady();
    // On top of what the start of the process has left of the load.
    expect((await own.health())?.timings.loadMs).toBeGreaterThanOrEqual(199);
    expect((await own.post(chat, ask)).status).toBe(500);
    expect((await own.post(chat, ask)).status).toBe(200);
    await own.end();
  });

  test.each([
    [{ PILOTLIGHT_FAULTS: '{"start":"never"}' }, 'PILOTLIGHT_FAULTS'],
    [{ PILOTLIGHT_PACE: '{"tokens":-1}' }, 'PILOTLIGHT_PACE'],
  ])('say what is wrong with them: %j', async (variables, name) => {
    const ended = await (await ReplicaProcess.start('paced', variables)).ended;
    expect(ended.code).toBe(2);
    expect(ended.reason).toContain(name);
  });
});

describe('counters', () => {
  test('count requests, their attempts by id, and how many ran at once', async () => {
    const before = await count();
    // Each is there until all have come.
    await tell({ delayMs: 2_000 });
    const send = (id: string) => replica.post(chat, ask, { headers: { 'x-request-id': id } });
    await Promise.all([
      send('one'),
      send('one'),
      send('two'),
      ...Array.from({ length: 5 }, () => replica.post(chat, ask)),
    ]);
    const after = await count();
    expect(after.requests - before.requests).toBe(8);
    expect(after.tokensSent - before.tokensSent).toBe(48);
    expect(after.attempts).toMatchObject({ one: 2, two: 1 });
    expect(after.inFlight).toBe(0);
    expect(after.inFlightMax).toBe(4);
  });
});

interface ToolReply {
  readonly choices: readonly {
    readonly message: {
      readonly tool_calls: readonly { readonly function: { name: string; arguments: string } }[];
    };
  }[];
}

interface ToolChunk {
  readonly choices: readonly {
    readonly delta: {
      readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[];
    };
  }[];
}
