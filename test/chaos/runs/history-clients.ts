// Eight clients of one session log while the Worker is killed: they append, append behind the end that they know, read from somewhere, fork.
// Whatever got no definite answer is asked again under its key, and is one operation all the same.
import { setTimeout as sleep } from 'node:timers/promises';
import { drawInteger, type Rng } from '../../../src/core/base/rng.ts';
import type { HistoryOp } from '../../../src/core/session/append-log-history.ts';
import type { LoggedMessage } from '../writers.ts';
import { clockMs, nameHistory, type RecordedOp } from './history-log.ts';
import { readMessages, readSessionEvents } from './judge-sessions.ts';
import { call, callUntil, codeOf, type Place, type Reply } from './place.ts';

const CLIENTS = 8;
/** An operation that has had no definite answer after this many tries is left as unknown. */
const TRIES_MAX = 60;
const BETWEEN_TRIES_MS = 40;
const OPEN_MS_MAX = 60_000;
/** Refusals that say that nothing was appended, if the key was never sent before: else the question may stand there already. */
const refusals: ReadonlySet<string> = new Set(['session_busy', 'session_queue_full']);

interface Told {
  readonly reply: Reply | null;
  readonly invokeMs: number;
  readonly returnMs: number;
}

export interface HistoryWish {
  readonly place: Place;
  readonly draw: Rng;
  readonly ops: number;
  /** Counts acknowledged appends: whoever kills may wait for them. */
  readonly news: { count: number };
}

/** Records one history of about `ops` operations. */
export async function recordHistory({ place, draw, ops, news }: HistoryWish): Promise<readonly HistoryOp[]> {
  const body = { model: 'chaos-fast', summaries: 'off' };
  const isOpen = ({ status }: Reply): boolean => status === 201;
  const opened = await callUntil(place, { method: 'POST', path: '/v1/sessions', body }, isOpen, OPEN_MS_MAX);
  if (opened === null) throw new Error('no session could be opened');
  const { id } = opened.body as { id: string };
  const clients = Array.from(
    { length: CLIENTS },
    (_, at) => new HistoryClient(place, id, { name: at + 1, draw, news }),
  );
  const each = Math.ceil(ops / CLIENTS);
  await Promise.all(clients.map((client) => client.run(each)));
  const last = new HistoryClient(place, id, { name: CLIENTS + 1, draw, news });
  const final = await last.readAll(null);
  const events = await readSessionEvents(place, id);
  return nameHistory(
    id,
    [...clients, last].flatMap(({ ops: done }) => done),
    { final, events },
  );
}

class HistoryClient {
  readonly #place: Place;
  readonly #session: string;
  readonly #name: number;
  readonly #draw: Rng;
  readonly #news: HistoryWish['news'];
  readonly ops: RecordedOp[] = [];
  /** The end of the log as far as this client knows. */
  #tailSeq = 0;
  #number = 0;

  constructor(
    place: Place,
    session: string,
    { name, draw, news }: { name: number; draw: Rng; news: HistoryWish['news'] },
  ) {
    this.#place = place;
    this.#session = session;
    this.#name = name;
    this.#draw = draw;
    this.#news = news;
  }

  async run(ops: number): Promise<void> {
    for (let at = 0; at < ops; at += 1) {
      this.#number += 1;
      const chance = this.#draw();
      if (chance < 0.35) await this.#append(null);
      else if (chance < 0.55) await this.#append(this.#tailSeq);
      else if (chance < 0.98) await this.#read(this.#drawPlace(), null);
      else await this.#fork();
      if (this.#draw() < 0.3) await sleep(this.#draw() * 30);
    }
  }

  /** Reads the whole log, or a whole fork of it. */
  async readAll(fork: string | null): Promise<readonly LoggedMessage[]> {
    const all: LoggedMessage[] = [];
    for (;;) {
      const page = await this.#read(all.at(-1)?.seq ?? 0, fork);
      if (page === null) return await readMessages(this.#place, fork ?? this.#session);
      all.push(...page.messages);
      if (!page.hasMore) return all;
    }
  }

  async #append(expectedSeq: number | null): Promise<void> {
    const content = `${this.#name}.${this.#number}`;
    const told = await this.#ask(
      {
        method: 'POST',
        path: `/v1/sessions/${this.#session}/messages`,
        body: { content, ...(expectedSeq === null ? {} : { expected_seq: expectedSeq }) },
        headers: { 'idempotency-key': content },
      },
      (reply, tries) => reply.status === 200 || isRefusal(codeOf(reply), tries),
    );
    const { reply, invokeMs, returnMs } = told;
    const messages =
      reply?.status === 200 ? (reply.body as { messages: readonly LoggedMessage[] }).messages : [];
    for (const { seq } of messages) this.#know(seq);
    const etag = /"(\d+)"/.exec(reply?.headers.get('etag') ?? '')?.[1];
    const tailSeq = reply !== null && etag !== undefined ? Number(etag) : null;
    if (tailSeq !== null) this.#know(tailSeq);
    const outcome = reply === null ? 'info' : reply.status === 200 ? 'ok' : 'fail';
    if (outcome === 'ok') this.#news.count += 1;
    this.ops.push({
      op: 'append',
      client: this.#name,
      invokeMs,
      returnMs: outcome === 'info' ? null : returnMs,
      outcome,
      content,
      expectedSeq,
      messages,
      tailSeq,
    });
  }

