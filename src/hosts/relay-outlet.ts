// The client's end of a relayed stream: when the response begins, what goes out while it waits, how it ends. Owns the choice between
// an HTTP status and an error event, and the comments. Knows nothing of replicas. One writer, whole events only, so that a comment can
// never fall into the middle of an event.
import type { Failure } from '../core/api/failure.ts';
import { renderFailure } from '../core/api/render-failure.ts';
import { DONE_EVENT } from '../core/stream/chat-stream.ts';
import type { BytePipe, DispatchLimits, DispatchOutcome, Served } from './dispatch.ts';
import type { StreamSink } from './relay-stream.ts';
import type { Watch } from './relay-watch.ts';
import { type ClientWriter, makeClientWriter } from './relay-writer.ts';

const KEEP_ALIVE = ': keep-alive\n\n';

export interface Outlet extends StreamSink {
  /** Settles as soon as it is known whether this is a stream or a failure. */
  readonly outcome: Promise<DispatchOutcome>;
  /** The slot is there. */
  serve(served: Served): void;
  /** Begins the stream when the grace time is over; keeps a silent one alive. */
  beat(): void;
  /** The last word, after which nothing is written. Resolves when it was taken, or the client gave up on it. */
  finish(failure: Failure | null): Promise<void>;
}

export interface OutletSettings {
  readonly pipe: () => BytePipe;
  readonly limits: DispatchLimits;
  readonly now: () => number;
  readonly watch: Watch;
}

export function makeOutlet(settings: OutletSettings): Outlet {
  const { limits, now, watch } = settings;
  const begun = Promise.withResolvers<DispatchOutcome>();
  let served: Served = { warmth: null, waitMs: null };
  let writer: ClientWriter | null = null;
  let lastWriteMs = 0;
  let leaving: ReturnType<typeof setTimeout> | null = null;

  // A client that is only slow still gets the last word; one that does not read ends with its last write.
  const leave = (): void => {
    if (watch.stopped()?.kind === 'client-gone') writer?.drop();
    else leaving = setTimeout(() => writer?.drop(), limits.idleMs);
  };
  const open = (): ClientWriter => {
    const { readable, writable } = settings.pipe();
    const opened = makeClientWriter(writable, () => watch.stop({ kind: 'client-gone' }));
    writer = opened;
    watch.signal.addEventListener('abort', leave, { once: true });
    begun.resolve({ kind: 'stream', body: readable, served });
    return opened;
  };
  const write = (text: string): Promise<void> => {
    lastWriteMs = now();
    return (writer ?? open()).write(text);
  };
  const say = (comment: string): void => {
    write(comment).catch(() => watch.stop({ kind: 'client-gone' }));
  };
  return {
    outcome: begun.promise,
    serve: (known) => {
      served = known;
      if (writer !== null) say(renderServed(known));
    },
    beat: () => {
      const silentMs = now() - lastWriteMs;
      if (writer === null || (!writer.isWriting() && silentMs >= limits.keepAliveMs)) say(KEEP_ALIVE);
      // A client that has not taken the last write needs no other; in the end it is not there.
      else if (writer.isWriting() && silentMs >= limits.idleMs) watch.stop({ kind: 'client-gone' });
      watch.beatAt((writer?.isWriting() === true ? now() : lastWriteMs) + limits.keepAliveMs);
    },
    take: (forward) => {
      if (writer === null) watch.beatAt(now() + limits.keepAliveMs);
      return write(forward);
    },
    finish: async (failure) => {
      if (leaving !== null) clearTimeout(leaving);
      if (writer === null && failure !== null) begun.resolve({ kind: 'failed', failure });
      else await writeEnd(writer ?? open(), failure, limits.idleMs);
    },
  };
}

function renderServed(served: Served): string {
  const { warmth, waitMs, label, version } = served;
  const substitute = label === undefined ? '' : ` model=${version} substitute=${label}`;
  return `: pilotlight warmth=${warmth ?? 'unknown'} wait-ms=${waitMs ?? 0}${substitute}\n\n`;
}

/** A broken stream ends with an error event and without `[DONE]`: no client can take it for a whole answer. */
async function writeEnd(writer: ClientWriter, failure: Failure | null, withinMs: number): Promise<void> {
  if (failure?.kind === 'client-gone') return writer.drop();
  const last = failure === null ? DONE_EVENT : `data: ${JSON.stringify(renderFailure(failure).body)}\n\n`;
  const timer = setTimeout(() => writer.drop(), withinMs);
  try {
    await writer.write(last);
    await writer.close();
  } catch {
    // The client left before the last word; there is nobody to tell.
  } finally {
    clearTimeout(timer);
  }
}
