// The phases of a request in which a client may go away, and how each is brought about.

export interface AbortPhase {
  readonly id: string;
  readonly title: string;
  readonly model: 'talker' | 'thinker' | 'queue';
  readonly isStream: boolean;
  /** The client leaves when it has got so much text, or after `leaveMs` without any. */
  readonly afterChars: number;
  readonly leaveMs: number;
  /** The most that the runtime lets a gateway promise, in milliseconds, for a reset and for a plain close; null = no promise. */
  readonly barMs: { readonly reset: number | null; readonly close: number | null };
}

/** Short, so that a run of hundreds does not wait for them: one is part of what a client's plain close costs while a stream waits. */
export const GRACE_MS = 600;
export const KEEP_ALIVE_MS = 200;
/** What acceptance asks of streams that have begun. */
const STARTED_MS = 250;
/** A stream that waits finds out with its next comment. */
const WAITING_MS = KEEP_ALIVE_MS + 100;

export const abortPhases: readonly AbortPhase[] = [
  {
    id: 'midStream',
    title: 'in a stream that has begun',
    model: 'talker',
    isStream: true,
    afterChars: 30,
    leaveMs: 5_000,
    barMs: { reset: STARTED_MS, close: STARTED_MS },
  },
  {
    id: 'keepAlive',
    title: 'a stream that waits, among its keep-alives',
    model: 'thinker',
    isStream: true,
    afterChars: Infinity,
    leaveMs: GRACE_MS + 150,
    barMs: { reset: STARTED_MS, close: WAITING_MS },
  },
  {
    id: 'grace',
    title: 'a stream that waits, before its first byte',
    model: 'thinker',
    isStream: true,
    afterChars: Infinity,
    leaveMs: 150,
    barMs: { reset: STARTED_MS, close: GRACE_MS + WAITING_MS },
  },
  {
    id: 'whole',
    title: 'an answer that is not streamed',
    model: 'thinker',
    isStream: false,
    afterChars: Infinity,
    leaveMs: 150,
    // The runtime says nothing of a plain close before it writes, and there is nothing to write.
    barMs: { reset: STARTED_MS, close: null },
  },
  {
    id: 'queue',
    title: 'a stream in the queue of its pool',
    model: 'queue',
    isStream: true,
    afterChars: Infinity,
    leaveMs: 150,
    barMs: { reset: STARTED_MS, close: GRACE_MS + WAITING_MS },
  },
];
