// The whole reply of a replica that does not stream: checked for the shape that clients build on, and read for what we record. Pure.
import { err, ok, type Result } from '../base/result.ts';
import { parseObject, type StreamFault } from './chat-chunk.ts';
import { parseUsage, type TokenUsage } from './usage.ts';

export interface ParsedReply {
  readonly finishReason: string | null;
  /** Whether the first choice says or calls anything; of embeddings always. */
  readonly hasContent: boolean;
  readonly usage: TokenUsage | null;
}

/** `list` is the array that makes the reply what it claims to be: `choices` of a chat, `data` of embeddings. */
export function parseReply(list: 'choices' | 'data', json: string): Result<ParsedReply, StreamFault> {
  const reply = parseObject(json);
  if (reply === null) return err('bad-reply');
  if (reply['error'] !== undefined && reply['error'] !== null) return err('replica-error');
  const entries = reply[list];
  if (!Array.isArray(entries) || entries.length === 0) return err('bad-reply');
  if (!entries.every((entry) => typeof entry === 'object' && entry !== null)) return err('bad-reply');
  const first = entries[0] as Record<string, unknown>;
  const finish = first['finish_reason'];
  return ok({
    finishReason: typeof finish === 'string' ? finish : null,
    hasContent: list === 'data' || saysSomething(first['message']),
    usage: parseUsage(reply['usage']),
  });
}

function saysSomething(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const given = Object.entries(message).filter(([key]) => key !== 'role');
  return given.some(([, value]) => (value ?? '') !== '' && !(Array.isArray(value) && value.length === 0));
}
