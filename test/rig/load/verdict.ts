// What one answer is worth to the client who asked. Pure.
import { rightAnswer, type Ask } from './ask.ts';
import type { Reading } from './read-answer.ts';

/**
 * `ok`: complete, correct, in time. `late`: the same, too late. `refused`: an HTTP error that says why. `failed`: a stream that says that
 * it broke. `lost`: no answer, or a connection that broke without a word. `wrong`: another text, or a cut that looks like an end: the
 * one that must never be.
 */
export type Verdict = 'ok' | 'late' | 'refused' | 'failed' | 'lost' | 'wrong' | 'left';

export interface Ending {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly reading: Reading | null;
  /** The connection ended as HTTP says that it should. */
  readonly isClean: boolean;
  readonly tookMs: number;
  /** The client went away of its own will. */
  readonly hasLeft: boolean;
}

export function judge(ask: Ask, { status, reading, isClean, tookMs, hasLeft }: Ending): Verdict {
  if (hasLeft) return 'left';
  if (status === 0 || reading === null) return 'lost';
  if (status !== 200) return reading.error === null ? 'lost' : 'refused';
  if (reading.error === 'unreadable_event') return 'wrong';
  if (reading.error !== null) return reading.isWhole && ask.stream ? 'wrong' : 'failed';
  // A body that the transport says is broken is no lie, but the client is left without a word.
  if (!reading.isWhole) return isClean ? 'wrong' : 'lost';
  if (reading.text !== rightAnswer(ask) || reading.finishReason !== 'stop') return 'wrong';
  return tookMs <= ask.limitMs ? 'ok' : 'late';
}
