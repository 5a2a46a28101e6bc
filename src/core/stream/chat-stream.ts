// Decides what of a replica's chat stream may be shown to a client and whether the stream came to its true end. Owns the order of
// events: chunks, one of which says why the model ended, then `[DONE]`, then nothing. `[DONE]` is never part of what is forwarded: the caller sends it once the upstream
// has ended behind it, so that no client sees a clean end before it is certain. Pure state machine with a mutable cursor.
import { type ChatChunk, parseChatChunk, type StreamFault } from './chat-chunk.ts';
import { makeSseReader } from './sse-reader.ts';
import type { TokenUsage } from './usage.ts';

export const DONE_EVENT = 'data: [DONE]\n\n';

/** What one piece of upstream text came to. */
export interface StreamStep {
  /** Whole checked events, ready to be sent; may be empty. Those before a fault are still good. */
  readonly forward: string;
  /** Text that the first choice gained in them. */
  readonly text: string;
  readonly fault: StreamFault | null;
}

export interface StreamTotals {
  /** Events with content: about one per token for most servers. */
  readonly chunks: number;
  /** Those of them that were forwarded: all, unless the stream is edited. */
  readonly shown: number;
  /** Whether all content so far was plain text of the first choice. */
  readonly isText: boolean;
  /** The model's own word that it has ended. */
  readonly finishReason: string | null;
  readonly usage: TokenUsage | null;
}

export interface ChatStreamChecker {
  /** Takes the next decoded text; nothing may be pushed after a fault. */
  push(text: string): StreamStep;
  /** The terminal event has been seen. */
  isDone(): boolean;
  /** The edit refused the stream. */
  hasRefused(): boolean;
  totals(): StreamTotals;
}

/** What becomes of one good chunk on its way. */
export type ChunkEdit = (
  chunk: ChatChunk,
  data: string,
) => /** Goes on like this. */
  | { readonly data: string; readonly text: string; readonly hasContent: boolean }
  /** Is left out. */
  | 'drop'
  /** The stream is not what it must be. */
  | 'refuse';

export function makeChatStreamChecker(eventCharsMax: number, edit?: ChunkEdit): ChatStreamChecker {
  let forward = '';
  let text = '';
  let fault: StreamFault | null = null;
  let done = false;
  let refused = false;
  let chunks = 0;
  let shown = 0;
  let isText = true;
  let finishReason: string | null = null;
  let usage: TokenUsage | null = null;

  const refuse = (because: StreamFault): false => {
    fault = because;
    return false;
  };
  const accept = (chunk: ChatChunk, data: string): boolean => {
    const edited = edit === undefined ? { ...chunk, data } : edit(chunk, data);
    if (edited === 'refuse') {
      refused = true;
      return refuse('bad-reply');
    }
    if (chunk.hasContent) chunks += 1;
    isText &&= chunk.isText;
    finishReason = chunk.finishReason ?? finishReason;
    usage = chunk.usage ?? usage;
    if (edited === 'drop') return true;
    if (edited.hasContent) shown += 1;
    text += edited.text;
    // The replica's own JSON text is kept: what it means is checked, and numbers and unknown fields stay as they were. A line break
    // in it can only stand between JSON tokens, where a space means the same.
    forward += renderEvent(edited.data);
    return true;
  };
  const take = (name: string, data: string): boolean => {
    // Some proxies say it twice, which says nothing new.
    if (done) return data === '[DONE]' || refuse('bad-reply');
    if (data === '[DONE]') {
      // An answer without a word of why it ends is none: something on its way was cut, and closed by its server like a whole one.
      done = finishReason !== null;
      return done || refuse('bad-reply');
    }
    const chunk = parseChatChunk(data);
    if (name === 'error') return refuse('replica-error');
    return chunk.ok ? accept(chunk.value, data) : refuse(chunk.error);
  };
  const reader = makeSseReader(eventCharsMax, take);
  return {
    push: (piece) => {
      forward = '';
      text = '';
      if (!reader.push(piece)) fault ??= 'bad-reply';
      return { forward, text, fault };
    },
    isDone: () => done && fault === null,
    hasRefused: () => refused,
    totals: () => ({ chunks, shown, isText, finishReason, usage }),
  };
}

function renderEvent(data: string): string {
  return `data: ${data.includes('\n') ? data.replaceAll('\n', ' ') : data}\n\n`;
}
