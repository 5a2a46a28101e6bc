// A fixed endpoint that goes away and comes back, with everything between a request for a slot and the endpoint's `GET models` as it runs in
// production: the pool's host, the managed backend, the place and its probe. In virtual time; what counts is who is answered when the clock
// stands still, and how often the endpoint is asked.
import { expect, test } from 'vitest';
import { makeUpstreamBackend } from '../../../src/backends/upstream/upstream-backend.ts';
import type { ManagedLife } from '../../../src/backends/managed/managed-place.ts';
import { must } from '../../../src/core/base/assert.ts';
import type { Result } from '../../../src/core/base/result.ts';
import type { Grant, Refusal } from '../../../src/core/pool/pool-events.ts';
import { backendGraceMs, settingsOf } from '../../../src/core/pool/pool-settings.ts';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { performCommand, performList } from '../../../src/hosts/pool-backend.ts';
import { PoolHost } from '../../../src/hosts/pool-host.ts';

const baseUrl = 'https://vendor.example/v1';

function readVersion(change: object) {
  const price = { inputMicrosPerMTok: 1, outputMicrosPerMTok: 1 };
  const launch = { kind: 'openai', baseUrl, model: 'vendor/m' };
  const version = { id: 'm@1', task: 'chat', slots: 2, replicasMax: 4, price, launch, ...change };
  const parsed = parseCatalogue(JSON.stringify({ versions: [version] }));
  if (!parsed.ok) throw new Error(parsed.error);
  return must(parsed.value.versions[0], 'a version');
}

class Edge {
  nowMs = 1_000_000;
  isAway = false;
  /** Questions that the endpoint was asked, and how many at once at most. */
  probes = 0;
  most = 0;
  readonly answers = new Map<string, Result<Grant, Refusal>>();
  readonly host: PoolHost;
  #under = 0;
  #alarmMs: number | null = null;
  #lives: readonly ManagedLife[] = [];

  constructor(change: object = {}) {
    const version = readVersion(change);
    const settings = settingsOf(version, 'local', 100);
    const { pool } = settings;
    const backend = makeUpstreamBackend({
      version,
      upstream: { kind: 'openai', baseUrl, model: 'vendor/m', key: null },
      lives: { read: () => this.#lives, write: (lives) => void (this.#lives = lives) },
      runpodRestUrl: '',
      fetch: () => this.#answer(),
      now: () => this.nowMs,
      wait: () => Promise.reject(new Error('a fixed endpoint is never waited for')),
    });
    this.host = new PoolHost(settings, {
      now: () => this.nowMs,
      read: () => ({ ledger: emptyLedger, replicas: [] }),
      write: () => undefined,
      command: (ref, done) => void performCommand(backend, { ...ref, pool, version: version.id }).then(done),
      list: (done) => void performList(backend, pool).then(done),
      answer: (id, answer) => void this.answers.set(id, answer),
      tell: () => undefined,
      setAlarm: (wakeMs) => void (this.#alarmMs = wakeMs),
    });
  }

  /** Asks for a slot; gives what is answered while the clock stands still. */
  async ask(id: string): Promise<string> {
    const waiter = { id, tenant: 't', deadlineMs: this.nowMs + 60_000 };
    this.host.handle({ kind: 'acquire', waiter });
    await this.#settled();
    return this.answerOf(id);
  }

  answerOf(id: string): string {
    const answer = this.answers.get(id);
    return answer === undefined ? 'waits' : answer.ok ? 'granted' : answer.error.kind;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.#settled();
    while (this.#alarmMs !== null && this.#alarmMs <= untilMs) {
      this.nowMs = this.#alarmMs;
      this.host.wake();
      await this.#settled();
    }
    this.nowMs = untilMs;
  }

  async #answer(): Promise<Response> {
    this.probes += 1;
    this.#under += 1;
    this.most = Math.max(this.most, this.#under);
    await nextTurn();
    this.#under -= 1;
    return Response.json({}, { status: this.isAway ? 503 : 200 });
  }

  /** Whatever can happen without the clock has happened. */
  async #settled(): Promise<void> {
    for (let turn = 0; turn < 40; turn += 1) await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test('the first request waits for it, the next ones do not, and the endpoint is asked by one at a time, ever less often', async () => {
  const edge = new Edge();
  edge.isAway = true;
  expect(await edge.ask('first')).toBe('waits');
  await edge.pass(backendGraceMs);
  expect(edge.answerOf('first')).toBe('backend-down');
  const before = edge.probes;
  for (let at = 0; at < 200; at += 1) {
    expect(await edge.ask(`q${at}`)).toBe('backend-down');
    await edge.pass(100);
  }
  // Twenty seconds of requests: as the refused are told to come back after two, it is asked about that often.
  expect(edge.probes - before).toBeLessThanOrEqual(40);
  expect(edge.most).toBe(1);
});

test('a burst that finds it away leaves one start behind, and what was begun for the others is given up at once', async () => {
  const edge = new Edge();
  edge.isAway = true;
  await Promise.all(Array.from({ length: 8 }, (_, at) => edge.ask(`q${at}`)));
  expect(edge.host.state.replicas.size).toBe(4);
  await edge.pass(backendGraceMs);
  expect(new Set(Array.from({ length: 8 }, (_, at) => edge.answerOf(`q${at}`)))).toEqual(
    new Set(['backend-down']),
  );
  await edge.pass(0);
  expect([...edge.host.state.replicas.values()].map(({ phase }) => phase)).toEqual(['starting']);
  expect(await edge.ask('next')).toBe('backend-down');
  expect(edge.most).toBe(1);
});

test('it serves again by the time at which the refused are told to come back', async () => {
  const edge = new Edge();
  edge.isAway = true;
  await edge.ask('first');
  await edge.pass(20_000);
  expect(await edge.ask('second')).toBe('backend-down');
  edge.isAway = false;
  await edge.pass(backendGraceMs);
  expect(await edge.ask('third')).toBe('granted');
  expect(edge.host.view().backend.downSinceMs).toBeNull();
});

test('once nobody asks any more nothing is asked, and the pool is at rest', async () => {
  const edge = new Edge();
  edge.isAway = true;
  await edge.ask('first');
  await edge.pass(120_000);
  const before = edge.probes;
  await edge.pass(3_600_000);
  expect(edge.probes).toBe(before);
  expect([edge.host.state.replicas.size, edge.host.wakeMs]).toEqual([0, null]);
  edge.isAway = false;
  expect(await edge.ask('later')).toBe('granted');
});
