// What calls say of their replicas, seen through dispatch: each is told once, by how it ended, or while it goes on when it is late; and a
// probe ends by its deadline.
import { afterEach, expect, it, vi } from 'vitest';
import type { ProbePermit } from '../../../src/core/resilience/breaker.ts';
import { STEADFAST_POLICY } from '../../../src/hosts/attempt-target.ts';
import { dispatch, type DispatchPorts, type DispatchRequest } from '../../../src/hosts/dispatch.ts';
import type { CallEnd, CallReport, SlotRequest } from '../../../src/hosts/ports.ts';
import {
  answer,
  delta,
  DONE,
  GOOD_STREAM,
  LIMITS,
  makeBench,
  makeRequest,
  neverAnswer,
  resetAfter,
  stallAfter,
  startUpstream,
  type Behaviour,
  type Upstream,
} from './faulty-replica.ts';
import { inTurns } from './turn-time.ts';

const GOOD_JSON = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
});

const limits = { ...LIMITS, firstTokenMs: 150, idleMs: 150 };

/** One call, whatever comes of it. */
const once = { ...STEADFAST_POLICY, callsMax: 1 };

let upstream: Upstream | null = null;
afterEach(async () => {
  await upstream?.close();
  upstream = null;
});

interface Told {
  readonly ends: (Omit<CallEnd, 'tokens'> | undefined)[];
  readonly flow: (readonly [what: string, ms: number | boolean])[];
  readonly reports: CallReport[];
  readonly probes: (string | null)[];
  readonly asked: SlotRequest[];
}

interface Setting {
  /** Null: nobody listens. */
  readonly behave: Behaviour | null;
  readonly fetch?: DispatchPorts['fetch'];
  /** Called as a slot is on its way. */
  readonly onGrant?: () => void;
  readonly stream?: boolean;
  readonly overdueMs?: number;
  readonly permits?: () => readonly ProbePermit[];
  readonly request?: () => Partial<DispatchRequest>;
}

async function listen(behave: Behaviour | null): Promise<string> {
  upstream = await startUpstream(behave ?? neverAnswer);
  if (behave === null) await upstream.close();
  return upstream.endpoint;
}

async function serve({
  behave,
  fetch,
  stream = true,
  overdueMs,
  permits,
  request,
  onGrant,
}: Setting): Promise<Told> {
  const bench = makeBench(fetch === undefined ? await listen(behave) : 'http://replica.test');
  const told: Told = { ends: [], flow: [], reports: [], probes: [], asked: [] };
  const ports: DispatchPorts = {
    ...bench.ports,
    ...(fetch && { fetch }),
    acquire: async (slot, signal) => {
      told.asked.push(slot);
      const granted = await bench.ports.acquire(slot, signal);
      onGrant?.();
      return granted.ok && permits !== undefined
        ? { ok: true, value: { ...granted.value, permits: permits() } }
        : granted;
    },
    release: (grant, outcome, end) => {
      told.ends.push(end && { outcome: end.outcome, report: end.report });
      if (end !== undefined) told.flow.push(['end', end.tokens.gapsMs]);
      bench.ports.release(grant, outcome);
    },
    health: {
      overdueMs: () => overdueMs ?? null,
      begin: (_grant, streams) => void told.flow.push(['begin', streams]),
      firstToken: (_grant, tookMs) => void told.flow.push(['first', tookMs]),
      report: (_grant, report) => void told.reports.push(report),
      endProbe: (_grant, outcome) => void told.probes.push(outcome),
    },
  };
  const outcome = await dispatch(ports, makeRequest({ stream, policy: once, ...request?.() }), limits);
  if (outcome.kind === 'stream') await new Response(outcome.body).text().catch(() => 'dropped');
  await bench.settled();
  return told;
}

const time: unknown = expect.any(Number);

