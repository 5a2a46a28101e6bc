// What leaves a session object as bytes: turns, streams, exports, sockets. Owns the platform's side of them alone: which kind of stream
// waits for the rows that its bytes were read from, and how a socket keeps its cursor through hibernation.
import type { CloseFrame, FollowerCursor } from '../src/core/session/follower-frame.ts';
import { exportSession } from '../src/hosts/session-export.ts';
import { followEvents } from '../src/hosts/session-follower.ts';
import type { EventSink } from '../src/hosts/session-follower.ts';
import { FOLLOWERS_MAX } from '../src/hosts/session-host.ts';
import type { SessionHost } from '../src/hosts/session-host.ts';
import type { SetTimer } from '../src/hosts/session-ports.ts';
import { newCursor } from '../src/hosts/session-sockets.ts';
import type { FollowerSocket, SessionSockets } from '../src/hosts/session-sockets.ts';
import type { FollowedTurn } from '../src/hosts/turn-reader.ts';
import { awaitFirstSight, awaitTurn, renderTurn, streamTurn } from '../src/hosts/turn-stream.ts';
import type { TurnSource } from '../src/hosts/turn-stream.ts';
import { failureResponse, servedHeaders } from './session-call.ts';
import type { SessionFollow } from './session-call.ts';

/** Headers wait this long for the first text, so that an early failure is a status; then the stream begins with comments. */
const GRACE_MS = 10_000;
const KEEP_ALIVE_MS = 5000;

const sse = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };

export interface SessionDoor {
  readonly ctx: DurableObjectState;
  readonly host: SessionHost;
  readonly sockets: SessionSockets;
  readonly setTimer: SetTimer;
}

export async function answerTurn(door: SessionDoor, followed: FollowedTurn): Promise<Response> {
  const answer = await awaitTurn(sourceOf(door), followed);
  if (!answer.ok) return failureResponse(answer.error);
  const headers = { 'x-pilotlight-turn': followed.turn, ...servedHeaders(answer.value.served) };
  return Response.json(renderTurn(answer.value), { headers });
}

export async function answerTurnStream(door: SessionDoor, followed: FollowedTurn): Promise<Response> {
  const source = sourceOf(door);
  const first = await awaitFirstSight(source, followed, GRACE_MS);
  if (first.kind === 'failed') {
    source.leave();
    return failureResponse(first.failure);
  }
  const served = door.host.servedOf(followed);
  const { readable, sink } = openSink();
  door.ctx.waitUntil(streamTurn(source, followed, sink, KEEP_ALIVE_MS));
  const headers = { ...sse, 'x-pilotlight-turn': followed.turn };
  return new Response(readable, {
    headers: { ...headers, ...(served === null ? {} : servedHeaders(served)) },
  });
}

export function answerFollow(door: SessionDoor, follow: SessionFollow & { asSocket: boolean }): Response {
  const { tenant, what, after } = follow;
  if (what !== 'events') return answerExport(door, follow);
  if (follow.asSocket) return answerSocket(door, follow);
  const joined = door.host.join(tenant, after);
  if (!joined.ok) return failureResponse(joined.error);
  const { host, setTimer } = door;
  const { readable, sink } = openSink();
  const source = {
    eventsAfter: (seq: number) => host.eventsAfter(seq),
    frame: host.recent.frame.bind(host.recent),
    changed: (delayMs: number) => host.recent.changed(delayMs),
    leave: () => host.leave(),
    setTimer,
  };
  door.ctx.waitUntil(followEvents(source, after, sink, KEEP_ALIVE_MS));
  return new Response(readable, { headers: sse });
}

/** The socket as the platform keeps it while the object sleeps. */
export function socketOf(socket: WebSocket): FollowerSocket {
  return {
    cursor: () => socket.deserializeAttachment() as FollowerCursor,
    keep: (cursor) => socket.serializeAttachment(cursor),
    send: (text) => socket.send(text),
    close: ({ code, reason }: CloseFrame) => {
      try {
        socket.close(code, reason);
      } catch {
        // Closed already.
      }
    },
  };
}

function answerSocket({ ctx, host, sockets }: SessionDoor, { tenant, after }: SessionFollow): Response {
  const page = host.eventPage(tenant, after);
  if (!page.ok) return failureResponse(page.error);
  if (ctx.getWebSockets().length >= FOLLOWERS_MAX) {
    return failureResponse({ kind: 'too-many-followers', followersMax: FOLLOWERS_MAX });
  }
  const { 0: client, 1: server } = new WebSocketPair();
  ctx.acceptWebSocket(server);
  server.serializeAttachment(newCursor(after));
  sockets.pump();
  return new Response(null, { status: 101, webSocket: client });
}

function answerExport({ ctx, host, setTimer }: SessionDoor, { tenant, what }: SessionFollow): Response {
  const page = host.page(tenant, 0);
  if (!page.ok) return failureResponse(page.error);
  const { readable, sink } = openSink();
  const source = {
    state: () => host.state,
    messages: (seq: number) => {
      const page = host.page(tenant, seq);
      return page.ok ? page.value : null;
    },
    eventsAfter: (seq: number) => host.eventsAfter(seq),
    setTimer,
  };
  const isArray = what === 'export-array';
  ctx.waitUntil(exportSession(source, sink, isArray ? 'array' : 'lines'));
  return new Response(readable, {
    headers: {
      'content-type': isArray ? 'application/json' : 'application/x-ndjson',
      'cache-control': 'no-store',
    },
  });
}

function sourceOf({ host, setTimer }: SessionDoor): TurnSource {
  return {
    read: (followed, seq) => host.read(followed, seq),
    outcome: (followed) => host.outcome(followed),
    changed: (delayMs) => host.recent.changed(delayMs),
    leave: () => host.leave(),
    setTimer,
  };
}

/** Only this kind of stream waits at the output gate for the rows that its bytes were read from. */
function openSink(): { readonly readable: ReadableStream; readonly sink: EventSink } {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  return {
    readable,
    sink: {
      write: (text) => writer.write(encoder.encode(text)),
      close: () => writer.close(),
      abort: () => void writer.abort().catch(() => {}),
    },
  };
}
