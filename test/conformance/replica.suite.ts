// What the agent and the gateway rely on in every model server: section 1 of gpu-workers/CONTRACT.md. A server calls
// `describeReplica` with how to start it, what it is good at, and the reasons for what it does not do.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  eventually,
  readEvents,
  ReplicaProcess,
  type Answer,
  type ServerKind,
  type Variables,
} from './replica-process.ts';

export interface ReplicaHarness {
  readonly kind: ServerKind;
  readonly variables: () => Variables;
  readonly path: '/v1/chat/completions' | '/v1/embeddings';
  /** Makes a load that is over in a moment long enough to be seen. */
  readonly longLoad?: Variables;
  /** A request that is soon answered, always with the same answer. */
  readonly quick: Readonly<Record<string, unknown>>;
  /** A request that takes longer than `freeMsMax`, also on a fast machine. */
  readonly long: Readonly<Record<string, unknown>>;
  /** Tests of this suite that make no sense for this server, each with its reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

const slots = 2;
const version = 'under-test@7';
/** A short load can pass between two looks on a busy machine; a server that never says that it loads is caught all the same. */
const startsMax = 5;
/** A slot that is free by then was freed: no request that held it can have come to its end. */
const freeMsMax = 8_000;
/** A stall can make one end late, and not each of them. */
const endsMax = 3;

export function describeReplica(name: string, harness: ReplicaHarness): void {
  const { kind, path, quick, long } = harness;
  const variables = (): Variables => ({
    PILOTLIGHT_SLOTS: String(slots),
    PILOTLIGHT_VERSION: version,
    ...harness.variables(),
  });
  const start = (more: Variables = {}): Promise<ReplicaProcess> =>
    ReplicaProcess.start(kind, { ...variables(), ...more });
  const unless = (title: string): typeof test | typeof test.skip => {
    const reason = harness.skip?.[title];
    if (reason !== undefined) console.info(`${name}: "${title}" is skipped: ${reason}`);
    return reason === undefined ? test : test.skip;
  };

  describe(`replica ${name}`, () => {
    let replica: ReplicaProcess;
    let states: readonly string[] = [];

    beforeAll(async () => {
      replica = await start(harness.longLoad);
      states = await replica.untilReady();
      for (let more = 1; more < startsMax && !states.includes('loading'); more += 1) {
        await replica.end();
        replica = await start(harness.longLoad);
        states = await replica.untilReady();
      }
    }, 120_000);
    afterAll(async () => void (await replica.end()));
    beforeEach(() => untilFree(replica));

    /** Fills all slots; the requests run until `leave` is called or they are answered. */
    async function occupy(
      target: ReplicaProcess,
    ): Promise<{ leave: () => void; answers: Promise<Answer>[] }> {
      const leaving = new AbortController();
      const answers = Array.from({ length: slots }, () =>
        target.post(path, long, { signal: leaving.signal }),
      );
      for (const answer of answers) answer.catch(() => undefined);
      await eventually('busy', async () => (await target.health())?.busySlots === slots);
      return { leave: () => leaving.abort(), answers };
    }

    test('says that it loads while it loads, and then that it is ready', async () => {
      expect(states).toEqual(['loading', 'ready']);
      const health = await replica.health();
      expect(health).toMatchObject({ state: 'ready', slots, busySlots: 0, timings: { wakeMs: null } });
      expect(health?.timings.loadMs).toBeGreaterThan(0);
    });

    test('answers with the id of its version and with its usage', async () => {
      const answer = await replica.post(path, quick);
      expect(answer.status).toBe(200);
      const body = JSON.parse(answer.text) as {
        model: string;
        usage: { prompt_tokens: number; total_tokens: number };
      };
      expect(body.model).toBe(version);
      expect(body.usage.prompt_tokens).toBeGreaterThan(0);
      expect(body.usage.total_tokens).toBeGreaterThanOrEqual(body.usage.prompt_tokens);
    });

    unless('streams')(
      'streams the same text as it sends in one piece, ends it once, and counts when asked',
      async () => {
        const whole = JSON.parse((await replica.post(path, quick)).text) as WholeChat;
        const streamed = await replica.post(path, {
          ...quick,
          stream: true,
          stream_options: { include_usage: true },
        });
        expect(streamed.headers.get('content-type')).toBe('text/event-stream');
        const events = readEvents(streamed.text);
        expect(events.at(-1)).toBe('[DONE]');
        expect(events.filter((event) => event === '[DONE]')).toHaveLength(1);
        const chunks = events.slice(0, -1).map((event) => JSON.parse(event) as Chunk);
        expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
          whole.choices[0]?.message.content,
        );
        const reasons = chunks
          .map((chunk) => chunk.choices[0]?.finish_reason ?? null)
          .filter((each) => each !== null);
        expect(reasons).toEqual([whole.choices[0]?.finish_reason]);
        expect(chunks.filter((chunk) => chunk.usage !== undefined).map((chunk) => chunk.usage)).toEqual([
          whole.usage,
        ]);
        expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
      },
    );

    test('never serves more requests at once than it has slots; the others wait and are served', async () => {
      const { leave } = await occupy(replica);
      const waiting = replica.post(path, quick);
      for (let look = 0; look < 20; look += 1) {
        expect((await replica.health())?.busySlots).toBeLessThanOrEqual(slots);
      }
      leave();
      expect((await waiting).status).toBe(200);
    });

    test('frees the slots of clients that go away, whether they ran or waited', async () => {
      const running = await occupy(replica);
      const leaving = new AbortController();
      const waiting = Array.from({ length: 3 }, () => replica.post(path, long, { signal: leaving.signal }));
      for (const answer of waiting) answer.catch(() => undefined);
      await new Promise((done) => setImmediate(done));
      leaving.abort();
      running.leave();
      await untilFree(replica);
      expect((await replica.post(path, quick)).status).toBe(200);
    });

    test('parks and wakes, as often as it is told, and answers the same afterwards', async () => {
      const before = withoutHead((await replica.post(path, quick)).text);
      for (let time = 1; time <= 2; time += 1) {
        expect(await replica.post('/park')).toMatchObject({ status: 200, text: '{"state":"parked"}' });
      }
      expect((await replica.health())?.state).toBe('parked');
      const refused = await replica.post(path, quick);
      expect(refused.status).toBe(503);
      expect(errorOf(refused)).toMatchObject({ code: 'not_ready', type: 'server_error' });
      for (let time = 1; time <= 2; time += 1) {
        const woken = await replica.post('/wake');
        expect(woken.status).toBe(200);
        expect(JSON.parse(woken.text)).toEqual({ state: 'ready', wakeMs: expect.any(Number) as number });
      }
      expect((await replica.health())?.timings.wakeMs).toBeGreaterThanOrEqual(0);
      expect(withoutHead((await replica.post(path, quick)).text)).toEqual(before);
    });

    test('does not park while a request runs', async () => {
      const { leave } = await occupy(replica);
      const refused = await replica.post('/park');
      expect(refused.status).toBe(409);
      expect(errorOf(refused)['code']).toBe('busy');
      expect((await replica.health())?.state).toBe('ready');
      leave();
    });

    test('can be parked and woken again and again, with clients leaving meanwhile', async () => {
      for (let round = 0; round < 5; round += 1) {
        const { leave } = await occupy(replica);
        leave();
        await untilFree(replica);
        expect((await replica.post('/park')).status).toBe(200);
        expect((await replica.post('/wake')).status).toBe(200);
      }
      expect((await replica.post(path, quick)).status).toBe(200);
    });

    test.each([
      ['broken JSON', '{"model":', 400, 'malformed_json'],
      ['no object', '[]', 400, 'invalid_value'],
      ['an empty body', '', 400, 'malformed_json'],
      ['an empty object', '{}', 400, 'invalid_value'],
      ['deep nesting', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 400, 'too_deep'],
      ['a body over the limit', JSON.stringify({ a: 'x'.repeat(4 * 1024 * 1024) }), 413, 'body_too_large'],
    ])(
      'refuses %s in the words of OpenAI, and the next request is fine',
      async (_name, body, status, code) => {
        const refused = await replica.post(path, body);
        expect(refused.status).toBe(status);
        expect(errorOf(refused)).toMatchObject({ code, type: 'invalid_request_error' });
        expect(Object.keys(errorOf(refused)).sort()).toEqual(['code', 'message', 'param', 'type']);
        expect((await replica.post(path, quick)).status).toBe(200);
      },
    );

    test('knows its paths and its methods', async () => {
      expect((await replica.post('/v1/nothing', {})).status).toBe(404);
      expect((await fetch(`${replica.url}/park`)).status).toBe(405);
      expect((await fetch(replica.url + path)).status).toBe(405);
      expect((await replica.post('/health')).status).toBe(405);
    });

    test('drains: refuses what is new, also what waits, and ends what runs', async () => {
      const own = await start();
      await own.untilReady();
      const { leave } = await occupy(own);
      const waiting = own.post(path, quick);
      expect(await own.post('/drain')).toMatchObject({ status: 200, text: '{"state":"draining"}' });
      expect((await own.health())?.state).toBe('draining');
      expect((await waiting).status).toBe(503);
      const refused = await own.post(path, quick);
      expect(refused.status).toBe(503);
      expect(errorOf(refused)['code']).toBe('not_ready');
      expect((await own.health())?.busySlots).toBe(slots);
      expect((await own.post('/wake')).status).toBe(409);
      expect((await own.post('/park')).status).toBe(409);
      leave();
      await untilFree(own);
      expect((await own.health())?.state).toBe('draining');
      await own.end();
    });

    test('ends on SIGTERM once its running request has been answered whole', async () => {
      const own = await start();
      await own.untilReady();
      const answer = own.post(path, quick);
      await eventually(
        'received',
        async () => (await own.health())?.busySlots !== 0 || (await settled(answer)),
      );
      const ended = own.end();
      expect((await answer).status).toBe(200);
      expect(await ended).toMatchObject({ code: 0, signal: null });
    });

    async function endWhileBusy(): Promise<number> {
      const own = await start();
      await own.untilReady();
      const { answers } = await occupy(own);
      const startedMs = performance.now();
      const ended = await own.end();
      const tookMs = performance.now() - startedMs;
      expect(ended).toMatchObject({ code: 0, signal: null });
      for (const answer of answers) expect(await whole(answer)).not.toBe('cut short, ended cleanly');
      return tookMs;
    }

    test('ends on SIGTERM within five seconds although a request runs', async () => {
      let tookMs = await endWhileBusy();
      for (let ends = 1; ends < endsMax && tookMs >= 5_000; ends += 1) tookMs = await endWhileBusy();
      expect(tookMs).toBeLessThan(5_000);
    });

    test('ends on SIGTERM while it loads', async () => {
      const own = await start();
      await eventually('listening', async () => (await own.health()) !== null);
      expect(await own.end()).toMatchObject({ code: 0 });
    });

    test('ends when its parent is gone, if it is told to watch', async () => {
      const own = await start();
      await own.untilReady();
      own.closeStdin();
      expect(await own.ended).toMatchObject({ code: 0, signal: null });
    });

    test('does not mind a closed stdin when it was not told to watch', async () => {
      const own = await start({ PILOTLIGHT_PARENT_WATCH: '0' });
      own.closeStdin();
      await own.untilReady();
      expect((await own.post(path, quick)).status).toBe(200);
      await own.end();
    });

    test.each([
      [{ PORT: '' }, 'PORT'],
      [{ PILOTLIGHT_SLOTS: 'many' }, 'PILOTLIGHT_SLOTS'],
    ])('says what is wrong with its environment: %j', async (wrong, variable) => {
      const ended = await (await start(wrong)).ended;
      expect(ended.code).toBe(2);
      expect(ended.reason).toContain(variable);
    });
  });
}

