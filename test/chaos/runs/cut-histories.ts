// A history of a session's event stream while its message log is appended to and cut: the stream is an append log that no cut shortens. An
// operation's entries are the events that it caused; an event is named by what it says, without its place.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { drawInteger, type Rng } from '../../../src/core/base/rng.ts';
import type { HistoryOp } from '../../../src/core/session/append-log-history.ts';
import type { HistoryWish } from './history-clients.ts';
import { clockMs } from './history-log.ts';
import { readSessionEvents } from './judge-sessions.ts';
import type { SessionEvent } from './judge-turns.ts';
import { call, callUntil, codeOf, type Place, type Reply } from './place.ts';

const CLIENTS = 8;
const TRIES_MAX = 60;
const BETWEEN_TRIES_MS = 40;
const OPEN_MS_MAX = 60_000;
/** Gaps in which no turn runs, so that the log can be cut at all. */
const THINK_MS_MAX = 150;

interface Append {
  readonly client: number;
  readonly content: string;
  readonly invokeMs: number;
  readonly returnMs: number | null;
}

interface Cut {
  readonly after: number;
  readonly tries: number;
  readonly invokeMs: number;
  readonly returnMs: number | null;
}

interface Page {
  readonly data: readonly SessionEvent[];
  readonly has_more: boolean;
}

/** What all clients of one session have done. */
interface Record {
  readonly place: Place;
  readonly session: string;
  readonly draw: Rng;
  readonly appends: Append[];
  readonly cuts: Cut[];
  readonly reads: HistoryOp[];
  readonly news: HistoryWish['news'];
}

export async function recordCutHistory({
  place,
  draw,
  ops,
  news,
}: HistoryWish): Promise<readonly HistoryOp[]> {
  const invokeMs = clockMs();
  const body = { model: 'chaos-fast', summaries: 'off' };
  const isOpen = ({ status }: Reply): boolean => status === 201;
  const opened = await callUntil(place, { method: 'POST', path: '/v1/sessions', body }, isOpen, OPEN_MS_MAX);
  if (opened === null) throw new Error('no session could be opened');
  const session = (opened.body as { id: string }).id;
  const created = { client: 0, log: session, invokeMs, returnMs: clockMs(), outcome: 'ok' } as const;
  const record: Record = { place, session, draw, appends: [], cuts: [], reads: [], news };
  const each = Math.ceil(ops / CLIENTS);
  await Promise.all(
    Array.from({ length: CLIENTS }, (_, at) => (at === 0 ? cutter(record, each) : client(record, at, each))),
  );
  const final = await readSessionEvents(place, session);
  for (let afterSeq = 0; ;) {
    const page = await read(record, CLIENTS, afterSeq);
    if (page === null) {
      await sleep(BETWEEN_TRIES_MS);
      continue;
    }
    afterSeq = page.data.at(-1)?.seq ?? afterSeq;
    if (!page.has_more) break;
  }
  const first = final[0] === undefined ? 'nothing' : nameOf(final[0]);
  return [
    { ...created, op: 'append', args: { ids: [first] } },
    ...nameAppends(record, final),
    ...nameCuts(record, final),
    ...record.reads,
  ];
}

async function client(record: Record, name: number, ops: number): Promise<void> {
  let known = 0;
  for (let at = 0; at < ops; at += 1) {
    if (record.draw() < 0.45) await append(record, name, `${name}.${at}`);
    else {
      const page = await read(record, name, record.draw() < 0.5 ? known : drawInteger(record.draw, 0, known));
      known = Math.max(known, page?.data.at(-1)?.seq ?? 0);
    }
    await sleep(record.draw() * THINK_MS_MAX);
  }
}

/** The one client that cuts: what it has read of the log since its last cut is there, so that a cut behind it must leave its event. */
async function cutter(record: Record, ops: number): Promise<void> {
  for (let at = 0; at < ops; at += 1) {
    const path = `/v1/sessions/${record.session}`;
    const shown = await call(record.place, { method: 'GET', path });
    const tail = shown?.status === 200 ? (shown.body as { last_seq: number }).last_seq : 0;
    if (tail >= 2) await cut(record, tail - drawInteger(record.draw, 1, 2));
    await sleep(record.draw() * THINK_MS_MAX);
  }
}

