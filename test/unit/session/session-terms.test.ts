// The terms on which a message was posted: how its turn stands beside others and how long its poster waits, in each life of the object and
// wherever the turn stands meanwhile.
import { describe, expect, it } from 'vitest';
import { checkSession } from '../../../src/core/session/check-session.ts';
import { SessionWorld, settle } from './session-world.ts';

function soundly(world: SessionWorld): void {
  expect(world.violations).toEqual([]);
  const state = world.store.load();
  if (state !== null) expect(checkSession(state, world.store.rows())).toEqual([]);
}

/** The turn of a message that waited, and how it stands. */
const statuses = (world: SessionWorld): string[] =>
  [...(world.store.load()?.turns.values() ?? [])].map(({ key, status }) => `${key} ${status.kind}`);

describe('a turn has the class of its message', () => {
  it('at once, and after waiting through the death of the object', async () => {
    const world = new SessionWorld({ policy: 'queue' });
    world.post('a', 'first', false, { criticality: 'critical' });
    world.post('b', 'second', false, { criticality: 'sheddable' });
    world.post('c', 'third');
    world.die();
    for (const key of ['b', 'c']) {
      expect(statuses(world)).toContain(`${key} running`);
      world.call?.end('yes');
      await settle();
    }
    expect(world.calls.map(({ ask }) => ask.criticality)).toEqual(['critical', 'sheddable', 'default']);
    soundly(world);
  });

  it('when a durable run behind it is taken up again', () => {
    const world = new SessionWorld();
    world.route = { ...world.route, kind: 'function', function: 'f' };
    world.post('a', 'first', false, { criticality: 'sheddable' });
    world.die();
    expect(world.calls.map(({ life, ask }) => [life, ask.criticality])).toEqual([
      [1, 'sheddable'],
      [2, 'sheddable'],
    ]);
  });

  it('of the message that asks for it again', async () => {
    const world = new SessionWorld();
    world.post('a', 'first', false, { criticality: 'sheddable' });
    world.call?.end(null);
    await settle();
    world.post('a', 'first', false, { criticality: 'critical' });
    expect(world.calls.map(({ ask }) => ask.criticality)).toEqual(['sheddable', 'critical']);
  });

  it('or counts as default where its row knows none', () => {
    const world = new SessionWorld({ policy: 'queue' });
    world.post('a', 'first');
    world.post('b', 'second', false, { criticality: 'critical' });
    const turns = [...(world.store.load()?.turns.values() ?? [])];
    for (const { criticality: _class, answerByMs: _time, ...turn } of turns)
      world.store.commit([{ kind: 'turn', turn }]);
    world.die();
    expect(world.call?.ask.criticality).toBe('default');
    expect(world.call?.ask.deadlineMs).toBe(world.nowMs + 600_000);
    soundly(world);
  });
});

describe('a turn ends when its poster waits no more', () => {
  it('though an attempt may take longer', async () => {
    const world = new SessionWorld();
    world.post('k', 'hello', false, { waitsMs: 5_000 });
    const { ask } = world.call ?? {};
    expect(ask?.deadlineMs).toBe(world.nowMs + 5_000);
    await world.advance(4_999);
    expect(ask?.signal.aborted).toBe(false);
    await world.advance(1);
    expect(ask?.signal.aborted).toBe(true);
    expect(world.refusals).toEqual(['total-timeout']);
    soundly(world);
  });

  it('and never later than an attempt may take', () => {
    const world = new SessionWorld();
    world.post('k', 'hello', false, { waitsMs: 3_600_000 });
    expect(world.call?.ask.deadlineMs).toBe(world.nowMs + 600_000);
  });

  it('the time included that it waits for its place', async () => {
    const world = new SessionWorld({ policy: 'queue' });
    world.post('a', 'first');
    world.post('b', 'second', false, { waitsMs: 5_000 });
    const byMs = world.nowMs + 5_000;
    await world.advance(3_000);
    world.call?.end('yes');
    await settle();
    expect(world.call?.ask.deadlineMs).toBe(byMs);
  });

  it('without asking the model, when its place comes too late; those behind it have theirs', async () => {
    const world = new SessionWorld({ policy: 'queue' });
    world.post('a', 'first');
    for (const key of ['b', 'c']) world.post(key, key, false, { waitsMs: 5_000 });
    world.post('d', 'last');
    await world.advance(5_000);
    world.call?.end('yes');
    await settle();
    expect(statuses(world)).toEqual(['a completed', 'b failed', 'c failed', 'd running']);
    expect(world.refusals).toEqual(['total-timeout', 'total-timeout']);
    expect(world.calls).toHaveLength(2);
    soundly(world);
    // The message is in the log, and its key asks again with the time that it has by now.
    world.call?.end('yes');
    await settle();
    world.post('b', 'b', false, { waitsMs: 7_000 });
    expect(world.call?.ask.deadlineMs).toBe(world.nowMs + 7_000);
    world.call?.end('at last');
    await settle();
    expect(statuses(world)).toContain('b completed');
    soundly(world);
  });
});
