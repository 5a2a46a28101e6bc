// The order of turns in workerd: they wait, are cancelled, superseded, taken up again, whatever becomes of the object.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { readFailure } from '../../durable-objects/session-call.ts';
import { desk } from './entry-session.ts';
import {
  createSession,
  eventsOf,
  kill,
  openSession,
  release,
  statusOf,
  textOf,
  turnOf,
  waitFor,
} from './session-desk.ts';
import type { Session } from './session-desk.ts';

const cancel = (session: Session, turn: string) =>
  session.stub.command({ kind: 'cancel', tenant: 'demo', turn });

describe('a session that queues', () => {
  it('runs turns one after another in the order in which they came', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const first = session.post('hold q1|x');
    await release('hold q1|x');
    const rest: Promise<Response>[] = [];
    for (let turn = 2; turn <= 9; turn += 1) rest.push(session.post(`say ${turn}`));
    await release('hold q1|x');
    for (const reply of await Promise.all([first, ...rest])) expect(reply.status).toBe(200);
    expect(await session.log()).toEqual([
      '1 user: hold q1|x',
      '2 assistant: q1x',
      ...[2, 3, 4, 5, 6, 7, 8, 9].flatMap((turn) => [
        `${2 * turn - 1} user: say ${turn}`,
        `${2 * turn} assistant: ${turn}`,
      ]),
    ]);
  });

  it('takes so many and no more, says so, and goes on', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const script = 'hold bound|x';
    const first = session.post(script);
    await release(script);
    const posts = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const waiting = session.post(`say ${at}`);
        return at < 32 ? { waiting } : { refused: await readFailure(await waiting) };
      }),
    );
    const refused = posts.flatMap((post) => ('refused' in post ? [post.refused?.kind] : []));
    expect(refused).toEqual(Array.from({ length: 8 }, () => 'session-queue-full'));
    await release(script);
    await first;
    for (const post of posts) if ('waiting' in post) expect((await post.waiting).status).toBe(200);
    expect(await session.log()).toHaveLength(2 * 33);
  });

  it('keeps its queue when the object dies, and goes on with it', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const script = 'hold dies|x';
    const post = (text: string, key: string) => session.post(text, { key }).catch(() => 'lost');
    const lost = [post(script, 'k0')];
    await release(script);
    for (const at of [1, 2, 3]) lost.push(post(`say ${at}`, `k${at}`));
    await waitForTurns(session, 4);
    await kill(session);
    await Promise.all(lost);
    const again = openSession(session.id);
    for (const at of [1, 2, 3]) {
      const reply = await again.post(`say ${at}`, { key: `k${at}` });
      expect(await reply.json()).toMatchObject({
        messages: [{ content: `say ${at}` }, { content: `${at}` }],
      });
    }
    expect(await again.log()).toEqual([
      `1 user: ${script}`,
      ...[1, 2, 3].flatMap((at) => [`${2 * at} user: say ${at}`, `${2 * at + 1} assistant: ${at}`]),
    ]);
    expect(await statusOf(again)).toEqual(expect.arrayContaining(['interrupted', 'completed']));
  });

  it('keeps the class of each turn and the time of its poster when the object dies', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const script = 'hold class|x';
    const lost = [session.post(script, { criticality: 'critical' }).catch(() => 'lost')];
    await release(script);
    for (const [text, more] of [
      ['say low', { key: 'low', criticality: 'sheddable' }],
      ['say late', { key: 'late', waitsMs: 1 }],
      ['say plain', { key: 'plain' }],
    ] as const)
      lost.push(session.post(text, more).catch(() => 'lost'));
    await waitForTurns(session, 4);
    await kill(session);
    await Promise.all(lost);
    const again = openSession(session.id);
    expect((await again.post('say plain', { key: 'plain' })).status).toBe(200);
    const asked = desk.classes.filter((each) => /hold class|say (low|late|plain)/.test(each));
    expect(asked.map((each) => each.slice(each.lastIndexOf('\n') + 1))).toEqual([
      `${script}: critical`,
      'say low: sheddable',
      'say plain: default',
    ]);
    expect(await again.log()).toContain('4 user: say late');
    expect(await statusOf(again)).toContain('failed');
  });

  it('streams a waiting turn from its beginning', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const script = 'hold slow|x';
    const first = session.post(script);
    await release(script);
    const waiting = session.post('say p|q', { stream: true });
    await waitForTurns(session, 2);
    await release(script);
    await first;
    expect(textOf(await (await waiting).text())).toBe('pq');
  });
});

