// How a paced server sends an answer, token by token on its timetable, and how it misbehaves when it is told to. Owns the writing of one
// reply; slots and counters are the server's.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { AnswerHead } from './chat-shapes.ts';
import { renderChunk, renderUsageChunk } from './chat-shapes.ts';
import type { EngineCall } from './engine.ts';
import type { Faults } from './faults.ts';
import type { PacedAnswer } from './paced-answer.ts';

export interface PacedStream {
  readonly head: AnswerHead;
  readonly answer: PacedAnswer;
  readonly faults: Faults;
  readonly includeUsage: boolean;
  /** When the piece with this number is due, on the clock of `performance.now`. */
  readonly dueMs: (index: number) => number;
  readonly onToken: () => void;
}

const garbage = '<html>this is not an event stream \u0000\u0001</html>\n\n';
const malformed = 'data: {"id":"chatcmpl-cut","choices":[{"index":0,"del\n\n';
const megabyteOfSpaces = gzipSync(Buffer.alloc(1024 * 1024, 0x20));

export async function sendPacedStream(call: EngineCall, stream: PacedStream): Promise<void> {
  const { reply, signal } = call;
  const { head, answer, faults } = stream;
  const pieces = planPieces(answer);
  await sleepUntil(stream.dueMs(0), signal);
  reply.beginStream();
  reply.event(renderChunk(head, { role: 'assistant', content: '' }, null));
  for (const [index, delta] of pieces.entries()) {
    await sleepUntil(stream.dueMs(index), signal);
    if (signal.aborted || (await misbehave(call, faults, index))) return;
    reply.event(renderChunk(head, delta, null));
    if ('content' in delta) stream.onToken();
    await untilDrained(call);
  }
  if (signal.aborted || (await misbehave(call, faults, pieces.length))) return;
  reply.event(renderChunk(head, {}, answer.finishReason));
  if (stream.includeUsage) reply.event(renderUsageChunk(head, answer.usage));
  if (faults.missingTerminal === true) reply.response.end();
  else reply.endStream();
}

/** A whole reply in one piece; every fault that strikes in the middle of a stream strikes in the middle of its text. */
export async function sendPacedJson(call: EngineCall, body: object, faults: Faults): Promise<void> {
  const { reply } = call;
  if (call.signal.aborted) return;
  if (faults.resetAfterTokens !== undefined) return reset(call);
  const half = (): void => {
    const text = JSON.stringify(body);
    reply.response.writeHead(200, { 'content-type': 'application/json' });
    reply.response.write(text.slice(0, text.length / 2));
  };
  if (faults.stallAfterTokens !== undefined) {
    half();
    return untilGone(call.signal);
  }
  if (faults.garbageAfterTokens !== undefined || faults.malformedAfterTokens !== undefined) {
    reply.response.writeHead(200, { 'content-type': 'application/json' }).end(garbage);
  } else if (faults.missingTerminal === true) {
    half();
    reply.response.end();
  } else reply.json(200, body);
}

/** A body that inflates by a factor of a thousand: members of a gzip file may follow one another. */
export function sendGzipBomb(call: EngineCall, megabytes: number): void {
  call.reply.response
    .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    .end(Buffer.concat(Array.from({ length: megabytes }, () => megabyteOfSpaces)));
}

/** Waits for its time; at once when the caller is gone. */
export async function sleepUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 0 && !signal.aborted) await sleep(leftMs, undefined, { signal }).catch(() => undefined);
}

function planPieces(answer: PacedAnswer): readonly object[] {
  const calls = answer.toolCalls.flatMap((call, index) => {
    const { name, arguments: text } = call.function;
    const middle = Math.ceil(text.length / 2);
    const opening = { index, id: call.id, type: call.type, function: { name, arguments: '' } };
    const rest = [text.slice(0, middle), text.slice(middle)];
    const closing = rest.map((part) => ({ index, function: { arguments: part } }));
    return [opening, ...closing].map((part) => ({ tool_calls: [part] }));
  });
  return [...answer.tokens.map((content) => ({ content })), ...calls];
}

/** Commits the fault that is due after `sent` pieces; true when the answer ends with it. */
async function misbehave(call: EngineCall, faults: Faults, sent: number): Promise<boolean> {
  if (faults.resetAfterTokens === sent) {
    reset(call);
    return true;
  }
  if (faults.garbageAfterTokens === sent) {
    call.reply.response.end(garbage);
    return true;
  }
  if (faults.malformedAfterTokens === sent) call.reply.response.write(malformed);
  if (faults.stallAfterTokens !== sent) return false;
  await untilGone(call.signal);
  return true;
}

function reset({ reply }: EngineCall): void {
  reply.response.socket?.resetAndDestroy();
}

/** A client that reads slower than the tokens come slows them down; there is no bound on how many there are. */
async function untilDrained({ reply, signal }: EngineCall): Promise<void> {
  if (reply.response.writableNeedDrain && !signal.aborted) {
    await once(reply.response, 'drain', { signal }).catch(() => undefined);
  }
}

async function untilGone(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
