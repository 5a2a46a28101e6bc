// Laws of the session's state machine: whatever happens in whatever order, and wherever the object dies, no message is lost or
// doubled and the rows alone say everything. Events are drawn at random; a death is a reload of the rows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSession } from '../../../src/core/session/check-session.ts';
import { decideSession, nextWakeMs } from '../../../src/core/session/decide-session.ts';
import type { SessionEvent, SessionStep } from '../../../src/core/session/session-events.ts';
import type { BusyPolicy, SessionState, TurnRecord } from '../../../src/core/session/session-state.ts';
import { MemorySessionStore } from '../../../src/sim/session-rows.ts';
import { newSession } from './session-world.ts';

type Move =
  | {
      readonly kind: 'post';
      readonly key: number | null;
      readonly body: number;
      readonly expects: boolean;
      readonly waitsMs: number | null;
    }
  | { readonly kind: 'text' | 'complete' | 'fail' | 'segment' | 'run'; readonly back: number }
  | { readonly kind: 'cancel'; readonly back: number }
  | { readonly kind: 'truncate'; readonly keep: number }
  | { readonly kind: 'die'; readonly when: 'before' | 'after' | 'idle' }
  | { readonly kind: 'wait'; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      key: fc.option(fc.nat(6)),
      body: fc.nat(1),
      expects: fc.boolean(),
      waitsMs: fc.option(fc.nat(10_000)),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'text' as const,
        'text' as const,
        'complete' as const,
        'fail' as const,
        'segment' as const,
        'run' as const,
      ),
      back: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), keep: fc.nat(12) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('die' as const),
      when: fc.constantFrom('before' as const, 'after' as const, 'idle' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(100_000_000) }) },
);

const policies: fc.Arbitrary<BusyPolicy> = fc.constantFrom('queue', 'reject', 'supersede');

/** A session whose every step is committed, as the host does it, with what its clients saw. */
class World {
  readonly store = new MemorySessionStore();
  state: SessionState | null = null;
  nowMs = 1_000_000;
  /** Attempts that were ever started, newest first: old ones may still report. */
  attempts: { turn: string; attempt: number; said: string }[] = [];
  /** Content of every user message whose post was acknowledged, and of every answer given, by turn. */
  acknowledged = new Map<string, string>();
  answered = new Map<string, string>();
  posts = 0;
  resumable = false;

  step(event: SessionEvent): SessionStep | null {
    const step = decideSession(this.state, event, this.nowMs);
    try {
      if (step.writes.length > 0) this.store.commit(step.writes);
    } catch {
      this.revive();
      return null;
    }
    this.state = step.state;
    for (const effect of step.effects) {
      if (effect.kind !== 'start-attempt') continue;
      const { turn, attempt, resume } = effect;
      const before = this.attempts.find((one) => one.turn === turn && one.attempt === attempt);
      const said = resume === null ? '' : (before?.said.slice(0, resume.chars) ?? '');
      this.attempts = [{ turn, attempt, said }, ...this.attempts.filter((one) => one !== before)];
    }
    return step;
  }

  revive(): void {
    this.store.fuse = null;
    this.state = this.store.load();
    this.step({ kind: 'revive' });
  }

  play(move: Move): void {
    if (move.kind === 'post') this.post(move.key === null ? null : `k${move.key}`, `body${move.body}`, move);
    else if (move.kind === 'wait') this.wait(move.ms);
    else if (move.kind === 'die') {
      if (move.when === 'idle') this.revive();
      else this.store.fuse = move.when;
    } else if (move.kind === 'cancel') {
      const turn = [...(this.state?.turns.keys() ?? [])].at(-1 - move.back);
      if (turn !== undefined) this.step({ kind: 'cancel', tenant: 'demo', turn });
    } else if (move.kind === 'truncate') {
      const afterSeq = (this.state?.tail.seq ?? 0) - move.keep;
      if (afterSeq >= 0) this.step({ kind: 'truncate', tenant: 'demo', afterSeq });
    } else this.report(move.kind, move.back);
  }

  wait(ms: number): void {
    this.nowMs += ms;
    if ((nextWakeMs(this.state) ?? Infinity) <= this.nowMs) this.step({ kind: 'tick' });
  }

