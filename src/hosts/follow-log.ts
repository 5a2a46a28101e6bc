// How a log reaches one who follows it: durable entries from a position on, as server-sent events, until the end of the log. The log itself
// is the buffer, so a slow reader costs no memory; one that takes nothing is dropped and may come back with its position.
import type { SetTimer } from './session-ports.ts';

/** A reader that takes nothing for this long is dropped; the log goes on without it. */
const STALLED_READER_MS = 30_000;

/** Entries read at once for a follower that is behind. */
const ENTRIES_MAX = 64;

export interface FollowedLog<E extends { readonly seq: number }> {
  read(afterSeq: number, entriesMax: number): readonly E[];
  /** Resolves at the next change. Ask before reading, wait after: then nothing is missed. */
  changed(): Promise<void>;
  render(entry: E): string;
  isLast(entry: E): boolean;
  /** What is said to one who has the whole log already, as after a cut behind its last entry; null while more may come. */
  farewell?(): string | null;
  readonly setTimer: SetTimer;
}

/** Where the events go. A rejected write means that the reader is gone. */
export interface LogSink {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  abort(): void;
}

/** Writes every entry after `afterSeq`, in order, once; ends cleanly only behind the last one there will be. */
export async function followLog<E extends { readonly seq: number }>(
  log: FollowedLog<E>,
  sink: LogSink,
  at: { readonly afterSeq: number; readonly keepAliveMs: number },
): Promise<void> {
  let seq = at.afterSeq;
  try {
    for (;;) {
      // No await lies between the read and this promise, so no change can fall between them.
      const changed = log.changed();
      const entries = log.read(seq, ENTRIES_MAX);
      const farewell = entries.length === 0 ? (log.farewell?.() ?? null) : null;
      if (farewell !== null) {
        if (farewell !== '') await writeInTime(log, sink, farewell);
        return await sink.close();
      }
      if (entries.length === 0) {
        if (!(await within(log.setTimer, at.keepAliveMs, changed)))
          await writeInTime(log, sink, ': keep-alive\n\n');
        continue;
      }
      const last = entries.find((entry) => log.isLast(entry));
      const text = entries.map((entry) => log.render(entry)).join('');
      if (text !== '') await writeInTime(log, sink, text);
      if (last !== undefined) return await sink.close();
      seq = entries.at(-1)?.seq ?? seq;
    }
  } catch {
    sink.abort();
  }
}

async function writeInTime(log: { readonly setTimer: SetTimer }, sink: LogSink, text: string): Promise<void> {
  if (!(await within(log.setTimer, STALLED_READER_MS, sink.write(text))))
    throw new Error('the reader stalled');
}

/** True when `work` is done within the time, false when the time is over first. */
async function within(setTimer: SetTimer, delayMs: number, work: Promise<void>): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = setTimer(delayMs, () => resolve(false));
  });
  try {
    return await Promise.race([late, work.then(() => true)]);
  } finally {
    cancel();
  }
}
