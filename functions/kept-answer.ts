// Answers that are given again, as a request meets them: looked for under the rules of its route, given as they came, kept when they were whole.
// Owns the label that says so. What may be kept is the core's, what happens when the store fails is in src/hosts/answer-cache.ts.
import type { Context } from 'hono';
import { DONE_EVENT } from '../src/core/stream/chat-stream.ts';
import { keepTargetOf } from '../src/core/store/may-keep.ts';
import type { AnswerRecord } from '../src/core/store/answer-record.ts';
import { AnswerCache, type AnswerRecorder, type FoundAnswer } from '../src/hosts/answer-cache.ts';
import type { DispatchRequest, DispatchSummary } from '../src/hosts/dispatch.ts';
import type { PlannedRequest } from '../src/hosts/plan-request.ts';
import type { AppEnv } from './context.ts';
import type { ModelCall } from './serve-model.ts';
import { hexDigest } from './sha256.ts';

export const cacheHeader = 'x-pilotlight-cache';

/** Shared by every request of this isolate; holds plain data only. */
const cache = new AnswerCache();

/** Null: no rule keeps answers of this request. */
export async function findAnswer(
  c: Context<AppEnv>,
  call: ModelCall,
  { plan }: PlannedRequest,
): Promise<FoundAnswer | null> {
  const target = keepTargetOf(plan, call.body);
  if (target === null) return null;
  const deps = c.get('deps');
  const query = {
    tenant: c.get('tenant').id,
    path: call.path,
    kind: call.stream ? ('stream' as const) : ('json' as const),
    ...target,
  };
  const found = await cache.find(query, {
    store: deps.storeFor(c.env, c.executionCtx),
    now: () => deps.now(),
    digest: hexDigest,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
  c.get('event').cache = found.outcome;
  return found;
}

/** The same words under the same kind of response, with its age. */
export function answerAgain(
  c: Context<AppEnv>,
  answer: AnswerRecord,
  headers: Readonly<Record<string, string>>,
): Response {
  const event = c.get('event');
  event.version = answer.version;
  event.finishReason = answer.finishReason;
  event.promptTokens = answer.promptTokens;
  event.completionTokens = answer.completionTokens;
  const ageMs = Math.max(0, c.get('deps').now() - answer.keptMs);
  const common = {
    ...headers,
    [cacheHeader]: 'hit',
    age: String(Math.floor(ageMs / 1_000)),
    'x-pilotlight-model': answer.version,
  };
  if (answer.kind === 'json')
    return new Response(answer.text, { headers: { ...common, 'content-type': 'application/json' } });
  const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };
  return new Response(answer.text + DONE_EVENT, { headers: { ...common, ...stream } });
}

/** What dispatch tells the recorder; nothing where nothing is kept. */
export function listenerOf(recorder: AnswerRecorder | null): Pick<DispatchRequest, 'onAnswer'> {
  return recorder === null ? {} : { onAnswer: (text) => recorder.take(text) };
}

export function endRecording(recorder: AnswerRecorder | null, summary: DispatchSummary): void {
  const { failure, served, segments, finishReason, usage } = summary;
  recorder?.end({
    failed: failure !== null,
    version: served.version ?? null,
    label: served.label ?? null,
    segments: segments ?? 0,
    finishReason,
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
  });
}
