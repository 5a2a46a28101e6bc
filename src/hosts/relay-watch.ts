// Why and when one request is given up: its client is gone, its time is over, or its replica does not do what was expected of it in
// time. Owns the one decision to stop and the signal that carries it to the queue and to the replica at once; the first reason wins.
import type { Failure } from '../core/api/failure.ts';
import { makeRelayClock } from './relay-clock.ts';

/** What is being waited for at this moment, named by how the request fails when it does not come. */
export type Expectation = 'first-token-timeout' | 'idle-timeout' | 'client-gone';

export interface Watch {
  /** Fires when the request is given up, whatever the reason. */
  readonly signal: AbortSignal;
  stopped(): Failure | null;
  stop(failure: Failure): void;
  /** One thing is expected at a time: replaces what was expected before. */
  expect(what: Expectation, dueMs: number): void;
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
  let expected: Expectation = 'first-token-timeout';
  const stop = (failure: Failure): void => {
    if (reason !== null) return;
    reason = failure;
    controller.abort();
  };
  const onClientGone = (): void => stop({ kind: 'client-gone' });
  const clock = makeRelayClock<'total' | 'expected' | 'beat'>(now, (due) => {
    if (due === 'beat') settings.onBeat?.();
    else stop({ kind: due === 'total' ? 'total-timeout' : expected });
  });
  clock.set('total', settings.deadlineMs);
  if (client.aborted) onClientGone();
  else client.addEventListener('abort', onClientGone, { once: true });
  return {
    signal: controller.signal,
    stopped: () => reason,
    stop,
    expect: (what, dueMs) => {
      expected = what;
      clock.set('expected', dueMs);
    },
    beatAt: (dueMs) => clock.set('beat', dueMs),
    close: () => {
      clock.stop();
      client.removeEventListener('abort', onClientGone);
    },
  };
}
