// What calls say of their replicas, seen through dispatch: each is told once, by how it ended, or while it goes on when it is late; and a
// probe ends by its deadline.
import { afterEach, expect, it } from 'vitest';
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
  readonly ends: (CallEnd | undefined)[];
  readonly reports: CallReport[];
  readonly probes: (string | null)[];
  readonly asked: SlotRequest[];
}

interface Setting {
  readonly behave: Behaviour | null;
  readonly stream?: boolean;
  readonly overdueMs?: number;
  readonly permits?: () => readonly ProbePermit[];
  readonly request?: () => Partial<DispatchRequest>;
}

async function serve({ behave, stream = true, overdueMs, permits, request }: Setting): Promise<Told> {
  upstream = await startUpstream(behave ?? neverAnswer);
  const bench = makeBench(upstream.endpoint);
  if (behave === null) await upstream.close();
  const told: Told = { ends: [], reports: [], probes: [], asked: [] };
  const ports: DispatchPorts = {
    ...bench.ports,
    acquire: async (slot, signal) => {
      told.asked.push(slot);
      const granted = await bench.ports.acquire(slot, signal);
      return granted.ok && permits !== undefined
        ? { ok: true, value: { ...granted.value, permits: permits() } }
        : granted;
    },
    release: (grant, outcome, end) => {
      told.ends.push(end);
      bench.ports.release(grant, outcome);
    },
    health: {
      overdueMs: () => overdueMs ?? null,
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

it.each<readonly [string, Setting, CallEnd]>([
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
  const told = await serve(setting);
  expect(told.ends).toEqual([end]);
  expect(told.reports).toEqual([]);
});

function gone(): Partial<DispatchRequest> {
  return { signal: AbortSignal.timeout(60) };
}

it('a client that left when the model had already ended does not unsay that', async () => {
  const client = new AbortController();
  const behave: Behaviour = (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`${delta('one')}${delta('', 'stop')}`);
    setTimeout(() => client.abort(), 60);
  };
  const told = await serve({ behave, request: () => ({ signal: client.signal }) });
  expect(told.ends).toMatchObject([{ report: { outcome: 'ok' } }]);
});

const lateStream =
  (rest: string, then: (res: Parameters<Behaviour>[0]) => void): Behaviour =>
  (res) =>
    void setTimeout(() => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(rest, () => setImmediate(() => then(res)));
    }, 80);

it('a late first token is told while it is waited for, and not again when it comes', async () => {
  const told = await serve({ behave: lateStream(GOOD_STREAM, (res) => res.end()), overdueMs: 20 });
  expect(told.reports).toEqual([{ outcome: 'slow', firstTokenMs: time }]);
  expect(told.reports[0]?.firstTokenMs).toBeGreaterThanOrEqual(19);
  expect(told.ends).toEqual([{ outcome: 'ok', report: null }]);
});

it('a late call that never has a first token is told as late once', async () => {
  const told = await serve({ behave: neverAnswer, overdueMs: 20 });
  expect(told.reports).toHaveLength(1);
  expect(told.ends).toEqual([{ outcome: 'slow', report: null }]);
});

it('a late call that fails is told again', async () => {
  const told = await serve({
    behave: lateStream(delta('one'), (res) => res.socket?.resetAndDestroy()),
    overdueMs: 20,
  });
  expect(told.reports).toHaveLength(1);
  expect(told.ends).toEqual([{ outcome: 'hard', report: { outcome: 'hard', firstTokenMs: null } }]);
});

it('a first token in time is not late, however long the answer takes', async () => {
  const behave: Behaviour = (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(delta('one'));
    setTimeout(() => res.end(`${delta('', 'stop')}${DONE}`), 120);
  };
  const told = await serve({ behave, overdueMs: 60 });
  expect(told.reports).toEqual([]);
  expect(told.ends).toMatchObject([{ report: { outcome: 'ok' } }]);
});

it('an answer that does not stream is never late', async () => {
  const behave: Behaviour = (res) =>
    void setTimeout(() => answer(GOOD_JSON, 'application/json')(res, res.req), 80);
  const told = await serve({ behave, stream: false, overdueMs: 20 });
  expect(told.reports).toEqual([]);
});

/** Of a probe whose time is over almost at once. */
const permits = (): readonly ProbePermit[] => [
  { circuitId: 'target', number: 1, deadlineMs: Date.now() + 5_000 },
  { circuitId: 'r1', number: 2, deadlineMs: Date.now() + 50 },
];

const talking: Behaviour = (res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(delta('one'));
  setTimeout(() => res.end(`${delta('', 'stop')}${DONE}`), 120);
};

it.each<readonly [string, Setting, readonly (string | null)[], CallEnd['outcome']]>([
  ['has failed when no first token came by its deadline', { behave: neverAnswer }, ['slow'], 'slow'],
  ['has passed when one came', { behave: talking }, ['ok'], 'ok'],
  [
    'of an answer that does not stream says nothing then',
    {
      behave: (res) => void setTimeout(() => answer(GOOD_JSON, 'application/json')(res, res.req), 120),
      stream: false,
    },
    [null],
    'ok',
  ],
  ['that is over before its deadline ends with its slot', { behave: answer(GOOD_STREAM) }, [], 'ok'],
])('a probe %s', async (_name, setting, probes, last) => {
  const told = await serve({ ...setting, permits });
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
  const told = await serve({
    behave: failing,
    request: () => ({
      attempts: [at('a'), at('b'), at('c', ['error'])],
      policy: { ...STEADFAST_POLICY, retriesMax: 0 },
    }),
  });
  expect(told.asked.map(({ pool, canGoElsewhere }) => [pool, canGoElsewhere ?? false])).toEqual([
    ['a', true],
    ['b', false],
    ['c', false],
  ]);
});
