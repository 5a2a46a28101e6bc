// The event stream of a session in workerd: every follower gets every byte, from wherever it starts, however the object sleeps or dies.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { followRequest, readFailure } from '../../durable-objects/session-call.ts';
import {
  createSession,
  eventsOf,
  followSocket,
  followStream,
  kill,
  openSession,
  readFrames,
  release,
  waitFor,
} from './session-desk.ts';

describe('the event stream', () => {
  it('tells every durable thing in one sequence without a gap', async () => {
    const session = await createSession();
    await (await session.post('say a|b')).text();
    await (await session.post('break x')).text();
    const events = await eventsOf(session);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(events.map(({ type }) => type)).toEqual([
      'session.created',
      'turn.started',
      'message.created',
      'message.delta',
      'message.created',
      'turn.completed',
      'turn.started',
      'message.created',
      'turn.failed',
    ]);
  });

  it('gives fifty followers the same bytes while the turn runs', async () => {
    const session = await createSession();
    const script = 'hold one |two |\u{1F525}three';
    const pending = session.post(script);
    await release(script);
    const followers = Array.from({ length: 50 }, () => readFrames(session, 0, 'end'));
    await release(script);
    await release(script);
    await (await pending).text();
    const seen = await Promise.all(followers);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toBe(await readFrames(session, 0, 'end'));
    expect(seen[0]).toContain('\u{1F525}three');
  });

  it('goes on after every single event, byte for byte, for both kinds of followers', async () => {
    const session = await createSession();
    await (await session.post('same 200', { stream: true })).text();
    await (await session.post('units \u{1F525}"\n\u0000 data: [DONE]')).text();
    const events = await eventsOf(session);
    const last = events.length;
    const whole = await readFrames(session, 0, last);
    const frames = whole.split(/(?<=\n\n)/);
    expect(frames).toHaveLength(last);
    for (let after = 0; after < last; after += 1) {
      expect(await readFrames(session, after, last)).toBe(frames.slice(after).join(''));
      const follower = await followSocket(session, after);
      await follower.until(last);
      follower.socket.close(1000);
      expect(follower.frames).toEqual(events.slice(after).map((event) => JSON.stringify(event)));
    }
  });

  it('refuses a place that has not come yet, of all three kinds of readers', async () => {
    const session = await createSession();
    const failure = { kind: 'future-seq', tailSeq: 1 };
    expect(await readFailure(await followStream(session, 2))).toEqual(failure);
    const follow = { tenant: 'demo', what: 'events', after: 2 } as const;
    expect(await readFailure(await session.stub.fetch(followRequest(follow, true)))).toEqual(failure);
    expect(await session.stub.events('demo', 2)).toEqual({ ok: false, error: failure });
    expect(await session.stub.events('demo', 1)).toMatchObject({ ok: true, value: { data: [] } });
  });

  it('of another tenant is no stream', async () => {
    const session = await createSession();
    const follow = { tenant: 'acme', what: 'events', after: 0 } as const;
    expect(await readFailure(await session.stub.fetch(followRequest(follow, false)))).toEqual({
      kind: 'unknown-session',
    });
    expect(await readFailure(await session.stub.fetch(followRequest(follow, true)))).toEqual({
      kind: 'unknown-session',
    });
  });

  it('killed in mid-turn loses nothing that a follower saw', async () => {
    const session = await createSession();
    const script = `hold ${'x'.repeat(8)}|y`;
    const lost = session.post(script).catch(() => 'lost');
    await release(script);
    const follower = await followSocket(session, 0);
    await waitFor(() => follower.frames.some((frame) => frame.includes('xxxxxxxx')));
    const seen = [...follower.frames];
    await kill(session);
    await lost;
    const events = await eventsOf(openSession(session.id));
    expect(events.slice(0, seen.length).map((event) => JSON.stringify(event))).toEqual(seen);
    expect(events.at(-1)?.type).toBe('turn.interrupted');
  });
});