it.each<readonly [string, Setting, Omit<CallEnd, 'tokens'>]>([
  [
    'an answer that is whole',
    { behave: answer(GOOD_STREAM) },
    { outcome: 'ok', report: { outcome: 'ok', firstTokenMs: time as number } },
  ],
  [
    'an answer that does not stream, which has no first token',
    { behave: answer(GOOD_JSON, 'application/json'), stream: false },
    { outcome: 'ok', report: { outcome: 'ok', firstTokenMs: null } },
  ],
  [
    'a refused connection',
    { behave: null },
    { outcome: 'hard', report: { outcome: 'hard', firstTokenMs: null } },
  ],
  [
    'a 500',
    { behave: answer('{}', 'application/json', 500) },
    { outcome: 'failure', report: { outcome: 'failure', firstTokenMs: null } },
  ],
  [
    'a 503',
    { behave: answer('{}', 'application/json', 503) },
    { outcome: 'failure', report: { outcome: 'failure', firstTokenMs: null } },
  ],
  ['a 429, its quota', { behave: answer('{}', 'application/json', 429) }, { outcome: null, report: null }],
  [
    'a 400, the request’s own fault',
    { behave: answer('{"error":{"message":"no"}}', 'application/json', 400) },
    { outcome: null, report: null },
  ],
  [
    'a stream that is cut',
    { behave: resetAfter(delta('one')) },
    { outcome: 'hard', report: { outcome: 'hard', firstTokenMs: time as number } },
  ],
  [
    'a stream that stalls',
    { behave: stallAfter(delta('one')) },
    { outcome: 'stall', report: { outcome: 'stall', firstTokenMs: time as number } },
  ],
  [
    'a first token that never comes, with how long it was waited for',
    { behave: neverAnswer },
    { outcome: 'slow', report: { outcome: 'slow', firstTokenMs: time as number } },
  ],
  ['a client that is gone', { behave: neverAnswer, request: gone }, { outcome: null, report: null }],
])('%s is told once, when its slot goes back', async (_name, setting, end) => {
  const told = await inTurns(() => serve(setting));
  expect(told.ends).toEqual([end]);
  expect(told.reports).toEqual([]);
});

function gone(): Partial<DispatchRequest> {
  const leaving = new AbortController();
  setTimeout(() => leaving.abort(), 60);
  return { signal: leaving.signal };
}

/** What a scripted replica does, at which time: text of its body, the end of it, or a broken connection. */
type Script = readonly (readonly [atMs: number, what: string])[];

/** Time and connections of its own making, so that nothing depends on the machine. */
async function play(script: Script, setting: Partial<Setting> = {}): Promise<Told> {
  vi.useFakeTimers();
  try {
    const work = serve({ behave: null, fetch: (_url, init) => replay(script, init), ...setting });
    await vi.advanceTimersByTimeAsync(5_000);
    return await work;
  } finally {
    vi.useRealTimers();
  }
}

function replay(script: Script, { signal, headers }: RequestInit): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  signal?.addEventListener('abort', () => reject(new Error('aborted')));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener('abort', () => controller.error(new Error('aborted')));
      for (const [atMs, what] of script) {
        setTimeout(() => {
          if (signal?.aborted === true) return;
          if (what === 'cut') controller.error(new Error('cut'));
          else if (what === 'end') controller.close();
          else controller.enqueue(new TextEncoder().encode(what));
        }, atMs);
      }
    },
  });
  const type = new Headers(headers).get('accept') ?? '';
  if (script.length > 0) resolve(new Response(body, { headers: { 'content-type': type } }));
  return promise;
}

/** A target that must answer in whole within 100 ms. */
const hasty = { pool: 'a', version: 'a', body: '{}', limits: { wholeMs: 100 } };

const whole = `${delta('one')}${delta('', 'stop')}${DONE}`;

it('a client that left when the model had already ended does not unsay that', async () => {
  const told = await play([[10, `${delta('one')}${delta('', 'stop')}`]], {
    request: gone,
  });
  expect(told.ends).toMatchObject([{ report: { outcome: 'ok' } }]);
});

it('the phases of a call are told as it enters them, and how long its tokens took when it ends', async () => {
  const told = await play([
    [30, delta('one')],
    [70, delta('two')],
    [80, `${delta('', 'stop')}${DONE}`],
    [81, 'end'],
  ]);
  expect(told.flow).toEqual([
    ['begin', true],
    ['first', 30],
    // Up to the model's word that it has ended.
    ['end', 50],
  ]);
});

it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'a client that leaves %i turns after its slot was granted leaves no call that never ends',
  async (turns) => {
    const client = new AbortController();
    const leave = async (): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      client.abort();
    };
    const told = await play([[30, whole]], {
      onGrant: () => void leave(),
      request: () => ({ signal: client.signal }),
    });
    const begun = told.flow.findIndex(([what]) => what === 'begin');
    const ended = told.flow.findIndex(([what]) => what === 'end');
    expect(begun === -1 || begun < ended).toBe(true);
  },
);

