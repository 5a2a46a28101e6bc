// One answer for a client that asked for no stream, from a replica that is asked for one: read as a stream is, with the same clocks and
// checks, and handed on as a whole. Owns the putting together; nothing is shown before the stream has come to its true end.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { makeReplyGatherer } from '../core/stream/gather-reply.ts';
import type { Attempt } from './attempt-lane.ts';
import { performStream } from './relay-stream.ts';

/** The reply's JSON text. The slot is given back before this returns. */
export async function performGathered(attempt: Attempt): Promise<Result<string, Failure>> {
  const gatherer = makeReplyGatherer();
  const { replyBytesMax } = attempt.run.limits;
  const take = async (events: string): Promise<void> => {
    // Of one that is too large nothing more is kept.
    if (attempt.record.bytes <= replyBytesMax) gatherer.push(events);
  };
  const failure = await performStream(attempt, { take });
  if (failure !== null) return err(failure);
  const text = attempt.record.bytes > replyBytesMax ? null : gatherer.finish();
  return text === null ? err({ kind: 'bad-reply' }) : ok(text);
}
