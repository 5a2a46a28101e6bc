// Answers that a rule lets be given again: looked for before a request is dispatched, kept when its answer has come whole. Owns what happens
// when the store fails: the request goes on without it, and a store that fails in a row is left alone. One for an isolate; holds plain data only.
import { answerKeyText, type AnswerAsk } from '../core/store/answer-key.ts';
import {
  readAnswer,
  renderAnswer,
  type AnswerPlace,
  type AnswerRecord,
} from '../core/store/answer-record.ts';
import { whyNotKept, type AnswerEnd } from '../core/store/may-keep.ts';
import { answerBytesMax } from '../core/store/store-bounds.ts';
import {
  mayAsk,
  noRest,
  noteAnswered,
  noteFault,
  type StoreFault,
  type StoreRest,
} from '../core/store/store-rest.ts';
import type { AnswerStore } from '../store/edge-store.ts';
import type { CacheOutcome } from '../telemetry/request-event.ts';

export interface AnswerQuery extends AnswerAsk {
  readonly kind: AnswerRecord['kind'];
  readonly ttlMs: number;
}

/** What one request lends while it runs. */
export interface CachePorts {
  readonly store: AnswerStore;
  now(): number;
  /** SHA-256 in hex. */
  digest(text: string): Promise<string>;
  waitUntil(work: Promise<unknown>): void;
}

export type FoundAnswer =
  | { readonly outcome: 'hit'; readonly answer: AnswerRecord }
  | { readonly outcome: Exclude<CacheOutcome, 'hit'>; readonly recorder: AnswerRecorder | null };

/** Takes an answer in while it goes to the client. */
export interface AnswerRecorder {
  take(text: string): void;
  /** Keeps the answer if it may be kept; returns at once. */
  end(end: AnswerEnd & AnswerUsage): void;
}

export type AnswerUsage = Pick<AnswerRecord, 'promptTokens' | 'completionTokens'>;

export class AnswerCache {
  #rest: StoreRest = noRest;

  /** Never throws; waits no longer than the store's own bound. */
  async find(query: AnswerQuery, ports: CachePorts): Promise<FoundAnswer> {
    const may = mayAsk(this.#rest, ports.now());
    this.#rest = may.rest;
    if (!may.asks) return { outcome: 'resting', recorder: null };
    const place = { tenant: query.tenant, key: await ports.digest(answerKeyText(query)) };
    const found = await ports.store.readAnswer(place);
    const recorder = this.#recorder(query, place, ports);
    if (!found.ok) return { outcome: this.#fail(found.error, ports), recorder: null };
    if (found.value === null) return this.#miss(recorder);
    const read = readAnswer(found.value, { ...place, ...query, nowMs: ports.now() });
    // A store that hands out another's answer is not to be written to either.
    if (!read.ok) return { outcome: this.#fail('garbage', ports), recorder: null };
    if (read.value === null) return this.#miss(recorder);
    this.#rest = noteAnswered();
    return { outcome: 'hit', answer: read.value };
  }

  #miss(recorder: AnswerRecorder): FoundAnswer {
    this.#rest = noteAnswered();
    return { outcome: 'miss', recorder };
  }

  #fail(fault: StoreFault, ports: CachePorts): StoreFault {
    this.#rest = noteFault(this.#rest, ports.now());
    return fault;
  }

  #recorder(query: AnswerQuery, place: AnswerPlace, ports: CachePorts): AnswerRecorder {
    // Null: it has become larger than what is kept, and none of it is held any more.
    let text: string | null = '';
    return {
      take: (piece) => {
        if (text !== null) text = text.length + piece.length > answerBytesMax ? null : text + piece;
      },
      end: ({ promptTokens, completionTokens, ...end }) => {
        const task = query.path === '/v1/embeddings' ? 'embedding' : 'chat';
        if (text === null || whyNotKept(end, { version: query.version, task }) !== null) return;
        const keptMs = ports.now();
        const expiresMs = keptMs + query.ttlMs;
        const { version, kind } = query;
        const { finishReason } = end;
        const usage = { finishReason, promptTokens, completionTokens };
        const whole = renderAnswer({ ...place, version, kind, text, keptMs, expiresMs, ...usage });
        if (whole !== null) ports.waitUntil(this.#keep(place, { text: whole, expiresMs }, ports));
      },
    };
  }

  async #keep(
    place: AnswerPlace,
    kept: { readonly text: string; readonly expiresMs: number },
    ports: CachePorts,
  ): Promise<void> {
    const done = await ports.store.keepAnswer(place, kept);
    if (!done.ok) this.#fail(done.error, ports);
  }
}
