// The state of a session from its rows: what every store does when a new life of the object begins. Owns the order of what it reads;
// the rows are the store's. Pure.
import { stopName } from './draft.ts';
import { replayText } from './log-event.ts';
import type { LogEvent } from './log-event.ts';
import type {
  ForkRecord,
  LogTail,
  RunningTurn,
  RunStop,
  SessionHead,
  SessionState,
  Summary,
  TurnRecord,
} from './session-state.ts';

export interface SessionRecords {
  readonly head: SessionHead;
  readonly tail: LogTail;
  readonly turns: readonly TurnRecord[];
  readonly summary: Summary | null;
  /** In order of arrival, as the forks. */
  readonly stops: readonly RunStop[];
  readonly forks: readonly ForkRecord[];
  /** The stream after a seq, oldest first. */
  readonly eventsAfter: (seq: number) => Iterable<LogEvent>;
}

export function restoreSession(records: SessionRecords): SessionState {
  const { head, tail, summary, forks } = records;
  const turns = records.turns.toSorted((a, b) => a.firstEvent - b.firstEvent);
  const tickets = turns.flatMap(({ id, status }) =>
    status.kind === 'queued' ? [{ id, ticket: status.ticket }] : [],
  );
  const running = turns.find((turn) => turn.status.kind === 'running');
  return {
    head,
    tail,
    turns: new Map(turns.map((turn) => [turn.id, turn])),
    waiting: tickets.sort((a, b) => a.ticket - b.ticket).map(({ id }) => id),
    running: running === undefined ? null : restoreRunning(running, records),
    summary,
    stops: new Map(records.stops.map((stop) => [stopName(stop), stop])),
    forks: new Map(forks.map((fork) => [fork.key, fork])),
  };
}

/** The watch died with the life that kept it; the first event of the new one sets it or ends the turn. */
function restoreRunning(turn: TurnRecord, records: SessionRecords): RunningTurn {
  const ref = { turn: turn.id, attempt: turn.attempt };
  // Only what is taken up again needs its text, which can be long.
  const said = turn.resumable ? replayText(factsAfter(records, turn.attemptAfter), ref) : '';
  return { ...ref, deadlineMs: turn.deadlineMs, watchMs: 0, said };
}

function* factsAfter({ eventsAfter }: SessionRecords, seq: number): Generator<LogEvent['fact']> {
  for (const { fact } of eventsAfter(seq)) yield fact;
}
