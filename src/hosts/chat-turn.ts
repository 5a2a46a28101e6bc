// One streamed chat call whose text goes to a caller instead of to a client's connection: what a session's turn is made of. The same
// attempts, clocks and checks as any stream; owns only the gathering of the text.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import type { TokenUsage } from '../core/stream/usage.ts';
import { performAttempts } from './attempt-run.ts';
import { closeRun, openRun } from './dispatch.ts';
import type { DispatchLimits, DispatchPorts, DispatchRequest, Served } from './dispatch.ts';
import { summarize } from './relay-record.ts';
import { performStream, type StreamSink } from './relay-stream.ts';
import type { Watch } from './relay-watch.ts';

export interface ChatTurn {
  readonly text: string;
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
  readonly served: Served;
}

/** Awaits `onDelta` for each piece of text, in order; what it throws ends the call and is thrown on. After a failure the caller has seen
 * the deltas and nothing else. `request.stream` must be set and each target's body must ask for a stream. */
export async function performChatTurn(
  ports: DispatchPorts,
  request: DispatchRequest,
  limits: DispatchLimits,
  onDelta: (text: string) => Promise<void>,
): Promise<Result<ChatTurn, Failure>> {
  const run = openRun(ports, request, limits, {
    onServed: (served) => request.onServed?.(served),
    perform: (attempt) => performStream(attempt, gather.sink),
  });
  const gather = makeGatherer(onDelta, limits.replyBytesMax, run.watch);
  let failure: Failure | null = { kind: 'internal' };
  try {
    failure = await performAttempts(run);
  } finally {
    closeRun(run, failure);
  }
  const thrown = gather.thrown();
  if (thrown !== null) throw thrown.error;
  if (failure !== null) return err(failure);
  const span = { startedMs: request.startedMs, endedMs: ports.now() };
  const { finishReason, usage, served } = summarize(run.record, span, null);
  return ok({ text: gather.text(), finishReason, usage, served });
}

interface Gatherer {
  readonly sink: StreamSink;
  text(): string;
  thrown(): { readonly error: unknown } | null;
}

function makeGatherer(onDelta: (text: string) => Promise<void>, charsMax: number, watch: Watch): Gatherer {
  let all = '';
  let thrown: { readonly error: unknown } | null = null;
  const take = async (_forward: string, text: string): Promise<void> => {
    if (text === '') return;
    all += text;
    // The whole answer is held in memory here, so it has the bound of a reply that does not stream.
    if (all.length > charsMax) return watch.stop({ kind: 'bad-reply' });
    try {
      await onDelta(text);
    } catch (error) {
      thrown = { error };
      throw error;
    }
  };
  return { sink: { take }, text: () => all, thrown: () => thrown };
}
