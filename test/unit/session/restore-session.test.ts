import { expect, test } from 'vitest';
import { restoreSession } from '../../../src/core/session/restore-session.ts';
import type { LogEvent } from '../../../src/core/session/log-event.ts';
import type { TurnRecord, TurnStatus } from '../../../src/core/session/session-state.ts';
import { newSession } from './session-world.ts';

function record(id: string, firstEvent: number, status: TurnStatus, resumable = false): TurnRecord {
  return {
    id,
    key: null,
    bodyHash: '',
    firstEvent,
    attemptAfter: 1,
    endEvent: 0,
    userSeq: 1,
    attempt: 1,
    msMax: 1,
    expiresMs: 9,
    deadlineMs: 7,
    resumable,
    resumes: 0,
    run: null,
    status,
  };
}

const said = (seq: number, text: string, attempt = 1): LogEvent => ({
  seq,
  atMs: 0,
  fact: { kind: 'text', turn: 'runs', attempt, text },
});

const events: readonly LogEvent[] = [
  said(2, 'old', 0),
  said(3, 'one '),
  { seq: 4, atMs: 0, fact: { kind: 'segment', turn: 'runs', attempt: 1, reason: 'failover', chars: 3 } },
  said(5, ' two'),
];

function restore(turns: readonly TurnRecord[]) {
  return restoreSession({
    head: { ...newSession, createdMs: 0, cuts: 0 },
    tail: { seq: 1, eventSeq: 5, chars: 0, atMs: 0 },
    turns,
    summary: null,
    forks: [],
    stops: [{ turn: 'gone', attempt: 2, run: null, retryMs: 3 }],
    eventsAfter: (seq) => events.filter((event) => event.seq > seq),
  });
}

test('turns come back in the order of their arrival, the waiting ones in that of their tickets', () => {
  const queued = (ticket: number): TurnStatus => ({ kind: 'queued', ticket, content: null });
  // A turn that waits for its second attempt arrived first and waits last.
  const state = restore([
    record('again', 2, queued(9)),
    record('third', 8, queued(8)),
    record('runs', 4, { kind: 'running' }),
  ]);
  expect([...state.turns.keys()]).toEqual(['again', 'runs', 'third']);
  expect(state.waiting).toEqual(['third', 'again']);
  expect(state.stops.get('gone 2')).toMatchObject({ retryMs: 3 });
});

test('what a turn had said is read where it can be taken up again: this attempt alone, behind its boundaries', () => {
  expect(restore([record('runs', 2, { kind: 'running' }, true)]).running).toEqual({
    turn: 'runs',
    attempt: 1,
    deadlineMs: 7,
    watchMs: 0,
    said: 'one two',
  });
  expect(restore([record('runs', 2, { kind: 'running' })]).running?.said).toBe('');
  expect(restore([record('rests', 2, { kind: 'interrupted' })]).running).toBeNull();
});
