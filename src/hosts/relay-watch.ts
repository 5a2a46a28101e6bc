// Why and when a request, or one attempt to serve it, is given up: the client is gone, all time is over, a replica does not do in time
// what was expected of it, another attempt was faster. Owns the decision to stop and the signal that carries it to the queue and to the
// replica at once; the first reason wins. What stops the request stops its attempts, and never the other way round.
import type { Failure } from '../core/api/failure.ts';
import { makeRelayClock } from './relay-clock.ts';

/** The request as a whole. */
export interface Watch {
  /** Fires when the request is given up, whatever the reason. */
  readonly signal: AbortSignal;
  stopped(): Failure | null;
  stop(failure: Failure): void;
  /** Sets the time of the next beat. */
  beatAt(dueMs: number): void;
  /** The request has ended: no timer or listener is left. */
  close(): void;
}

export interface WatchSettings {
  /** Fires when the client is known to be gone. */
  readonly client: AbortSignal;
  readonly deadlineMs: number;
  readonly now: () => number;
  /** Called at each beat that was asked for. */
  readonly onBeat?: () => void;
}

export function makeWatch(settings: WatchSettings): Watch {
  const { client, now } = settings;
  const controller = new AbortController();
  let reason: Failure | null = null;
  const stop = (failure: Failure): void => {
    if (reason !== null) return;
    reason = failure;
    controller.abort();
  };
  const onClientGone = (): void => stop({ kind: 'client-gone' });
  const clock = makeRelayClock<'total' | 'beat'>(now, (due) => {
    if (due === 'beat') settings.onBeat?.();
    else stop({ kind: 'total-timeout' });
  });
  clock.set('total', settings.deadlineMs);
  if (client.aborted) onClientGone();
  else client.addEventListener('abort', onClientGone, { once: true });
  return {
    signal: controller.signal,
    stopped: () => reason,
    stop,
    beatAt: (dueMs) => clock.set('beat', dueMs),
    close: () => {
      clock.stop();
      client.removeEventListener('abort', onClientGone);
    },
  };
}

/** What is being waited for at this moment, named by how the attempt fails when it does not come. */
export type Expectation = 'wait-timeout' | 'first-token-timeout' | 'idle-timeout' | 'client-gone';

/** What is looked at while an attempt goes on. */
export type Reminder = 'overdue' | 'probe';

/** One attempt. */
export interface AttemptWatch {
  /** Fires when the attempt or the whole request is given up. */
  readonly signal: AbortSignal;
  stopped(): Failure | null;
  /** One thing is expected at a time: replaces what was expected before. */
  expect(what: Expectation, dueMs: number): void;
  /** Calls `then` at `dueMs`, unless the attempt is over by then. Stops nothing. */
  remind(what: Reminder, dueMs: number, then: () => void): void;
  /** The client does not take what it gets: the whole request is given up. */
  leave(): void;
  /** Another attempt was faster. Its replica, like one whose client left, has done nothing wrong. */
  supersede(): void;
  isSuperseded(): boolean;
  close(): void;
}

/** Told to a client whose time ended in the queue: the pool gave no better estimate. */
const RETRY_AFTER_MS = 5_000;

export function makeAttemptWatch(request: Watch, now: () => number): AttemptWatch {
  const controller = new AbortController();
  let reason: Failure | null = null;
  let isSuperseded = false;
  let expected: Expectation = 'first-token-timeout';
  const stop = (failure: Failure): void => {
    if (reason !== null) return;
    reason = failure;
    controller.abort();
  };
  const leave = (): void => request.stop({ kind: 'client-gone' });
  const reminders = new Map<Reminder, () => void>();
  const clock = makeRelayClock<'expected' | Reminder>(now, (due) => {
    if (due !== 'expected') reminders.get(due)?.();
    else if (expected === 'client-gone') leave();
    else if (expected === 'wait-timeout') stop({ kind: expected, retryAfterMs: RETRY_AFTER_MS });
    else stop({ kind: expected });
  });
  const onStop = (): void => stop(request.stopped() ?? { kind: 'client-gone' });
  if (request.stopped() !== null) onStop();
  else request.signal.addEventListener('abort', onStop, { once: true });
  return {
    signal: controller.signal,
    stopped: () => reason,
    expect: (what, dueMs) => {
      expected = what;
      clock.set('expected', dueMs);
    },
    remind: (what, dueMs, then) => {
      reminders.set(what, then);
      clock.set(what, dueMs);
    },
    leave,
    supersede: () => {
      isSuperseded ||= reason === null;
      stop({ kind: 'client-gone' });
    },
    isSuperseded: () => isSuperseded,
    close: () => {
      clock.stop();
      request.signal.removeEventListener('abort', onStop);
    },
  };
}