it('a late first token is told while it is waited for, and not again when it comes', async () => {
  const told = await play(
    [
      [80, whole],
      [81, 'end'],
    ],
    { overdueMs: 20 },
  );
  expect(told.reports).toEqual([{ outcome: 'slow', firstTokenMs: 20 }]);
  expect(told.ends).toEqual([{ outcome: 'ok', report: null }]);
});

it('a late call that never has a first token is told as late once', async () => {
  const told = await play([], { overdueMs: 20 });
  expect(told.reports).toHaveLength(1);
  expect(told.ends).toEqual([{ outcome: 'slow', report: null }]);
});

it('one that never comes before it is known what is late is told with how long it was waited for', async () => {
  const told = await play([]);
  expect(told.ends).toEqual([{ outcome: 'slow', report: { outcome: 'slow', firstTokenMs: 150 } }]);
});

it('an answer that does not stream and does not come has no first token that could be told', async () => {
  const told = await play([], { stream: false, request: () => ({ attempts: [hasty] }) });
  expect(told.ends).toEqual([{ outcome: 'slow', report: { outcome: 'slow', firstTokenMs: null } }]);
});

it('a late call that fails is told again', async () => {
  const told = await play(
    [
      [80, delta('one')],
      [81, 'cut'],
    ],
    { overdueMs: 20 },
  );
  expect(told.reports).toHaveLength(1);
  expect(told.ends).toEqual([{ outcome: 'hard', report: { outcome: 'hard', firstTokenMs: null } }]);
});

it('a first token in time is not late, however long the answer takes', async () => {
  const told = await play(
    [
      [19, delta('one')],
      [120, `${delta('', 'stop')}${DONE}`],
      [121, 'end'],
    ],
    { overdueMs: 20 },
  );
  expect(told.reports).toEqual([]);
  expect(told.ends).toEqual([{ outcome: 'ok', report: { outcome: 'ok', firstTokenMs: 19 } }]);
});

it('an answer that does not stream is never late', async () => {
  const told = await play(
    [
      [80, GOOD_JSON],
      [81, 'end'],
    ],
    { stream: false, overdueMs: 20 },
  );
  expect(told.reports).toEqual([]);
  expect(told.ends).toEqual([{ outcome: 'ok', report: { outcome: 'ok', firstTokenMs: null } }]);
});

/** Of a probe that is over in 50 ms, by the earlier of its two permits. */
const permits = (): readonly ProbePermit[] => [
  { circuitId: 'target', number: 1, deadlineMs: Date.now() + 5_000 },
  { circuitId: 'r1', number: 2, deadlineMs: Date.now() + 50 },
];

it.each<readonly [string, Script, boolean, readonly (string | null)[], CallEnd['outcome']]>([
  ['has failed when no first token came by its deadline', [], true, ['slow'], 'slow'],
  [
    'has passed when one came',
    [
      [49, delta('one')],
      [120, `${delta('', 'stop')}${DONE}`],
      [121, 'end'],
    ],
    true,
    ['ok'],
    'ok',
  ],
  [
    'of an answer that does not stream says nothing then',
    [
      [80, GOOD_JSON],
      [81, 'end'],
    ],
    false,
    [null],
    'ok',
  ],
  [
    'that is over before its deadline ends with its slot',
    [
      [10, whole],
      [11, 'end'],
    ],
    true,
    [],
    'ok',
  ],
])('a probe %s', async (...[, script, stream, probes, last]) => {
  const told = await play(script, { stream, permits });
  expect(told.probes).toEqual(probes);
  expect(told.ends).toMatchObject([{ outcome: last }]);
});

it('a pool is told that another target can answer, as far as one can that a lack of slots leads to', async () => {
  const at = (pool: string, on?: readonly ('capacity' | 'error')[]) => ({
    pool,
    version: pool,
    body: '{}',
    ...(on && { on }),
  });
  const failing = answer('{}', 'application/json', 500);
  const told = await inTurns(() =>
    serve({
      behave: failing,
      request: () => ({
        attempts: [at('a'), at('b'), at('c', ['error'])],
        policy: { ...STEADFAST_POLICY, retriesMax: 0 },
      }),
    }),
  );
  expect(told.asked.map(({ pool, canGoElsewhere }) => [pool, canGoElsewhere ?? false])).toEqual([
    ['a', true],
    ['b', false],
    ['c', false],
  ]);
});
