// One answer that does not stream: read whole, within its bound, and checked before a byte of it is shown. Owns nothing of the call.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { parseReply } from '../core/stream/parse-reply.ts';
import type { Attempt } from './attempt-lane.ts';
import { callReplica, type ReplicaCall } from './call-replica.ts';
import { openBody, readText } from './relay-head.ts';
import { FILTERED } from './relay-stream.ts';

/** The replica's JSON text. The slot is given back before this returns. */
export async function performJson(attempt: Attempt): Promise<Result<string, Failure>> {
  const called = await callReplica(attempt);
  if (!called.ok) return called;
  let reply: Result<string, Failure> = err({ kind: 'internal' });
  try {
    reply = await readReply(attempt, called.value);
  } finally {
    called.value.settle(reply.ok ? null : reply.error);
  }
  return reply;
}

async function readReply(attempt: Attempt, call: ReplicaCall): Promise<Result<string, Failure>> {
  const { run, watch, record } = attempt;
  const body = await openBody(call.response, 'application/json', watch, run.ports.now());
  if (!body.ok) return body;
  const text = await readText(body.value, run.limits.replyBytesMax, watch);
  if (!text.ok) return text;
  record.bytes = text.value.length;
  const parsed = parseReply(run.request.path === '/v1/embeddings' ? 'data' : 'choices', text.value);
  if (!parsed.ok) return err({ kind: parsed.error });
  const { finishReason, hasContent, usage } = parsed.value;
  Object.assign(record, { finishReason, usage });
  if (finishReason === 'content_filter' && !hasContent && attempt.canPassOn) return err(FILTERED);
  return attempt.claim() === null ? err({ kind: 'client-gone' }) : ok(text.value);
}
