// What a WebSocket follower may say, and how far the stream runs ahead of what it has confirmed. Owns the frames, the close codes and
// the window; the sockets are the host's. Pure.
import { z } from 'zod';
import { err, ok } from '../base/result.ts';
import type { Result } from '../base/result.ts';

/** A frame of a follower holds a word and a number. */
export const FRAME_CHARS_MAX = 1024;

/** Events and text that may be on their way to one follower: what a slow one can make the runtime hold. One event always may. */
export const WINDOW_EVENTS_MAX = 512;
export const WINDOW_CHARS_MAX = 1_000_000;

/** A follower whose window stays full for this long reads no more. */
export const STALLED_MS = 30_000;

/** Close codes: the registered ones for what the follower does wrong, private ones for what happens to it. */
export const CLOSE = {
  binary: { code: 1003, reason: 'only text frames are taken' },
  refused: { code: 1008, reason: 'only ack and ping are taken' },
  futureAck: { code: 1008, reason: 'acknowledged what was not sent' },
  tooLarge: { code: 1009, reason: `frames hold at most ${FRAME_CHARS_MAX} characters` },
  failed: { code: 1011, reason: 'something went wrong on our side' },
  gone: { code: 4004, reason: 'the session is gone' },
  stalled: { code: 4008, reason: 'nothing was acknowledged in time; resume after the last event' },
} as const;

export type CloseFrame = (typeof CLOSE)[keyof typeof CLOSE];

/** How far one follower is. */
export interface FollowerCursor {
  /** Seq of the last event sent. */
  readonly sent: number;
  readonly acked: number;
  /** Text sent beyond `acked`, at most: an acknowledgement of everything sets it back. */
  readonly chars: number;
  /** Since when the window is full; null while it is not. */
  readonly fullSinceMs: number | null;
}

export type FollowerFrame = { readonly kind: 'ack'; readonly seq: number } | { readonly kind: 'ping' };

const frame = z.union([
  z.strictObject({ type: z.literal('ack'), seq: z.int().min(0) }),
  z.strictObject({ type: z.literal('ping') }),
]);

/** Reads a frame, or says how to close. */
export function parseFrame(data: string | ArrayBuffer): Result<FollowerFrame, CloseFrame> {
  if (typeof data !== 'string') return err(CLOSE.binary);
  if (data.length > FRAME_CHARS_MAX) return err(CLOSE.tooLarge);
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return err(CLOSE.refused);
  }
  const read = frame.safeParse(json);
  if (!read.success) return err(CLOSE.refused);
  return ok(read.data.type === 'ack' ? { kind: 'ack', seq: read.data.seq } : { kind: 'ping' });
}

/** Takes an acknowledgement. What was acknowledged before stays so; what was never sent cannot be. */
export function acknowledge(cursor: FollowerCursor, seq: number): Result<FollowerCursor, CloseFrame> {
  if (seq > cursor.sent) return err(CLOSE.futureAck);
  if (seq <= cursor.acked) return ok(cursor);
  // The text of the events between is not kept: a part of the window counts as its share.
  const share = (cursor.sent - seq) / (cursor.sent - cursor.acked);
  return ok({ ...cursor, acked: seq, chars: Math.ceil(cursor.chars * share), fullSinceMs: null });
}

/** Whether one more event may be sent. */
export function hasRoom(cursor: FollowerCursor): boolean {
  return cursor.sent - cursor.acked < WINDOW_EVENTS_MAX && cursor.chars < WINDOW_CHARS_MAX;
}
