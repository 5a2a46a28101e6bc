// One answer that does not stream: read whole, within its bound, and checked before a byte of it is shown. Owns nothing of the call.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { parseReply } from '../core/stream/parse-reply.ts';
import { callReplica, outcomeOf, type ReplicaCall, type Turn } from './call-replica.ts';
import { openBody, readText } from './relay-head.ts';

/** The replica's JSON text. The slot is given back before this returns. */
export async function performJson(turn: Turn): Promise<Result<string, Failure>> {
  const called = await callReplica(turn);
  if (!called.ok) return called;
  let reply: Result<string, Failure> = err({ kind: 'internal' });
  try {
    reply = await readReply(turn, called.value);
  } finally {
    called.value.settle(outcomeOf(reply.ok ? null : reply.error));
  }
  return reply;
}

async function readReply(turn: Turn, call: ReplicaCall): Promise<Result<string, Failure>> {
  const { request, limits, watch, record } = turn;
  const body = await openBody(call.response, 'application/json', watch);
  if (!body.ok) return body;
  const text = await readText(body.value, limits.replyBytesMax, watch);
  if (!text.ok) return text;
  record.bytes = text.value.length;
  const parsed = parseReply(request.path === '/v1/embeddings' ? 'data' : 'choices', text.value);
  if (!parsed.ok) return err({ kind: parsed.error });
  Object.assign(record, parsed.value);
  return ok(text.value);
}