describe('a WebSocket follower', () => {
  it('goes on from its cursor after the object has slept, without a gap or a repetition', async () => {
    const session = await createSession();
    const follower = await followSocket(session, 0);
    await (await session.post('say a')).text();
    await follower.until(6);
    for (let turn = 2; turn <= 4; turn += 1) {
      await evictDurableObject(session.stub);
      await (await session.post('say a')).text();
      await follower.until(1 + 5 * turn);
    }
    const events = await eventsOf(session);
    expect(follower.frames).toEqual(events.map((event) => JSON.stringify(event)));
    const cursor = await runInDurableObject(session.stub, (_object, state) =>
      state.getWebSockets()[0]?.deserializeAttachment(),
    );
    expect(cursor).toMatchObject({ sent: 21, acked: 0 });
  });

  it('is sent no more than a window beyond its last acknowledgement, and goes on with the next one', async () => {
    const session = await createSession();
    for (let turn = 0; turn < 120; turn += 1) await (await session.post('say a')).text();
    const follower = await followSocket(session, 0);
    await follower.until(512);
    follower.socket.send('{"type":"ping"}');
    await waitFor(() => follower.frames.at(-1) === '{"type":"pong"}');
    expect(follower.frames).toHaveLength(513);
    follower.socket.send('{"type":"ack","seq":500}');
    await follower.until(601);
    expect(follower.frames.filter((frame) => frame.includes('"seq"'))).toHaveLength(601);
  });

  it.each([
    ['a binary frame', new Uint8Array([1, 2]), 1003],
    ['an unknown word', '{"type":"cancel"}', 1008],
    ['an acknowledgement of what was not sent', '{"type":"ack","seq":99}', 1008],
    ['a frame too large', 'x'.repeat(5_000), 1009],
  ])('that sends %s is closed', async (_name, data, code) => {
    const session = await createSession();
    const follower = await followSocket(session, 0);
    await follower.until(1);
    follower.socket.send(data);
    expect(await follower.closed).toMatchObject({ code });
  });

  it('is one of 256 at most', async () => {
    const session = await createSession();
    const followers = await Promise.all(Array.from({ length: 256 }, () => followSocket(session, 1)));
    const follow = { tenant: 'demo', what: 'events', after: 0 } as const;
    expect(await readFailure(await session.stub.fetch(followRequest(follow, true)))).toEqual({
      kind: 'too-many-followers',
      followersMax: 256,
    });
    for (const { socket } of followers) socket.close(1000);
  });
});

describe('a session that is deleted', () => {
  it('is really gone: no row, no alarm, no follower, no turn; later reads find nothing', async () => {
    const session = await createSession();
    const script = 'hold deleted|away';
    const pending = session.post(script);
    await release(script);
    const follower = await followSocket(session, 0);
    const stream = await followStream(session, 0);
    expect(await session.stub.command({ kind: 'delete', tenant: 'acme' })).toMatchObject({ ok: false });
    expect(await session.stub.command({ kind: 'delete', tenant: 'demo' })).toEqual({ ok: true, value: null });
    expect(await follower.closed).toEqual({ code: 4004, reason: 'the session is gone' });
    expect(await stream.text()).toMatch(/event: session\.deleted\ndata: \{"type":"session\.deleted"\}\n\n$/);
    expect(await readFailure(await pending)).toEqual({ kind: 'unknown-session' });
    const left = await runInDurableObject(session.stub, async (_object, state) => ({
      tables: state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
      alarm: await state.storage.getAlarm(),
    }));
    expect(left).toEqual({ tables: [], alarm: null });
    for (const again of [session, openSession(session.id)]) {
      expect(await again.log()).toEqual(['unknown-session']);
      expect(await readFailure(await again.post('say x'))).toEqual({ kind: 'unknown-session' });
      expect(await readFailure(await followStream(again, 0))).toEqual({ kind: 'unknown-session' });
      expect(await again.stub.command({ kind: 'delete', tenant: 'demo' })).toMatchObject({ ok: false });
    }
    await evictDurableObject(session.stub);
    expect(await openSession(session.id).log()).toEqual(['unknown-session']);
  });
});
