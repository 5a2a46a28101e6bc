// What is done to a session's log as a whole, in workerd: cut, copied, summarized, exported, expired, carried over from an older schema.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { followRequest, readFailure } from '../../durable-objects/session-call.ts';
import { SESSION_MIGRATIONS } from '../../durable-objects/session-schema.ts';
import { performFork } from '../../src/hosts/session-fork.ts';
import type { ForkSource } from '../../src/hosts/session-fork.ts';
import { desk } from './entry-session.ts';
import { createSession, eventsOf, openSession, release, statusOf, textOf, waitFor } from './session-desk.ts';
import type { Session } from './session-desk.ts';

const cut = (session: Session, afterSeq: number) =>
  session.stub.command({ kind: 'truncate', tenant: 'demo', afterSeq });

async function talk(session: Session, turns: number): Promise<void> {
  for (let turn = 1; turn <= turns; turn += 1) {
    await (await session.post(`say a${turn}`, { key: `k${turn}` })).text();
  }
}

describe('a log that is cut', () => {
  it('ends there, goes on from there, and remembers the keys of what it lost', async () => {
    const session = await createSession();
    await talk(session, 3);
    expect(await cut(session, 3)).toEqual({ ok: true, value: null });
    expect(await session.log()).toEqual(['1 user: say a1', '2 assistant: a1', '3 user: say a2']);
    for (const key of ['k2', 'k3']) {
      expect(await readFailure(await session.post(`say a${key.slice(1)}`, { key }))).toEqual({
        kind: 'turn-truncated',
      });
    }
    await (await session.post('say b')).text();
    expect(await session.log()).toEqual([
      '1 user: say a1',
      '2 assistant: a1',
      '3 user: say a2',
      '4 user: say b',
      '5 assistant: b',
    ]);
    expect(desk.calls.at(-1)).toBe('user: say a1\nassistant: a1\nuser: say a2\n\nsay b');
    const events = await eventsOf(session);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(events.find(({ type }) => type === 'log.truncated')).toMatchObject({ after: 3 });
  });

  it('is not cut beyond its end, under a running turn, or by another tenant', async () => {
    const session = await createSession();
    await talk(session, 1);
    expect(await cut(session, 3)).toEqual({ ok: false, error: { kind: 'future-seq', tailSeq: 2 } });
    expect(await session.stub.command({ kind: 'truncate', tenant: 'acme', afterSeq: 0 })).toMatchObject({
      error: { kind: 'unknown-session' },
    });
    const script = 'hold cut|x';
    const pending = session.post(script);
    await release(script);
    expect(await cut(session, 0)).toEqual({ ok: false, error: { kind: 'session-busy' } });
    await release(script);
    await pending;
    expect(await cut(session, 4)).toEqual({ ok: true, value: null });
    expect(await session.log()).toHaveLength(4);
  });
});