interface WholeChat {
  readonly choices: readonly {
    readonly message: { readonly content: string };
    readonly finish_reason: string;
  }[];
  readonly usage: object;
}

interface Chunk {
  readonly id: string;
  readonly choices: readonly {
    readonly delta: { readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object;
}

async function untilFree(replica: ReplicaProcess): Promise<void> {
  await eventually('free', async () => (await replica.health())?.busySlots === 0, freeMsMax);
}

export function errorOf(answer: Answer): Readonly<Record<string, unknown>> {
  return (JSON.parse(answer.text) as { error: Record<string, unknown> }).error;
}

/** What an answer says, without what is new each time. */
function withoutHead(text: string): unknown {
  const { id: _id, created: _created, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return rest;
}

async function settled(answer: Promise<unknown>): Promise<boolean> {
  const later = new Promise((done) => setImmediate(() => done('later')));
  return (await Promise.race([answer.catch(() => 'failed'), later])) !== 'later';
}

/** A request that the end of its server struck: answered whole, or broken off so that the client sees it. */
async function whole(answer: Promise<Answer>): Promise<string> {
  try {
    const { status, text } = await answer;
    if (status !== 200) return 'refused';
    const complete = text.startsWith('{')
      ? Boolean(JSON.parse(text))
      : text.trimEnd().endsWith('data: [DONE]');
    return complete ? 'whole' : 'cut short, ended cleanly';
  } catch (cause) {
    return cause instanceof SyntaxError ? 'cut short, ended cleanly' : 'broken off';
  }
}
