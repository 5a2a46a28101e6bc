// Copies the log of one session into a new one, in bounded transactions. Owns the order: the new session is nobody's until all of it is
// there, and a copy that was broken off goes on where it stood when the same key asks again. Both sessions are remote to it.
import type { Failure } from '../core/api/failure.ts';
import { err, ok } from '../core/base/result.ts';
import type { Result } from '../core/base/result.ts';
import type { LoggedMessage, NewSession, Summary } from '../core/session/session-state.ts';
import type { ForkStart } from './session-host.ts';

export interface ForkAsk {
  readonly tenant: string;
  readonly key: string | null;
  /** The id that the new session gets if this asks for the first time. */
  readonly id: string;
  readonly afterSeq: number | null;
}

export interface BegunFork {
  readonly fork: ForkStart;
  readonly session: NewSession;
  readonly summary: Summary | null;
}

/** The session that is copied. */
export interface ForkSource {
  beginFork(ask: ForkAsk): Promise<Result<BegunFork, Failure>>;
  /** The next messages of the copy; a failure when the log was cut since the copy began. */
  forkPage(fork: ForkStart, afterSeq: number): Promise<Result<readonly LoggedMessage[], Failure>>;
  endFork(key: string): Promise<void>;
}

/** The session that is made. */
export interface ForkTarget {
  /** Creates it, or finds it as far as it was filled; gives its last seq. */
  open(session: NewSession): Promise<number>;
  /** Gives the last seq after the messages were taken. */
  fill(messages: readonly LoggedMessage[]): Promise<number>;
  seal(summary: Summary | null): Promise<void>;
}

/** Gives the id of the new session. */
export async function performFork(
  source: ForkSource,
  targetOf: (id: string) => ForkTarget,
  ask: ForkAsk,
): Promise<Result<string, Failure>> {
  const begun = await source.beginFork(ask);
  if (!begun.ok) return begun;
  const { fork, session, summary } = begun.value;
  if (fork.done) return ok(fork.id);
  const target = targetOf(fork.id);
  let atSeq = await target.open(session);
  while (atSeq < fork.afterSeq) {
    const page = await source.forkPage(fork, atSeq);
    if (!page.ok) return page;
    const filledSeq = await target.fill(page.value);
    if (filledSeq <= atSeq) return err({ kind: 'internal' });
    atSeq = filledSeq;
  }
  await target.seal(summary);
  if (ask.key !== null) await source.endFork(ask.key);
  return ok(fork.id);
}
