// Laws of the session's state machine: whatever happens in whatever order, and wherever the object dies, no message is lost or
// doubled and the rows alone say everything. Events are drawn at random; a death is a reload of the rows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/core/base/result.ts';
import { checkSession } from '../../../src/core/session/check-session.ts';
import { decideSession, nextWakeMs } from '../../../src/core/session/decide-session.ts';
import type { SessionEvent, SessionStep } from '../../../src/core/session/session-events.ts';
import type { SessionState } from '../../../src/core/session/session-state.ts';
import { MemoryStore } from './memory-store.ts';

type Move =
  | { readonly kind: 'post'; readonly key: number | null; readonly body: number }
  | { readonly kind: 'text' | 'complete' | 'fail'; readonly back: number }
  | { readonly kind: 'die'; readonly when: 'before' | 'after' | 'idle' }
  | { readonly kind: 'wait'; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      key: fc.option(fc.nat(4)),
      body: fc.nat(1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('text' as const, 'complete' as const, 'fail' as const),
      back: fc.nat(2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('die' as const),
      when: fc.constantFrom('before' as const, 'after' as const, 'idle' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(100_000_000) }) },
);

/** A session whose every step is committed, as the host does it, with what its clients saw. */
class World {
  readonly store = new MemoryStore();
  state: SessionState | null = null;
  nowMs = 1_000_000;
  /** Attempts that were ever started, newest first: old ones may still report. */
  attempts: { turn: string; attempt: number; said: string }[] = [];
  /** Content of every user message whose post was acknowledged, and of every answer given, by turn. */
  acknowledged = new Map<string, string>();
  answered = new Map<string, string>();
  posts = 0;

  step(event: SessionEvent): SessionStep | null {
    const step = decideSession(this.state, event, this.nowMs);
    try {
      if (step.writes.length > 0) this.store.commit(step.writes);
    } catch {
      this.revive();
      return null;
    }
    this.state = step.state;
    return step;
  }

  revive(): void {
    this.store.fuse = null;
    this.state = this.store.load();
    this.step({ kind: 'revive' });
  }

  play(move: Move): void {
    if (move.kind === 'post') this.post(move.key === null ? null : `k${move.key}`, `body${move.body}`);
    else if (move.kind === 'wait') {
      this.nowMs += move.ms;
      if ((nextWakeMs(this.state) ?? Infinity) <= this.nowMs) this.step({ kind: 'tick' });
    } else if (move.kind === 'die') {
      if (move.when === 'idle') this.revive();
      else this.store.fuse = move.when;
    } else this.report(move.kind, move.back);
  }

  post(key: string | null, content: string): void {
    this.posts += 1;
    const route = ok({ pool: 'p', version: 'v@1', contextCharsMax: 1000 });
    const turn = `turn${this.posts}`;
    const step = this.step({
      kind: 'post',
      message: { turn, tenant: 'demo', key, bodyHash: content, content, route, turnMsMax: 600_000 },
    });
    for (const effect of step?.effects ?? []) {
      if (effect.kind === 'start-attempt')
        this.attempts.unshift({ turn: effect.turn, attempt: effect.attempt, said: '' });
      if (effect.kind === 'follow') this.acknowledged.set(effect.turn, content);
    }
  }

  report(kind: 'text' | 'complete' | 'fail', back: number): void {
    const attempt = this.attempts[back];
    if (attempt === undefined) return;
    const ref = { turn: attempt.turn, attempt: attempt.attempt };
    const piece = `<${attempt.said.length}>`;
    if (kind === 'fail') this.step({ kind, ...ref, failure: { kind: 'stream-cut' } });
    else if (kind === 'text') {
      attempt.said += piece;
      this.step({ kind, ...ref, text: piece });
    } else {
      const text = `${attempt.said}end${attempt.attempt}`;
      const served = { version: 'v@1', warmth: null, waitMs: null };
      const step = this.step({ kind, ...ref, text, usage: null, served });
      if (step?.effects.some((effect) => effect.kind === 'end-attempt') === true) {
        // The first answer that a client could see is the only one it may ever see.
        expect(this.answered.has(ref.turn)).toBe(false);
        this.answered.set(ref.turn, text);
      }
    }
  }

  check(): void {
    const loaded = this.store.load();
    if (this.state === null || loaded === null) return expect(loaded).toBe(this.state);
    expect(checkSession(this.state, this.store.rows())).toEqual([]);
    expect({ head: loaded.head, turns: [...loaded.turns] }).toEqual({
      head: this.state.head,
      turns: [...this.state.turns],
    });
    for (const [turn, content] of this.acknowledged) expect(this.contentOf(turn, 'user')).toBe(content);
    for (const [turn, content] of this.answered) expect(this.contentOf(turn, 'assistant')).toBe(content);
    const resting = this.state.running === null && this.state.turns.size === 0;
    expect(nextWakeMs(this.state) === null).toBe(resting);
  }

  contentOf(turn: string, role: string): string | undefined {
    return this.store.messagesAfter(0).find((message) => message.turn === turn && message.role === role)
      ?.content;
  }
}

function createWorld(): World {
  const world = new World();
  world.step({ kind: 'create', session: { id: 'sess_1', tenant: 'demo', model: 'm', metadata: {} } });
  return world;
}

describe('a session, whatever happens to it', () => {
  it('holds S1..S8, loses and doubles nothing, and equals its rows after every step', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60, size: 'max' }), (moves) => {
        const world = createWorld();
        for (const next of moves) {
          world.play(next);
          world.check();
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('brings every keyed message to exactly one answer once deaths stop', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40, size: 'max' }), (moves) => {
        const world = createWorld();
        for (const next of moves) world.play(next);
        world.revive();
        const open = [...(world.state?.turns.values() ?? [])].filter((turn) => turn.key !== null);
        for (const turn of open) {
          world.post(turn.key, turn.bodyHash);
          world.report('complete', 0);
        }
        world.check();
        for (const turn of open) expect(world.state?.turns.get(turn.id)?.status.kind).toBe('completed');
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same step for the same state, event and time', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30, size: 'max' }), (moves) => {
        const [one, two] = [createWorld(), createWorld()];
        for (const next of moves) {
          one.play(next);
          two.play(next);
        }
        expect(two.store.rows()).toEqual(one.store.rows());
      }),
      { numRuns: 100 },
    );
  });
});
