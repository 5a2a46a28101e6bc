// One follower of a session's event stream over a connection that takes bytes: it reads from its cursor on, as fast as it can and no
// faster. Owns the pace: nothing is read before the last piece was taken, so a follower costs one page of memory and no more.
import type { LogEvent } from '../core/session/log-event.ts';
import { STALLED_MS } from '../core/session/follower-frame.ts';
import type { SetTimer } from './session-ports.ts';

/** Where the bytes go. A rejected write means that the reader is gone. */
export interface EventSink {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  abort(): void;
}

export interface EventSource {
  /** A bounded page of what is durable after `seq`; null when the session is gone. */
  eventsAfter(seq: number): readonly LogEvent[] | null;
  frame(event: LogEvent): string;
  /** True at the next commit, false when the time is over first. */
  changed(delayMs: number): Promise<boolean>;
  leave(): void;
  readonly setTimer: SetTimer;
}

/** Writes every event after `afterSeq`, in order, until the reader goes, stalls, or the session is gone. */
export async function followEvents(
  source: EventSource,
  afterSeq: number,
  sink: EventSink,
  keepAliveMs: number,
): Promise<void> {
  try {
    let seq = afterSeq;
    // An answer whose first byte never comes is given up by proxies and clients.
    await writeInTime(source.setTimer, sink, ': open\n\n');
    for (;;) {
      const events = source.eventsAfter(seq);
      if (events === null) return await endStream(source, sink);
      if (events.length === 0) {
        // No await lies between the read and this wait, so no change can fall between them.
        const changed = await source.changed(keepAliveMs);
        if (!changed) await writeInTime(source.setTimer, sink, ': keep-alive\n\n');
      } else {
        await writeInTime(source.setTimer, sink, events.map((event) => source.frame(event)).join(''));
        seq = events.at(-1)?.seq ?? seq;
      }
    }
  } catch {
    sink.abort();
  } finally {
    source.leave();
  }
}

/** The one frame that has no place in the stream: there is no stream any more. */
async function endStream(source: EventSource, sink: EventSink): Promise<void> {
  await writeInTime(source.setTimer, sink, 'event: session.deleted\ndata: {"type":"session.deleted"}\n\n');
  await sink.close();
}

/** Writes, or throws when the reader takes nothing for too long. */
export async function writeInTime(setTimer: SetTimer, sink: EventSink, text: string): Promise<void> {
  const written = await within(setTimer, STALLED_MS, sink.write(text));
  if (!written) throw new Error('the reader stalled');
}

/** True when `work` is done within the time, false when the time is over first. */
async function within(setTimer: SetTimer, delayMs: number, work: Promise<void>): Promise<boolean> {
  let cancel: () => void = () => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = setTimer(delayMs, () => resolve(false));
  });
  try {
    return await Promise.race([late, work.then(() => true)]);
  } finally {
    cancel();
  }
}
