// The session host with deaths at every commit, seen from its clients: what they were told is on disk, what was acknowledged stays,
// a key gives one answer for ever.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSession } from '../../../src/core/session/check-session.ts';
import { SessionWorld, settle } from './session-world.ts';

type Move =
  | { readonly kind: 'post'; readonly key: number | null; readonly stream: boolean }
  | { readonly kind: 'say'; readonly pieces: number }
  | { readonly kind: 'finish' | 'break' | 'die' }
  | { readonly kind: 'fuse'; readonly when: 'before' | 'after' }
  | { readonly kind: 'wait'; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      key: fc.option(fc.nat(3)),
      stream: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('say' as const), pieces: fc.integer({ min: 1, max: 70 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('finish' as const, 'finish' as const, 'break' as const, 'die' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fuse' as const),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 20, 20, 6000, 700_000),
    }),
  },
);

async function play(world: SessionWorld, next: Move): Promise<void> {
  if (next.kind === 'post')
    world.post(next.key === null ? null : `k${next.key}`, `body of ${next.key}`, next.stream);
  if (next.kind === 'say') for (let at = 0; at < next.pieces; at += 1) world.call?.say(`${at}\u{1F525} `);
  if (next.kind === 'finish') world.call?.end('the end');
  if (next.kind === 'break') world.call?.end(null);
  if (next.kind === 'die') world.die();
  if (next.kind === 'fuse') world.store.fuse = next.when;
  if (next.kind === 'wait') await world.advance(next.ms);
  await settle();
}

function check(world: SessionWorld): void {
  expect(world.violations).toEqual([]);
  const state = world.store.load();
  if (state !== null) expect(checkSession(state, world.store.rows())).toEqual([]);
  for (const answers of world.answers.values()) {
    expect(answers.size).toBe(1);
    for (const answer of answers) {
      const { messages } = JSON.parse(answer) as { messages: { seq: number; content: string }[] };
      for (const { seq, content } of messages) expect(world.store.message(seq)?.content).toBe(content);
    }
  }
}

describe('a session host that may die at any commit', () => {
  it('shows only durable text, keeps what it acknowledged, and gives one answer per key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 40, size: 'max' }), async (moves) => {
        const world = new SessionWorld();
        for (const next of moves) {
          await play(world, next);
          check(world);
        }
        world.die();
        for (const key of ['k0', 'k1', 'k2', 'k3']) {
          world.post(key, `body of ${key.slice(1)}`);
          await settle();
          world.call?.end('at last');
          await settle();
          expect(world.answers.get(key)?.size).toBe(1);
        }
        check(world);
        expect(world.store.load()?.running).toBeNull();
      }),
      { numRuns: 400 },
    );
  }, 60_000);
});

describe('a turn', () => {
  it('is written before the model is asked', async () => {
    const world = new SessionWorld();
    world.post('k', 'hello');
    expect(world.calls).toHaveLength(1);
    expect(world.store.message(1)).toMatchObject({ seq: 1, role: 'user', content: 'hello' });
  });

  it('posted 100 times at once asks the model once', async () => {
    const world = new SessionWorld();
    for (let at = 0; at < 100; at += 1) world.post('k', 'hello', at % 2 === 0);
    world.call?.end('yes');
    await settle();
    expect(world.calls).toHaveLength(1);
    expect(world.answers.get('k')?.size).toBe(1);
    expect(world.store.messagesAfter(0)).toHaveLength(2);
  });

  it('commits text in groups of time and of number', async () => {
    const world = new SessionWorld();
    world.post('k', 'hello');
    world.call?.say('a');
    world.call?.say('b');
    expect(world.pieces).toHaveLength(0);
    await world.advance(20);
    expect(world.pieces).toEqual(['ab']);
    for (let at = 0; at < 64; at += 1) world.call?.say('x');
    expect(world.pieces).toEqual(['ab', 'x'.repeat(32), 'x'.repeat(32)]);
  });

  it('holds back half a surrogate pair until its other half is there', async () => {
    const world = new SessionWorld();
    world.post('k', 'hello');
    world.call?.say('a\ud83d');
    await world.advance(20);
    world.call?.say('\udd25b');
    await world.advance(20);
    expect(world.pieces).toEqual(['a', '\u{1F525}b']);
  });

  it('that outlives its deadline is given up and its model call aborted', async () => {
    const world = new SessionWorld();
    world.post('k', 'hello');
    const call = world.call;
    await world.advance(600_000);
    expect(call?.ask.signal.aborted).toBe(true);
    expect(world.refusals).toEqual(['total-timeout']);
    call?.end('too late');
    await settle();
    expect(world.store.messagesAfter(0)).toHaveLength(1);
  });

  it('takes at most 256 followers at a time', async () => {
    const world = new SessionWorld();
    for (let at = 0; at < 300; at += 1) world.post('k', 'hello');
    expect(world.refusals).toEqual(Array.from({ length: 44 }, () => 'too-many-followers'));
    world.call?.end('yes');
    await settle();
    world.post('k', 'hello');
    expect(world.refusals).toHaveLength(44);
  });
});