describe('a fork', () => {
  function sourceOf(session: Session): ForkSource {
    return {
      beginFork: async (ask) =>
        (await session.stub.beginFork(ask)) as Awaited<ReturnType<ForkSource['beginFork']>>,
      forkPage: async (fork, after) =>
        (await session.stub.forkPage('demo', fork, after)) as Awaited<ReturnType<ForkSource['forkPage']>>,
      endFork: async (key) => session.stub.endFork(key),
    };
  }

  async function fork(session: Session, key: string | null, afterSeq: number | null, breakAfter = Infinity) {
    let fills = 0;
    const id = `sess_${crypto.randomUUID().replaceAll('-', '')}`;
    return performFork(
      sourceOf(session),
      (target) => {
        const { stub } = openSession(target);
        return {
          open: async (made) => {
            await stub.create(made);
            return stub.filled();
          },
          fill: async (messages) => {
            fills += 1;
            if (fills > breakAfter) throw new Error('broken off');
            return stub.fill(messages);
          },
          seal: async (summary) => stub.seal(summary),
        };
      },
      { tenant: 'demo', key, id, afterSeq },
    );
  }

  it('holds what its origin held up to there, and lives on its own', async () => {
    const session = await createSession('words', { instructions: 'Be brief.', metadata: { a: 'b' } });
    await talk(session, 3);
    const made = await fork(session, null, 4);
    const copy = openSession(made.ok ? made.value : '');
    expect(await copy.log()).toEqual((await session.log()).slice(0, 4));
    expect(await copy.stub.show('demo')).toMatchObject({
      value: {
        instructions: 'Be brief.',
        metadata: { a: 'b' },
        last_seq: 4,
        forked_from: { session: session.id, after: 4 },
      },
    });
    await (await copy.post('say b', { key: 'k1' })).text();
    expect(await copy.log()).toHaveLength(6);
    expect(await session.log()).toHaveLength(6);
    expect((await eventsOf(copy)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("that is broken off is nobody's, and goes on under its key; asked again it is the same session", async () => {
    const session = await createSession();
    await talk(session, 120);
    await expect(fork(session, 'f', null, 1)).rejects.toThrow('broken off');
    const begun = await session.stub.beginFork({
      tenant: 'demo',
      key: 'f',
      id: 'sess_other',
      afterSeq: null,
    });
    const half = openSession(begun.ok ? begun.value.fork.id : '');
    expect(await half.log()).toEqual(['unknown-session']);
    const made = await fork(session, 'f', null);
    expect(made).toEqual({ ok: true, value: half.id });
    expect(await half.stub.show('demo')).toMatchObject({ value: { last_seq: 240 } });
    await (await half.post('say own')).text();
    expect(await fork(session, 'f', null)).toEqual(made);
    expect(await half.stub.show('demo')).toMatchObject({ value: { last_seq: 242 } });
    expect(await fork(session, 'f', 7)).toEqual({ ok: false, error: { kind: 'idempotency-mismatch' } });
  });

  it('of a place that has not come, or of another tenant, is refused', async () => {
    const session = await createSession();
    expect(await fork(session, null, 1)).toEqual({ ok: false, error: { kind: 'future-seq', tailSeq: 0 } });
    const foreign = await session.stub.beginFork({ tenant: 'acme', key: null, id: 'sess_x', afterSeq: 0 });
    expect(foreign).toEqual({ ok: false, error: { kind: 'unknown-session' } });
  });
});

describe('a session', () => {
  it('whose log outgrows the budget is summarized behind its turns, and the summary is what the model is shown', async () => {
    const session = await createSession('words', { summaries: 'model', instructions: 'Be brief.' });
    for (let turn = 1; turn <= 4; turn += 1)
      await (await session.post(`say ${'x'.repeat(30)}${turn}`)).text();
    await waitForEvent(session, 'log.summarized');
    await (await session.post('say end')).text();
    expect(desk.calls.at(-1)).toMatch(
      /^system: Be brief\.\n\nSummary of the conversation so far:\nwhat was said\nuser: /,
    );
    expect(await session.log()).toHaveLength(10);
    await evictDurableObject(session.stub);
    await (await session.post('say again')).text();
    expect(desk.calls.at(-1)).toContain('what was said');
  });

  it('is exported whole: itself, its log, its stream, and an end', async () => {
    const session = await createSession();
    await talk(session, 2);
    const lines = await session.stub.fetch(
      followRequest({ tenant: 'demo', what: 'export-lines', after: 0 }, false),
    );
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson');
    const entries = (await lines.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(entries.map(({ type }) => type)).toEqual([
      'session',
      ...Array.from({ length: 4 }, () => 'message'),
      ...Array.from({ length: 11 }, () => 'event'),
      'end',
    ]);
    expect(entries.at(-1)).toEqual({ type: 'end', error: null, messages: 4, events: 11 });
    const array = await session.stub.fetch(
      followRequest({ tenant: 'demo', what: 'export-array', after: 0 }, false),
    );
    expect(await array.json()).toEqual(entries);
  });

  it('that nobody uses is erased by its alarm', async () => {
    const session = await createSession('words', { ttlMs: 60_000 });
    await talk(session, 1);
    const dueMs = await runInDurableObject(session.stub, (_object, state) => state.storage.getAlarm());
    expect((dueMs ?? 0) - Date.now()).toBeLessThanOrEqual(60_000);
    await runInDurableObject(session.stub, (_object, state) => {
      state.storage.sql.exec('UPDATE tail SET at_ms = at_ms - 61000');
    });
    await evictDurableObject(session.stub);
    expect(await session.log()).toHaveLength(2);
    expect(await runDurableObjectAlarm(session.stub)).toBe(true);
    expect(await session.log()).toEqual(['unknown-session']);
    expect(await runDurableObjectAlarm(session.stub)).toBe(false);
    const tables = await runInDurableObject(session.stub, (_object, state) =>
      state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('of the older schema keeps its log and its answers, and has a stream', async () => {
    const session = openSession(`sess_${'e'.repeat(32)}`);
    await runInDurableObject(session.stub, (_object, state) => {
      const { sql } = state.storage;
      sql.exec('CREATE TABLE schema (version INTEGER NOT NULL)');
      sql.exec('INSERT INTO schema VALUES (1)');
      for (const statement of SESSION_MIGRATIONS[0] ?? []) sql.exec(statement);
      sql.exec("INSERT INTO head VALUES (1, ?, 'demo', 'words', 5, '{\"a\":\"b\"}', 3)", session.id);
      sql.exec("INSERT INTO messages VALUES (1, 't1', 'user', 'say \"old\"'), (2, 't1', 'assistant', 'old')");
      sql.exec("INSERT INTO messages VALUES (3, 't2', 'user', 'say lost')");
      const served = '{"version":"words@1","warmth":"hot","waitMs":3}';
      const done = `{"kind":"completed","assistantSeq":2,"usage":null,"served":${served}}`;
      sql.exec("INSERT INTO turns VALUES ('t1', 'k1', 'say \"old\"', 1, 1, 9000000000000, ?)", done);
      sql.exec(
        "INSERT INTO turns VALUES ('t2', 'k2', 'say lost', 3, 1, 9000000000000, '{\"kind\":\"running\"}')",
      );
    });
    await evictDurableObject(session.stub);
    expect(await session.log()).toEqual(['1 user: say "old"', '2 assistant: old', '3 user: say lost']);
    expect(await statusOf(session)).toEqual(['completed', 'interrupted']);
    const replay = await session.post('say "old"', { key: 'k1', stream: true });
    expect(textOf(await replay.text())).toBe('old');
    expect(await (await session.post('say lost', { key: 'k2' })).json()).toMatchObject({
      messages: [{ seq: 3 }, { seq: 4, content: 'lost' }],
    });
    expect((await eventsOf(session)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await session.stub.show('demo')).toMatchObject({ value: { metadata: { a: 'b' }, created: 0 } });
  });
});

function waitForEvent(session: Session, type: string): Promise<void> {
  return waitFor(async () => (await eventsOf(session)).some((event) => event.type === type));
}
