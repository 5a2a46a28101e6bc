// The session object in workerd: its alarm, its eviction, calls that arrive together, and what is durable when a client sees it.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { readFailure } from '../../durable-objects/session-call.ts';
import { desk } from './entry-session.ts';
import { createSession, durableText, idOf, openSession, release, statusOf, textOf } from './session-desk.ts';

function callsOf(script: string): number {
  return desk.calls.filter((call) => call.endsWith(`user: ${script}`)).length;
}

describe('a turn', () => {
  it('is answered with the two stored messages, in the log before the answer', async () => {
    const session = await createSession();
    const response = await session.post('say hello |there');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-pilotlight-model')).toBe('words@1');
    expect(response.headers.get('x-pilotlight-warmth')).toBe('hot');
    expect(await response.json()).toMatchObject({
      object: 'session.turn',
      messages: [
        { seq: 1, role: 'user', content: 'say hello |there' },
        { seq: 2, role: 'assistant', content: 'hello there' },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
    expect(await session.log()).toEqual(['1 user: say hello |there', '2 assistant: hello there']);
  });

  it('sees the newest messages that fit the budget as its context', async () => {
    const session = await createSession();
    await (await session.post(`say ${'x'.repeat(80)}`)).text();
    await (await session.post('say short')).text();
    await (await session.post('say last')).text();
    expect(desk.calls.at(-1)).toBe('user: say short\nassistant: short\nuser: say last');
  });

  it('keeps emoji, NUL, quotes and line breaks byte for byte, also when a piece ends inside a surrogate pair', async () => {
    const session = await createSession();
    const said = `a\u0000b "quoted"\n data: [DONE]\n\n ${'\u{1F525}'.repeat(50)}`;
    const text = await (await session.post(`units ${said}`, { stream: true })).text();
    expect(textOf(text)).toBe(said);
    const page = await session.stub.page('demo', 1);
    expect(page.ok && page.value.messages[0]?.content).toBe(said);
  });

  it('that fails leaves the user message, answers with the failure, and the next turn continues', async () => {
    const session = await createSession();
    const failed = await session.post('break a|b');
    expect(await readFailure(failed)).toEqual({ kind: 'stream-cut' });
    await (await session.post('say fine')).text();
    expect(await session.log()).toEqual(['1 user: break a|b', '2 user: say fine', '3 assistant: fine']);
    expect(desk.calls.at(-1)).toBe('user: break a|b\n\nsay fine');
  });

  it('is refused while another runs, which goes on', async () => {
    const session = await createSession();
    const first = session.post('hold only|this');
    await release('hold only|this');
    expect(await readFailure(await session.post('say second'))).toEqual({ kind: 'session-busy' });
    await release('hold only|this');
    expect((await first).status).toBe(200);
    expect(await session.log()).toEqual(['1 user: hold only|this', '2 assistant: onlythis']);
  });

  it('is refused before anything is written when its model is served no more', async () => {
    const session = await createSession('gone');
    expect(await readFailure(await session.post('say x'))).toEqual({ kind: 'unknown-model', model: 'gone' });
    expect(await session.log()).toEqual([]);
  });
});

describe('an idempotency key', () => {
  it('posted 100 times at once executes once and answers the same 100 times', async () => {
    const session = await createSession();
    const script = 'hold one |two';
    const posts = Array.from({ length: 100 }, () => session.post(script, { key: 'k1' }));
    await release(script);
    await release(script);
    const answers = await Promise.all(posts.map(async (post) => (await post).text()));
    expect(new Set(answers).size).toBe(1);
    expect(callsOf(script)).toBe(1);
    expect(await session.log()).toEqual(['1 user: hold one |two', '2 assistant: one two']);
    const replay = await session.post(script, { key: 'k1' });
    expect(await replay.text()).toBe(answers[0]);
    expect(replay.headers.get('x-pilotlight-warmth')).toBe('hot');
  });

  it('with another body is refused, also while the turn runs', async () => {
    const session = await createSession();
    const first = session.post('hold it', { key: 'k' });
    await release('hold it');
    await (await first).text();
    expect(await readFailure(await session.post('say else', { key: 'k' }))).toEqual({
      kind: 'idempotency-mismatch',
    });
    expect(await session.log()).toHaveLength(2);
  });

  it('attempts a failed turn again without doubling its user message', async () => {
    const session = await createSession();
    await (await session.post('break a', { key: 'k' })).text();
    await (await session.post('break a', { key: 'k' })).text();
    expect(callsOf('break a')).toBe(2);
    expect(await session.log()).toEqual(['1 user: break a']);
  });
});

describe('a stream', () => {
  it('shows only text that is already durable, then the stored turn, then [DONE]', async () => {
    const session = await createSession();
    const script = 'hold first |second |third';
    const pending = session.post(script, { stream: true });
    await release(script);
    const response = await pending;
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-pilotlight-warmth')).toBe('hot');
    const reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let seen = '';
    for (const due of ['first ', 'first second ', 'first second third']) {
      while (textOf(seen) !== due) seen += (await reader.read()).value ?? '';
      expect(await durableText(session)).toContain(due);
      if (due !== 'first second third') await release(script);
    }
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      seen += value;
    }
    expect(seen).toMatch(/id: \d+\nevent: turn\.completed\ndata: \{.*\}\n\ndata: \[DONE\]\n\n$/);
  });

  it('goes on in the object when its reader goes away', async () => {
    const session = await createSession();
    const script = 'hold a|b|c';
    const pending = session.post(script, { stream: true, key: 'k' });
    await release(script);
    await (await pending).body?.cancel();
    await release(script);
    await vi.waitUntil(async () => (await durableText(session)).includes('b'), {
      timeout: 10_000,
      interval: 5,
    });
    await release(script);
    expect(await (await session.post(script, { key: 'k' })).json()).toMatchObject({
      messages: [{}, { content: 'abc' }],
    });
    expect(callsOf(script)).toBe(1);
  });

  it('joined late by the same key tells the text from its beginning', async () => {
    const session = await createSession();
    const script = 'hold early |late';
    const first = session.post(script, { stream: true, key: 'k' });
    await release(script);
    const other = await session.post(script, { stream: true, key: 'k' });
    await release(script);
    expect(textOf(await other.text())).toBe('early late');
    expect(textOf(await (await first).text())).toBe('early late');
  });

  it('that breaks after text ends with an error event and no [DONE]', async () => {
    const session = await createSession();
    const text = await (
      await session.post(`break ${Array.from({ length: 40 }, () => 'x').join('|')}`, { stream: true })
    ).text();
    expect(text).toContain('event: error\ndata: {"error":{');
    expect(text).not.toContain('[DONE]');
  });

  it('that fails before any text is refused with a status instead', async () => {
    const session = await createSession();
    expect(await readFailure(await session.post('break ', { stream: true }))).toEqual({ kind: 'stream-cut' });
  });

  it('of many words at once is written in groups', async () => {
    const session = await createSession();
    const text = await (await session.post('same 2000', { stream: true })).text();
    expect(textOf(text).split(' ')).toHaveLength(2001);
    expect(text.split('event: message.delta').length).toBeLessThan(200);
  });
});

describe('the life of the object', () => {
  it('killed in mid-turn: the turn is interrupted, the keyed retry attempts it again, nothing is doubled', async () => {
    const session = await createSession();
    const script = 'hold x|y';
    const lost = session.post(script, { key: 'k' }).then(
      () => 'answered',
      () => 'lost',
    );
    await release(script);
    const id = await idOf(session);
    await runInDurableObject(session.stub, (_object, state) => state.abort('killed by the test')).catch(
      () => {},
    );
    expect(await lost).toBe('lost');
    desk.holds.delete(script);
    const again = openSession(id);
    expect(await again.log()).toEqual(['1 user: hold x|y']);
    expect(await statusOf(again)).toEqual(['interrupted']);
    const retry = again.post(script, { key: 'k' });
    await release(script);
    await release(script);
    expect((await retry).status).toBe(200);
    expect(await again.log()).toEqual(['1 user: hold x|y', '2 assistant: xy']);
  });

  it('evicted between turns: storage wins over memory', async () => {
    const session = await createSession();
    const first = await (await session.post('say a', { key: 'k' })).text();
    await evictDurableObject(session.stub);
    expect(await (await session.post('say a', { key: 'k' })).text()).toBe(first);
    await (await session.post('say b')).text();
    expect(await session.log()).toEqual([
      '1 user: say a',
      '2 assistant: a',
      '3 user: say b',
      '4 assistant: b',
    ]);
  });

  it('its alarm drops expired records, then waits for the end of the session; the log stays', async () => {
    const session = await createSession();
    await (await session.post('say a', { key: 'k' })).text();
    const dueMs = await runInDurableObject(session.stub, (_object, state) => state.storage.getAlarm());
    expect((dueMs ?? 0) - Date.now()).toBeGreaterThan(86_000_000);
    await runInDurableObject(session.stub, (_object, state) => {
      state.storage.sql.exec("UPDATE records SET body = json_set(body, '$.expiresMs', 1)");
    });
    await evictDurableObject(session.stub);
    expect(await runDurableObjectAlarm(session.stub)).toBe(true);
    expect(await statusOf(session)).toEqual([]);
    expect(await session.log()).toHaveLength(2);
    const endMs = await runInDurableObject(session.stub, (_object, state) => state.storage.getAlarm());
    expect((endMs ?? 0) - Date.now()).toBeGreaterThan(29 * 86_400_000);
  });

  it('its alarm leaves a running turn alone and watches on', async () => {
    const session = await createSession();
    const pending = session.post('hold w|z');
    await release('hold w|z');
    expect(await runDurableObjectAlarm(session.stub)).toBe(true);
    expect(
      await runInDurableObject(session.stub, (_object, state) => state.storage.getAlarm()),
    ).not.toBeNull();
    await release('hold w|z');
    expect((await pending).status).toBe(200);
  });

  it('that was never created knows no session and stores nothing', async () => {
    const session = openSession('sess_ffffffffffffffffffffffffffffffff');
    expect(await readFailure(await session.post('say a'))).toEqual({ kind: 'unknown-session' });
    expect(await session.log()).toEqual(['unknown-session']);
    const tables = await runInDurableObject(session.stub, (_object, state) =>
      state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('of one tenant answers another like one that does not exist', async () => {
    const session = await createSession();
    expect(await readFailure(await session.post('say a', { tenant: 'acme' }))).toEqual({
      kind: 'unknown-session',
    });
    expect(await session.stub.page('acme', 0)).toEqual({ ok: false, error: { kind: 'unknown-session' } });
    expect(await session.log()).toEqual([]);
  });

  it('pages a long log with a bound', async () => {
    const session = await createSession();
    for (let turn = 0; turn < 60; turn += 1) await (await session.post('say a')).text();
    const first = await session.stub.page('demo', 0);
    const second = await session.stub.page('demo', 100);
    expect(first.ok && [first.value.messages.length, first.value.hasMore]).toEqual([100, true]);
    expect(second.ok && [second.value.messages.length, second.value.hasMore]).toEqual([20, false]);
  });
});