  async #read(
    afterSeq: number,
    fork: string | null,
  ): Promise<{ messages: readonly LoggedMessage[]; hasMore: boolean } | null> {
    const path = `/v1/sessions/${fork ?? this.#session}/messages?after=${afterSeq}`;
    const invokeMs = clockMs();
    const reply = await call(this.#place, { method: 'GET', path });
    const returnMs = clockMs();
    // A read without an answer says nothing of the log.
    if (reply?.status !== 200) {
      if (fork !== null || afterSeq > 0) await sleep(BETWEEN_TRIES_MS);
      return null;
    }
    const { data: messages, has_more: hasMore } = reply.body as { data: LoggedMessage[]; has_more: boolean };
    if (fork === null) for (const { seq } of messages) this.#know(seq);
    this.ops.push({
      op: 'read',
      client: this.#name,
      invokeMs,
      returnMs,
      outcome: 'ok',
      afterSeq,
      messages,
      hasMore,
      fork,
    });
    return { messages, hasMore };
  }

  async #fork(): Promise<void> {
    const key = `fork-${this.#name}.${this.#number}`;
    const body = this.#draw() < 0.5 ? {} : { after: drawInteger(this.#draw, 0, this.#tailSeq) };
    const { reply, invokeMs, returnMs } = await this.#ask(
      {
        method: 'POST',
        path: `/v1/sessions/${this.#session}/fork`,
        body,
        headers: { 'idempotency-key': key },
      },
      ({ status }) => status === 201,
    );
    if (reply === null) return;
    const { id: into, forked_from: from } = reply.body as { id: string; forked_from: { after: number } };
    this.ops.push({
      op: 'fork',
      client: this.#name,
      invokeMs,
      returnMs,
      outcome: 'ok',
      afterSeq: from.after,
      into,
    });
    await this.readFork(into);
  }

  async readFork(fork: string): Promise<void> {
    let afterSeq = 0;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const page = await this.#read(afterSeq, fork);
      if (page === null) continue;
      afterSeq = page.messages.at(-1)?.seq ?? afterSeq;
      if (!page.hasMore) return;
    }
  }

  /** Asks until the answer is definite: one operation, from the first asking to that answer. */
  async #ask(
    ask: Parameters<typeof call>[1],
    isDefinite: (reply: Reply, tries: number) => boolean,
  ): Promise<Told> {
    const invokeMs = clockMs();
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const reply = await call(this.#place, ask);
      if (reply !== null && isDefinite(reply, tries)) return { reply, invokeMs, returnMs: clockMs() };
      await sleep(BETWEEN_TRIES_MS);
    }
    return { reply: null, invokeMs, returnMs: clockMs() };
  }

  #drawPlace(): number {
    const chance = this.#draw();
    if (chance < 0.3) return 0;
    return chance < 0.6 ? this.#tailSeq : drawInteger(this.#draw, 0, this.#tailSeq);
  }

  #know(seq: number): void {
    this.#tailSeq = Math.max(this.#tailSeq, seq);
  }
}

/** Only a key that was never heard of is compared with the end of the log. */
function isRefusal(code: string, tries: number): boolean {
  return code === 'sequence_mismatch' || (tries === 0 && refusals.has(code));
}