describe('a turn', () => {
  it('that runs is cancelled from any connection, for good: the model is told, the next turn begins, a retry does not revive it', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const script = 'hold never|ends';
    const pending = session.post(script, { key: 'k' });
    await release(script);
    const next = session.post('say next');
    await waitForTurns(session, 2);
    const turn = await turnOf(session, 1);
    expect(await cancel(session, turn)).toEqual({ ok: true, value: null });
    const failure = { kind: 'turn-cancelled', by: 'client' };
    expect(await readFailure(await pending)).toEqual(failure);
    expect((await next).status).toBe(200);
    expect(await readFailure(await session.post(script, { key: 'k' }))).toEqual(failure);
    expect(await cancel(session, turn)).toEqual({ ok: true, value: null });
    expect(await session.stub.showTurn('demo', turn)).toMatchObject({ value: { status: 'cancelled' } });
    expect(await session.log()).toEqual([`1 user: ${script}`, '2 user: say next', '3 assistant: next']);
  });

  it('that waits is cancelled before it has left a message', async () => {
    const session = await createSession('words', { policy: 'queue' });
    const script = 'hold before|x';
    const first = session.post(script);
    await release(script);
    const waiting = session.post('say waiting');
    await waitForTurns(session, 2);
    await cancel(session, await turnOf(session, 2));
    expect(await readFailure(await waiting)).toEqual({ kind: 'turn-cancelled', by: 'client' });
    await release(script);
    await first;
    expect(await session.log()).toHaveLength(2);
  });

  it('of no session, or of another, cannot be cancelled', async () => {
    const session = await createSession();
    await (await session.post('say a')).text();
    const turn = await turnOf(session, 1);
    const foreign = await session.stub.command({ kind: 'cancel', tenant: 'acme', turn });
    expect(foreign).toEqual({ ok: false, error: { kind: 'unknown-session' } });
    expect(await cancel(session, 'turn_x')).toEqual({ ok: false, error: { kind: 'unknown-turn' } });
    expect(await statusOf(session)).toEqual(['completed']);
  });

  it('is superseded by the next message where the session wants that', async () => {
    const session = await createSession('words', { policy: 'supersede' });
    const script = 'hold old|news';
    const old = session.post(script, { stream: true });
    await release(script);
    await waitForText(session, 'old');
    const reply = await session.post('say new');
    expect(reply.status).toBe(200);
    expect(await (await old).text()).toContain('turn_superseded');
    expect(await session.log()).toEqual([`1 user: ${script}`, '2 user: say new', '3 assistant: new']);
    expect(desk.calls.at(-1)).toBe(`user: ${script}\n\nsay new`);
  });

  it('appends only where the client expects the end, and is told where it is', async () => {
    const session = await createSession('words', { policy: 'queue' });
    expect((await session.post('say a', { expectedSeq: 0 })).status).toBe(200);
    for (const expectedSeq of [0, 1, 3]) {
      expect(await readFailure(await session.post('say b', { expectedSeq }))).toEqual({
        kind: 'seq-mismatch',
        tailSeq: 2,
      });
    }
    const race = await Promise.all(
      ['x', 'y', 'z'].map((word) => session.post(`say ${word}`, { expectedSeq: 2 })),
    );
    expect(race.filter((reply) => reply.status === 200)).toHaveLength(1);
    expect(await session.log()).toHaveLength(4);
  });
});

describe('a turn over a durable function', () => {
  it('survives the death of the object: its run goes on, no text is told twice, none is lost', async () => {
    const session = await createSession('function');
    const script = 'hold step1 |step2 |step3';
    const lost = session.post(script, { key: 'k', stream: true });
    await release(script);
    await waitFor(() => desk.holds.get(script) === 'asked');
    await waitForText(session, 'step1 ');
    const turn = await turnOf(session, 1);
    await kill(session);
    await Promise.allSettled([lost.then((reply) => reply.text())]);
    desk.holds.delete(script);
    const again = openSession(session.id);
    const reply = again.post(script, { key: 'k', stream: true });
    await release(script);
    await release(script);
    expect(textOf(await (await reply).text())).toBe('step1 step2 step3');
    expect(desk.runs).toEqual([`${turn} 1 new`, `${turn} 1 run_${turn} 6`]);
    expect(await again.log()).toEqual([`1 user: ${script}`, '2 assistant: step1 step2 step3']);
    const types = (await eventsOf(again)).map(({ type }) => type);
    expect(types.filter((type) => type === 'turn.started')).toHaveLength(1);
    expect(types).not.toContain('turn.interrupted');
    expect(await again.stub.showTurn('demo', turn)).toMatchObject({ value: { run: `run_${turn}` } });
  });

  it('that is cancelled cancels its run, again after a death if need be', async () => {
    const session = await createSession('function');
    const script = 'hold run|on';
    const pending = session.post(script);
    await release(script);
    const turn = await turnOf(session, 1);
    await cancel(session, turn);
    expect(await readFailure(await pending)).toMatchObject({ kind: 'turn-cancelled' });
    await waitFor(() => desk.cancelled.includes(`run_${turn}`));
    await waitForRuns(session, 0);
    await runInDurableObject(session.stub, (_object, state) => {
      const stop = JSON.stringify({ turn, attempt: 1, run: `run_${turn}`, retryMs: 1 });
      state.storage.sql.exec('INSERT INTO stops VALUES (?, 1, ?)', turn, stop);
    });
    await kill(session);
    await runDurableObjectAlarm(openSession(session.id).stub);
    await waitForRuns(openSession(session.id), 0);
    expect(desk.cancelled.filter((run) => run === `run_${turn}`).length).toBeGreaterThan(1);
  });
});

function waitForTurns(session: Session, count: number): Promise<void> {
  return waitFor(async () => (await statusOf(session)).length >= count);
}

function waitForText(session: Session, text: string): Promise<void> {
  return waitFor(async () => (await eventsOf(session)).some((event) => event['text'] === text));
}

function waitForRuns(session: Session, open: number): Promise<void> {
  return waitFor(() =>
    runInDurableObject(session.stub, (_object, state) => {
      const { count } = state.storage.sql
        .exec<{ count: number }>('SELECT count(*) AS count FROM stops')
        .one();
      return count === open;
    }),
  );
}
