// What the session tests share: a session with its object at hand, the model's hold, followers that write down what they get.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { followRequest, sessionName } from '../../durable-objects/session-call.ts';
import type { SessionPost } from '../../durable-objects/session-call.ts';
import type { NewSession } from '../../src/core/session/session-state.ts';
import { desk } from './entry-session.ts';
import type { SessionObject } from './entry-session.ts';

export const namespace = (env as unknown as { SESSION: DurableObjectNamespace<SessionObject> }).SESSION;
let minted = 0;

export const newSession: NewSession = {
  id: '',
  tenant: 'demo',
  model: 'words',
  metadata: {},
  policy: 'reject',
  ttlMs: 30 * 24 * 60 * 60 * 1000,
  instructions: null,
  summaries: 'off',
  origin: null,
  filling: false,
};

export interface Session {
  readonly id: string;
  readonly stub: DurableObjectStub<SessionObject>;
  post(content: string, more?: Partial<SessionPost>): Promise<Response>;
  log(): Promise<string[]>;
}

export async function createSession(model = 'words', more: Partial<NewSession> = {}): Promise<Session> {
  const session = openSession(`sess_${String((minted += 1)).padStart(32, '0')}`);
  await session.stub.create({ ...newSession, id: session.id, model, ...more });
  return session;
}

export function openSession(id: string): Session {
  const stub = namespace.getByName(sessionName('demo', id));
  const post = (content: string, more: Partial<SessionPost> = {}): Promise<Response> =>
    stub.fetch('http://session/', {
      method: 'POST',
      body: JSON.stringify({
        tenant: 'demo',
        requestId: 'req_1',
        key: null,
        bodyHash: content,
        content,
        expectedSeq: null,
        criticality: 'default',
        waitsMs: null,
        stream: false,
        ...more,
      } satisfies SessionPost),
    });
  const log = async (): Promise<string[]> => {
    const page = await stub.page('demo', 0);
    return page.ok
      ? page.value.messages.map(({ seq, role, content }) => `${seq} ${role}: ${content}`)
      : [page.error.kind];
  };
  return { id, stub, post, log };
}

/** Lets out the next piece of the held answer once the model waits with it. */
export async function release(script: string): Promise<void> {
  for (let look = 0; look < 5000; look += 1) {
    if (desk.holds.get(script) === 'asked') {
      desk.holds.set(script, 'granted');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`the model never held ${script}`);
}

export function textOf(events: string): string {
  return events
    .split('\n\n')
    .filter((event) => /^id: \d+\nevent: message\.delta\ndata: \{.*\}$/.test(event))
    .map((event) => (JSON.parse(event.slice(event.indexOf('{'))) as { text: string }).text)
    .join('');
}

/** All text of the session that is on disk, looked at from inside the object. */
export function durableText(session: Session): Promise<string> {
  return runInDurableObject(session.stub, (_object, state) => {
    const texts = state.storage.sql.exec<{ text: string }>(
      "SELECT fact ->> 'text' AS text FROM events WHERE fact ->> 'kind' = 'text' ORDER BY seq",
    );
    return [...texts].map((row) => row.text).join('');
  });
}

export function statusOf(session: Session): Promise<string[]> {
  return runInDurableObject(session.stub, (_object, state) =>
    state.storage.sql
      .exec<{ status: string }>("SELECT body ->> '$.status.kind' AS status FROM records")
      .toArray()
      .map((row) => row.status),
  );
}

export async function idOf(session: Session): Promise<string> {
  const name = await runInDurableObject(session.stub, (_object, state) => state.id.name ?? '');
  return name.slice(name.indexOf('/') + 1);
}

/** Follows the stream as server-sent events; the reader holds on until it is cancelled. */
export async function followStream(session: Session, after: number): Promise<Response> {
  return session.stub.fetch(followRequest({ tenant: 'demo', what: 'events', after }, false));
}

/** Reads frames until one with this seq has come, or the end of a turn, then goes; comments are left out. */
export async function readFrames(session: Session, after: number, last: number | 'end'): Promise<string> {
  const mark = last === 'end' ? '\nevent: turn.completed\n' : `id: ${last}\n`;
  const response = await followStream(session, after);
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let seen = '';
  while (!seen.includes(mark) || !seen.endsWith('\n\n')) {
    const { done, value } = await reader.read();
    if (done) break;
    seen += value;
  }
  await reader.cancel();
  return seen
    .split('\n\n')
    .filter((frame) => frame !== '' && !frame.startsWith(':'))
    .map((frame) => `${frame}\n\n`)
    .join('');
}

/** Everything that is in the stream, as pages tell it. */
export async function eventsOf(
  session: Session,
): Promise<{ seq: number; type: string; [more: string]: unknown }[]> {
  const all: { seq: number; type: string }[] = [];
  for (;;) {
    const page = await session.stub.events('demo', all.at(-1)?.seq ?? 0);
    if (!page.ok) throw new Error(page.error.kind);
    all.push(...(page.value.data as unknown as { seq: number; type: string }[]));
    if (!page.value.hasMore) return all;
  }
}

export interface SocketFollower {
  readonly socket: WebSocket;
  readonly frames: string[];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Waits until an event of this seq has come. */
  until(seq: number): Promise<void>;
}

export async function followSocket(session: Session, after: number): Promise<SocketFollower> {
  const response = await session.stub.fetch(followRequest({ tenant: 'demo', what: 'events', after }, true));
  const socket = response.webSocket;
  if (socket === null) throw new Error(`no socket: ${await response.text()}`);
  const frames: string[] = [];
  socket.addEventListener('message', ({ data }) => void frames.push(String(data)));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
  });
  socket.accept();
  const until = (seq: number): Promise<void> =>
    waitFor(() => frames.some((frame) => (JSON.parse(frame) as { seq?: number }).seq === seq));
  return { socket, frames, closed, until };
}

/** Looks again and again, with time between for the timers of others. */
export async function waitFor(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 0; look < 5_000; look += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error('it never came to pass');
}

/** The object dies where it stands; what it had not written is lost. */
export async function kill(session: Session): Promise<void> {
  await runInDurableObject(session.stub, (_object, state) => state.abort('killed by the test')).catch(
    () => {},
  );
}

export async function turnOf(session: Session, number: number): Promise<string> {
  return runInDurableObject(
    session.stub,
    (_object, state) =>
      state.storage.sql
        .exec<{ id: string }>("SELECT id FROM records ORDER BY body ->> 'firstEvent'")
        .toArray()[number - 1]?.id ?? '',
  );
}