async function append(
  { place, session, appends, news }: Record,
  name: number,
  content: string,
): Promise<void> {
  const invokeMs = clockMs();
  const ask = {
    method: 'POST',
    path: `/v1/sessions/${session}/messages`,
    body: { content },
    headers: { 'idempotency-key': content },
  } as const;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const reply = await call(place, ask);
    if (reply?.status === 200) {
      news.count += 1;
      appends.push({ client: name, content, invokeMs, returnMs: clockMs() });
      return;
    }
    if (codeOf(reply) === 'turn_truncated') break;
    await sleep(BETWEEN_TRIES_MS);
  }
  // Cut off before its answer came, or never answered: what there is of it may have come at any time since.
  appends.push({ client: name, content, invokeMs, returnMs: null });
}

async function cut({ place, session, cuts }: Record, after: number): Promise<void> {
  const invokeMs = clockMs();
  const ask = { method: 'POST', path: `/v1/sessions/${session}/truncate`, body: { after } } as const;
  let unknown = 0;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const reply = await call(place, ask);
    if (reply?.status === 200) {
      cuts.push({ after, tries: unknown + 1, invokeMs, returnMs: clockMs() });
      return;
    }
    // A turn runs: nothing was cut.
    if (reply?.status === 409 && unknown === 0 && tries > 5) return;
    if (reply?.status !== 409) unknown += 1;
    await sleep(BETWEEN_TRIES_MS / 4);
  }
  if (unknown > 0) cuts.push({ after, tries: unknown, invokeMs, returnMs: null });
}

async function read({ place, session, reads }: Record, name: number, afterSeq: number): Promise<Page | null> {
  const path = `/v1/sessions/${session}/events?after=${afterSeq}`;
  const invokeMs = clockMs();
  const reply = await call(place, { method: 'GET', path, headers: { accept: 'application/json' } });
  const asked = {
    client: name,
    log: session,
    invokeMs,
    returnMs: clockMs(),
    outcome: 'ok',
    op: 'read',
  } as const;
  const tail = /\/(\d+)$/.exec(reply?.headers.get('content-range') ?? '')?.[1];
  if (reply?.status === 416 && tail !== undefined) {
    // The stream ends before what this client has read of it.
    reads.push({ ...asked, args: { afterSeq: Number(tail) }, result: { entries: [], hasMore: false } });
    return null;
  }
  if (reply?.status !== 200) return null;
  const page = reply.body as Page;
  const entries = page.data.map((event) => ({ seq: event.seq, id: nameOf(event) }));
  reads.push({ ...asked, args: { afterSeq }, result: { entries, hasMore: page.has_more } });
  return page;
}

function nameAppends({ session, appends }: Record, final: readonly SessionEvent[]): readonly HistoryOp[] {
  const turns = new Map<string, string>();
  for (const { turn = '', message } of final)
    if (message?.role === 'user') turns.set(message.content ?? '', turn);
  return appends.map(({ client: name, content, invokeMs, returnMs }) => {
    const turn = turns.get(content) ?? null;
    const ids = turn === null ? [] : final.filter((event) => event.turn === turn).map(nameOf);
    return {
      client: name,
      log: session,
      invokeMs,
      returnMs,
      outcome: returnMs === null ? 'info' : 'ok',
      op: 'append',
      args: { ids: ids.length === 0 ? [`events of ${content}`] : ids },
    };
  });
}

/** The cutter does one thing after the other, so its events come in the order of its cuts; one that was sent twice may have left two. */
function nameCuts({ session, cuts }: Record, final: readonly SessionEvent[]): readonly HistoryOp[] {
  const events = final.filter(({ type }) => type === 'log.truncated');
  let next = 0;
  return cuts.map(({ after, tries, invokeMs, returnMs }, at) => {
    const ids: string[] = [];
    const others = cuts.slice(at + 1).filter((later) => later.after === after).length;
    while (
      ids.length < tries &&
      next < events.length &&
      (events[next] as { after?: number }).after === after
    ) {
      const leftSame = events
        .slice(next)
        .filter((event) => (event as { after?: number }).after === after).length;
      if (ids.length > 0 && leftSame <= others) break;
      const event = events[next];
      if (event !== undefined) ids.push(nameOf(event));
      next += 1;
    }
    const isLost = ids.length === 0;
    return {
      client: 0,
      log: session,
      invokeMs,
      returnMs,
      outcome: returnMs === null ? 'info' : 'ok',
      op: 'append',
      args: { ids: isLost ? [`cut ${at} after ${after}`] : ids },
    };
  });
}

function nameOf(event: SessionEvent): string {
  const { seq: _seq, ...said } = event;
  const digest = createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
  return `${event.type} ${digest}`;
}
