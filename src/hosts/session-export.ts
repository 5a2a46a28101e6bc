// Everything of a session, written out page by page: itself, its log, its stream. Owns the order and the end mark, without which an
// export is not whole; holds one page at a time.
import { renderLogEvent } from '../core/session/log-event.ts';
import type { LogEvent } from '../core/session/log-event.ts';
import type { SessionState } from '../core/session/session-state.ts';
import { writeInTime } from './session-follower.ts';
import type { EventSink } from './session-follower.ts';
import type { SetTimer } from './session-ports.ts';
import { renderSession } from './session-reads.ts';
import type { LogPage } from './session-reads.ts';

export interface ExportSource {
  state(): SessionState | null;
  messages(afterSeq: number): LogPage | null;
  eventsAfter(seq: number): readonly LogEvent[] | null;
  readonly setTimer: SetTimer;
}

/** Lines of JSON, or one JSON array of the same objects. */
export type ExportFormat = 'lines' | 'array';

/** Writes what there is at the start; what comes later is left out. A log that is cut or erased meanwhile ends with an error entry. */
export async function exportSession(
  source: ExportSource,
  sink: EventSink,
  format: ExportFormat,
): Promise<void> {
  const glue = format === 'lines' ? '\n' : ',\n';
  try {
    if (format === 'array') await writeInTime(source.setTimer, sink, '[\n');
    for (const page of exportPages(source)) {
      const isLast = page.at(-1)?.type === 'end';
      const text = page.map((entry) => JSON.stringify(entry)).join(glue);
      await writeInTime(source.setTimer, sink, text + (isLast ? '\n' : glue));
    }
    if (format === 'array') await writeInTime(source.setTimer, sink, ']\n');
    await sink.close();
  } catch {
    sink.abort();
  }
}

interface ExportEntry {
  readonly type: 'session' | 'message' | 'event' | 'end';
  readonly [more: string]: unknown;
}

function* exportPages(source: ExportSource): Generator<readonly ExportEntry[]> {
  const start = source.state();
  if (start === null) return yield [endEntry('gone', 0, 0)];
  const { seq: lastSeq, eventSeq } = start.tail;
  yield [{ type: 'session', session: renderSession(start) }];
  let seq = 0;
  while (seq < lastSeq) {
    const page = source.messages(seq);
    if (page === null || source.state()?.head.cuts !== start.head.cuts)
      return yield [endEntry('cut', seq, 0)];
    const messages = page.messages.filter((message) => message.seq <= lastSeq);
    yield messages.map((message) => ({ type: 'message', message }));
    seq = messages.at(-1)?.seq ?? lastSeq;
  }
  let after = 0;
  while (after < eventSeq) {
    const page = source.eventsAfter(after);
    if (page === null) return yield [endEntry('gone', lastSeq, after)];
    const events = page.filter((event) => event.seq <= eventSeq);
    yield events.map((event) => ({ type: 'event', event: renderLogEvent(event) }));
    after = events.at(-1)?.seq ?? eventSeq;
  }
  yield [endEntry(null, lastSeq, eventSeq)];
}

/** The last entry: an export without it, or with an error in it, is not whole. */
function endEntry(error: string | null, messages: number, events: number): ExportEntry {
  return { type: 'end', error, messages, events };
}
