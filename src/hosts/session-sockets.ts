// The followers of a session over WebSockets. Each socket carries its own cursor, so that nothing of a follower lives in memory: after
// hibernation the stream goes on where the socket says. Owns the sending, the window and the closing of those who read no more.
import { acknowledge, CLOSE, hasRoom, parseFrame, STALLED_MS } from '../core/session/follower-frame.ts';
import type { CloseFrame, FollowerCursor } from '../core/session/follower-frame.ts';
import { renderLogEvent } from '../core/session/log-event.ts';
import type { LogEvent } from '../core/session/log-event.ts';
import type { SetTimer } from './session-ports.ts';

/** One socket as the platform keeps it. */
export interface FollowerSocket {
  cursor(): FollowerCursor;
  keep(cursor: FollowerCursor): void;
  /** Throws when the socket is closed. */
  send(text: string): void;
  close(frame: CloseFrame): void;
}

export interface SocketSource {
  /** A bounded page of what is durable after `seq`; null when the session is gone. */
  eventsAfter(seq: number): readonly LogEvent[] | null;
  sockets(): readonly FollowerSocket[];
  now(): number;
  readonly setTimer: SetTimer;
}

export function newCursor(afterSeq: number): FollowerCursor {
  return { sent: afterSeq, acked: afterSeq, chars: 0, fullSinceMs: null };
}

export class SessionSockets {
  readonly #source: SocketSource;
  #watch: (() => void) | null = null;

  constructor(source: SocketSource) {
    this.#source = source;
  }

  /** Sends to every follower what is durable beyond its cursor, as far as its window goes. */
  pump(): void {
    const sockets = this.#source.sockets();
    for (const socket of sockets) this.#send(socket);
    this.#watchWindows(sockets);
  }

  /** What a follower says. */
  receive(socket: FollowerSocket, data: string | ArrayBuffer): void {
    const frame = parseFrame(data);
    if (!frame.ok) return socket.close(frame.error);
    if (frame.value.kind === 'ping') return socket.send('{"type":"pong"}');
    const cursor = acknowledge(socket.cursor(), frame.value.seq);
    if (!cursor.ok) return socket.close(cursor.error);
    socket.keep(cursor.value);
    this.#send(socket);
    this.#watchWindows([socket]);
  }

  closeAll(frame: CloseFrame): void {
    for (const socket of this.#source.sockets()) socket.close(frame);
  }

  #send(socket: FollowerSocket): void {
    const before = socket.cursor();
    let { sent, chars } = before;
    const isOpen = (): boolean => hasRoom({ ...before, sent, chars });
    try {
      while (isOpen()) {
        const events = this.#source.eventsAfter(sent);
        if (events === null) return socket.close(CLOSE.gone);
        if (events.length === 0) break;
        for (const event of events) {
          if (!isOpen()) break;
          const text = JSON.stringify(renderLogEvent(event));
          socket.send(text);
          sent = event.seq;
          chars += text.length;
        }
      }
    } catch {
      // The socket is closing; the platform tells of its end.
    }
    const fullSinceMs = isOpen() ? null : (before.fullSinceMs ?? this.#source.now());
    if (sent === before.sent && fullSinceMs === before.fullSinceMs) return;
    socket.keep({ ...before, sent, chars, fullSinceMs });
  }

  /** Looks again when the first full window has been full for long enough. */
  #watchWindows(sockets: readonly FollowerSocket[]): void {
    if (this.#watch !== null || sockets.every((socket) => socket.cursor().fullSinceMs === null)) return;
    this.#watch = this.#source.setTimer(STALLED_MS, () => {
      this.#watch = null;
      const nowMs = this.#source.now();
      for (const socket of this.#source.sockets()) {
        const since = socket.cursor().fullSinceMs;
        if (since !== null && since + STALLED_MS <= nowMs) socket.close(CLOSE.stalled);
      }
      this.pump();
    });
  }
}
