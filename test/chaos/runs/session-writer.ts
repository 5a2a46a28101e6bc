// A client that writes to a session of its own, one message after the other, and sends a message again under its key until it is acknowledged;
// at times it follows the answer as a stream. A follower with cut connections reads the same session's events.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../../src/core/base/rng.ts';
import type { Acknowledged } from '../writers.ts';
import { CutFollower } from './cut-follower.ts';
import { toneOf } from './models.ts';
import { call, codeOf, requestInit, type Ask } from './place.ts';
import { FrameSplitter } from './sse.ts';
import type { World } from './world.ts';

/** A message that is not acknowledged within this time shows that the service does not come back. */
const ACKNOWLEDGE_MS_MAX = 90_000;
/** When the epoch ends, a message under way has this long. */
const LAST_MS = 20_000;

/** Of the messages, those that are sent twice at once under one key. */
const COPY_SHARE = 0.15;

export interface SeenText {
  readonly turn: string;
  readonly text: string;
}

export class SessionWriter {
  readonly #world: World;
  readonly name: string;
  readonly model: string;
  readonly #draw: Rng;
  session = '';
  follower: CutFollower | null = null;
  readonly sent: string[] = [];
  readonly acknowledged: (Acknowledged & { readonly tone: string })[] = [];
  /** Text of streams that broke off: it must be in the log. */
  readonly seen: SeenText[] = [];
  retries = 0;
  stuck = 0;
  lastWords = '';

  constructor(world: World, name: string, model: string) {
    this.#world = world;
    this.name = name;
    this.model = model;
    this.#draw = world.fork();
  }

  async run(): Promise<void> {
    for (let number = 1; !this.#world.isStopped; number += 1) {
      if (this.session === '') await this.#open();
      else await this.#write(number);
      await sleep(this.#draw() * 60);
    }
  }

  async #open(): Promise<void> {
    const body = { model: this.model, summaries: 'off' };
    const reply = await call(this.#world.place, { method: 'POST', path: '/v1/sessions', body });
    if (reply?.status !== 201) return;
    this.session = (reply.body as { id: string }).id;
    this.follower = this.#follow();
  }

  async #write(number: number): Promise<void> {
    const tone = Math.floor(this.#draw() * 16).toString(16);
    // Without a tone the model's words follow from the whole conversation, and no two answers are the same.
    const what = this.model.startsWith('function:') ? toneOf(tone) : 'ohne Ton';
    const content = `${this.name}.${number} ${what} grüße 🌊 über die Brücke`;
    const key = `${this.name}-${number}`;
    this.sent.push(content);
    this.#world.underWay.add(key);
    const sinceMs = Date.now();
    while (!(await this.#sendOnce({ content, key, tone }))) {
      this.retries += 1;
      const tookMs = Date.now() - sinceMs;
      if (tookMs > ACKNOWLEDGE_MS_MAX) {
        this.stuck += 1;
        console.log(`${this.name} is stuck: ${this.lastWords}`);
        break;
      }
      if (this.#world.isStopped && tookMs > LAST_MS) break;
      await sleep(40);
    }
    this.#world.underWay.delete(key);
  }

  async #sendOnce(message: { content: string; key: string; tone: string }): Promise<boolean> {
    const asStream = this.#draw() < 0.4;
    const ask: Ask = {
      method: 'POST',
      path: `/v1/sessions/${this.session}/messages`,
      body: { content: message.content },
      headers: { 'idempotency-key': message.key, ...(asStream ? { accept: 'text/event-stream' } : {}) },
    };
    // A copy of the message on its way at the same time must not become a second one.
    if (this.#draw() < COPY_SHARE)
      void call(this.#world.place, { ...ask, headers: { 'idempotency-key': message.key } });
    if (asStream) return await this.#stream(ask, message);
    const reply = await call(this.#world.place, ask);
    if (reply?.status === 200) return this.#acknowledge(message, reply.body);
    this.#world.countRefusal(reply);
    this.lastWords = codeOf(reply);
    return false;
  }

  /** Reads the turn as it is made; true when it was completed before our eyes. */
  async #stream(ask: Ask, message: { content: string; tone: string }): Promise<boolean> {
    const { place } = this.#world;
    let turn = '';
    let text = '';
    try {
      const response = await fetch(place.url + ask.path, requestInit(place, ask));
      if (response.status !== 200 || response.body === null) return false;
      turn = response.headers.get('x-pilotlight-turn') ?? '';
      const splitter = new FrameSplitter();
      for await (const chunk of response.body) {
        for (const { event, data } of splitter.push(Buffer.from(chunk))) {
          if (event === 'message.delta') text += (JSON.parse(data) as { text: string }).text;
          if (event === 'turn.completed') return this.#acknowledge(message, JSON.parse(data));
        }
      }
    } catch {
      // What was read before the break counts.
    } finally {
      if (turn !== '') this.seen.push({ turn, text });
    }
    return false;
  }

  #acknowledge({ content, tone }: { content: string; tone: string }, body: unknown): boolean {
    const { messages } = body as { messages: readonly { seq: number; role: string; content: string }[] };
    const user = messages.find((message) => message.role === 'user');
    const answer = messages.find((message) => message.role === 'assistant');
    this.#world.news += 1;
    this.acknowledged.push({
      content,
      userSeq: user?.seq ?? -1,
      answer: answer?.content ?? '',
      tone,
    });
    return true;
  }

  #follow(): CutFollower {
    const { place, cuts } = this.#world;
    return new CutFollower({
      place,
      path: `/v1/sessions/${this.session}/events`,
      draw: this.#draw,
      cuts,
      isLast: () => false,
    });
  }
}