  post(
    key: string | null,
    content: string,
    {
      expects = false,
      waitsMs = null,
    }: { readonly expects?: boolean; readonly waitsMs?: number | null } = {},
  ): void {
    this.posts += 1;
    const before = this.state?.tail.seq ?? 0;
    const step = this.step({
      kind: 'post',
      message: {
        turn: `turn${this.posts}`,
        tenant: 'demo',
        key,
        bodyHash: content,
        content,
        expectedSeq: expects ? before : null,
        refusal: null,
        resumable: this.resumable,
        turnMsMax: 600_000,
        waitsMs,
      },
    });
    for (const effect of step?.effects ?? []) {
      if (effect.kind === 'follow') this.acknowledged.set(effect.turn, content);
    }
    // Append-if: what was taken as new stands where it was expected to stand.
    const own = this.state?.turns.get(`turn${this.posts}`);
    if (expects && step !== null && own !== undefined) expect(own.userSeq).toBe(before + 1);
  }

  report(kind: 'text' | 'complete' | 'fail' | 'segment' | 'run', back: number): void {
    const attempt = this.attempts[back];
    if (attempt === undefined) return;
    const ref = { turn: attempt.turn, attempt: attempt.attempt };
    const piece = `<${attempt.said.length}>`;
    if (kind === 'fail') this.step({ kind, ...ref, failure: { kind: 'stream-cut' } });
    else if (kind === 'run') this.step({ kind, ...ref, run: `run of ${ref.turn} ${ref.attempt}` });
    else if (kind === 'segment') {
      const chars = Math.floor(attempt.said.length / 2);
      attempt.said = attempt.said.slice(0, chars);
      this.step({ kind, ...ref, reason: 'failover', chars });
    } else if (kind === 'text') {
      attempt.said += piece;
      this.step({ kind, ...ref, text: piece });
    } else {
      const text = `${attempt.said}end${attempt.attempt}`;
      const served = { version: 'v@1', warmth: null, waitMs: null };
      const step = this.step({ kind, ...ref, text, usage: null, served });
      if (step?.effects.some((effect) => effect.kind === 'end-attempt' && effect.completed) === true) {
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
    expect({ ...loaded, running: null, turns: [...loaded.turns] }).toEqual({
      ...this.state,
      running: null,
      turns: [...this.state.turns],
    });
    for (const [turn, content] of this.acknowledged) {
      if (this.owes(turn)) expectSame(this.contentOf(turn, 'user'), content);
    }
    for (const [turn, content] of this.answered) {
      if (this.owes(turn)) expectSame(this.contentOf(turn, 'assistant'), content);
    }
    expect(nextWakeMs(this.state)).not.toBeNull();
  }

  /** Whether the log must hold the turn: it has begun and was not cut off since. */
  owes(turn: string): boolean {
    const record: TurnRecord | undefined = this.state?.turns.get(turn);
    return record !== undefined && !['queued', 'cancelled', 'truncated'].includes(record.status.kind);
  }

  contentOf(turn: string, role: string): string | undefined {
    return this.store.messagesAfter(0).find((message) => message.turn === turn && message.role === role)
      ?.content;
  }
}

/** For what is asked of every turn after every step: asking the framework costs more than the session. */
function expectSame(found: string | undefined, wanted: string): void {
  if (found !== wanted) expect(found).toBe(wanted);
}

function createWorld(policy: BusyPolicy, resumable = false): World {
  const world = new World();
  world.resumable = resumable;
  world.step({ kind: 'create', session: { ...newSession, policy } });
  return world;
}

describe('a session, whatever happens to it', () => {
  it('holds S1..S9, loses and doubles nothing, and equals its rows after every step', () => {
    fc.assert(
      fc.property(
        fc.array(move, { maxLength: 60, size: 'max' }),
        policies,
        fc.boolean(),
        (moves, policy, resumable) => {
          const world = createWorld(policy, resumable);
          for (const next of moves) {
            world.play(next);
            world.check();
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('brings every keyed message to exactly one answer once deaths stop, unless it was cancelled or cut off', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40, size: 'max' }), policies, (moves, policy) => {
        const world = createWorld(policy);
        for (const next of moves) world.play(next);
        world.revive();
        const isOwed = (turn: TurnRecord): boolean =>
          turn.key !== null && !['cancelled', 'truncated'].includes(turn.status.kind);
        const open = [...(world.state?.turns.values() ?? [])].filter(isOwed);
        for (let rounds = 0; (world.state?.running ?? null) !== null; rounds += 1) {
          expect(rounds).toBeLessThan(60);
          world.report('complete', 0);
        }
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
      fc.property(fc.array(move, { maxLength: 30, size: 'max' }), policies, (moves, policy) => {
        const [one, two] = [createWorld(policy), createWorld(policy)];
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
