// How a turn reaches those who wait for it: as one answer, or as server-sent events while it runs. Owns the waiting and the event
// format; what may be told is decided by turn-reader.ts from durable rows alone.
import { renderFailure } from '../core/api/failure.ts';
import type { Failure } from '../core/api/failure.ts';
import { err, ok } from '../core/base/result.ts';
import type { Result } from '../core/base/result.ts';
import type { SetTimer } from './session-ports.ts';
import { TURN_START } from './turn-reader.ts';
import type { FollowedTurn, TurnAnswer, TurnCursor, TurnSight } from './turn-reader.ts';

/** A reader that takes nothing for this long is dropped; the turn goes on without it. */
const STALLED_READER_MS = 30_000;

const TURN_END: TurnCursor = { rows: Number.MAX_SAFE_INTEGER, chars: Number.MAX_SAFE_INTEGER };

/** Reads the log for followers. */
export interface TurnSource {
  read(followed: FollowedTurn, cursor: TurnCursor): TurnSight;
  readonly setTimer: SetTimer;
}

/** Where the events go. A rejected write means that the reader is gone. */
export interface TurnSink {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  abort(): void;
}

/** Waits for the end of the attempt and gives the whole answer. */
export async function awaitTurn(
  source: TurnSource,
  followed: FollowedTurn,
): Promise<Result<TurnAnswer, Failure>> {
  await followed.live?.ended;
  leave(followed);
  const sight = source.read(followed, TURN_END);
  if (sight.kind === 'completed') return ok(sight.answer);
  return err(sight.kind === 'failed' ? sight.failure : { kind: 'internal' });
}

/** Waits until there is something to tell, at most `graceMs`: a failure before any text can still be an HTTP status. */
export async function awaitFirstSight(
  source: TurnSource,
  followed: FollowedTurn,
  graceMs: number,
): Promise<TurnSight> {
  const sight = source.read(followed, TURN_START);
  if (sight.kind !== 'nothing-yet' || followed.live === null) return sight;
  await within(source.setTimer, graceMs, followed.live.changed());
  return source.read(followed, TURN_START);
}

/** Writes the events of the attempt until its durable end. `[DONE]` comes only after a completed turn. */
export async function streamTurn(
  source: TurnSource,
  followed: FollowedTurn,
  sink: TurnSink,
  keepAliveMs: number,
): Promise<void> {
  try {
    let cursor = TURN_START;
    for (;;) {
      const sight = source.read(followed, cursor);
      if (sight.kind === 'nothing-yet') {
        // No await lies between the read and this wait, so no change can fall between them.
        const changed = await within(source.setTimer, keepAliveMs, followed.live?.changed());
        if (!changed) await writeInTime(source, sink, ': keep-alive\n\n');
      } else {
        await writeInTime(source, sink, renderSight(sight));
        if (sight.kind !== 'text') return await sink.close();
        cursor = sight.cursor;
      }
    }
  } catch {
    sink.abort();
  } finally {
    leave(followed);
  }
}

/** The JSON object that answers a posted message. */
export function renderTurn(answer: TurnAnswer): object {
  const usage =
    answer.usage === null
      ? null
      : {
          prompt_tokens: answer.usage.promptTokens,
          completion_tokens: answer.usage.completionTokens,
          total_tokens: answer.usage.promptTokens + answer.usage.completionTokens,
        };
  return {
    id: answer.turn,
    object: 'session.turn',
    session: answer.session,
    messages: answer.messages.map(({ seq, role, content }) => ({ seq, role, content })),
    usage,
  };
}

function leave(followed: FollowedTurn): void {
  if (followed.live !== null) followed.live.followers -= 1;
}

function renderSight(sight: Exclude<TurnSight, { kind: 'nothing-yet' }>): string {
  switch (sight.kind) {
    case 'text':
      return renderEvent('message.delta', { text: sight.text });
    case 'completed':
      return `${renderEvent('turn.completed', renderTurn(sight.answer))}data: [DONE]\n\n`;
    case 'failed':
      return renderEvent('error', renderFailure(sight.failure).body);
    default:
      return sight satisfies never;
  }
}

/** JSON has no raw line breaks, so no text of a model can end the event or begin another. */
function renderEvent(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

async function writeInTime(source: TurnSource, sink: TurnSink, text: string): Promise<void> {
  const written = await within(source.setTimer, STALLED_READER_MS, sink.write(text));
  if (!written) throw new Error('the reader stalled');
}

/** True when `work` is done within the time, false when the time is over first. */
async function within(
  setTimer: SetTimer,
  delayMs: number,
  work: Promise<void> | undefined,
): Promise<boolean> {
  let cancel: () => void = () => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = setTimer(delayMs, () => resolve(false));
  });
  try {
    return await Promise.race([late, ...(work === undefined ? [] : [work.then(() => true)])]);
  } finally {
    cancel();
  }
}
