// How a turn reaches those who wait for it: as one answer, or as server-sent events while it runs. Owns the waiting and the event
// format; what may be told is decided by turn-reader.ts from durable rows alone.
import type { Failure } from '../core/api/failure.ts';
import { renderFailure } from '../core/api/render-failure.ts';
import type { Result } from '../core/base/result.ts';
import { renderUsage } from '../core/session/log-event.ts';
import { writeInTime } from './session-follower.ts';
import type { EventSink } from './session-follower.ts';
import type { SetTimer } from './session-ports.ts';
import type { FollowedTurn, TurnAnswer, TurnSight } from './turn-reader.ts';

/** Who waits for an end alone is woken by it; the time only bounds how long a bug could hold it. */
const LOOK_AGAIN_MS = 60_000;

/** Reads one session for those who follow a turn of it. */
export interface TurnSource {
  read(followed: FollowedTurn, afterSeq: number): TurnSight;
  outcome(followed: FollowedTurn): Result<TurnAnswer, Failure> | null;
  /** True at the next commit, false when the time is over first. */
  changed(delayMs: number): Promise<boolean>;
  leave(): void;
  readonly setTimer: SetTimer;
}

/** Waits for the end of the attempt and gives the whole answer. */
export async function awaitTurn(
  source: TurnSource,
  followed: FollowedTurn,
): Promise<Result<TurnAnswer, Failure>> {
  try {
    for (;;) {
      const outcome = source.outcome(followed);
      if (outcome !== null) return outcome;
      await source.changed(LOOK_AGAIN_MS);
    }
  } finally {
    source.leave();
  }
}

/** Waits until there is something to tell, at most `graceMs`: a failure before any text can still be an HTTP status. */
export async function awaitFirstSight(
  source: TurnSource,
  followed: FollowedTurn,
  graceMs: number,
): Promise<TurnSight> {
  let late = false;
  const end = Promise.withResolvers<void>();
  const cancel = source.setTimer(graceMs, () => {
    late = true;
    end.resolve();
  });
  try {
    for (;;) {
      const sight = source.read(followed, followed.afterEvent);
      if (sight.kind !== 'nothing-yet' || late) return sight;
      await Promise.race([end.promise, source.changed(graceMs)]);
    }
  } finally {
    cancel();
  }
}

/** Writes the events of the attempt until its durable end. `[DONE]` comes only after a completed turn. */
export async function streamTurn(
  source: TurnSource,
  followed: FollowedTurn,
  sink: EventSink,
  keepAliveMs: number,
): Promise<void> {
  try {
    let seq = followed.afterEvent;
    for (;;) {
      const sight = source.read(followed, seq);
      if (sight.kind === 'nothing-yet') {
        // No await lies between the read and this wait, so no change can fall between them.
        const changed = await source.changed(keepAliveMs);
        if (!changed) await writeInTime(source.setTimer, sink, ': keep-alive\n\n');
      } else {
        await writeInTime(source.setTimer, sink, renderSight(sight));
        if (sight.kind === 'completed' || sight.kind === 'failed') return await sink.close();
      }
      seq = sight.seq;
    }
  } catch {
    sink.abort();
  } finally {
    source.leave();
  }
}

/** The JSON object that answers a posted message. */
export function renderTurn(answer: TurnAnswer): object {
  return {
    id: answer.turn,
    object: 'session.turn',
    session: answer.session,
    messages: answer.messages.map(({ seq, role, content }) => ({ seq, role, content })),
    usage: renderUsage(answer.usage),
    last_event: answer.lastEvent,
  };
}

function renderSight(sight: Exclude<TurnSight, { kind: 'nothing-yet' }>): string {
  const id = `id: ${sight.seq}\n`;
  switch (sight.kind) {
    case 'text':
      return id + renderEvent('message.delta', { text: sight.text });
    case 'segment':
      return id + renderEvent('turn.segment', { reason: sight.reason, chars: sight.chars });
    case 'completed':
      return `${id}${renderEvent('turn.completed', renderTurn(sight.answer))}data: [DONE]\n\n`;
    case 'failed':
      return id + renderEvent('error', renderFailure(sight.failure).body);
    default:
      return sight satisfies never;
  }
}

/** JSON has no raw line breaks, so no text of a model can end the event or begin another. */
function renderEvent(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
