// Clients under chaos: each writes to a session of its own, one message after the other, and sends a message again under its key until
// it is acknowledged. They remember what was acknowledged; the log must agree.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../support/stack.ts';

export interface Acknowledged {
  readonly content: string;
  readonly userSeq: number;
  readonly answer: string;
}

export interface LoggedMessage {
  readonly seq: number;
  readonly role: string;
  readonly content: string;
}

/** A message that is not acknowledged after this many sends shows that the service does not come back. */
const sendsMax = 400;
const sendTimeoutMs = 15_000;

export class SessionWriter {
  readonly #stack: Stack;
  readonly #name: string;
  readonly acknowledged: Acknowledged[] = [];
  #session = '';
  #stopped = false;
  retries = 0;
  stuck = false;
  /** How often which refusal came. */
  readonly refusals = new Map<string, number>();
  /** The last refusal, for whoever looks into a writer that is stuck. */
  lastWords = '';

  constructor(stack: Stack, name: string) {
    this.#stack = stack;
    this.#name = name;
  }

  async run(): Promise<void> {
    for (let number = 1; !this.#stopped; number += 1) {
      if (this.#session === '') await this.#open();
      else await this.#write(`What is a token? (${this.#name}.${number})`, `${this.#name}-${number}`);
      await sleep(20 + ((number * 37) % 150));
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** What is wrong with the session's log: lost, doubled or reordered messages. */
  async check(): Promise<readonly string[]> {
    return findBroken(this.#name, await this.#readLog(), this.acknowledged);
  }

  async #open(): Promise<void> {
    const reply = await this.#call('POST', '/v1/sessions', { model: 'assistant' }, {});
    if (reply?.status === 201) this.#session = (reply.body as { id: string }).id;
  }

  async #write(content: string, key: string): Promise<void> {
    for (let send = 1; send <= sendsMax; send += 1) {
      const reply = await this.#call(
        'POST',
        `/v1/sessions/${this.#session}/messages`,
        { content },
        { 'idempotency-key': key },
      );
      if (reply?.status === 200) return this.#acknowledge(content, reply.body);
      this.retries += 1;
      this.#count(reply);
      this.lastWords = reply === null ? 'no answer' : `${reply.status} ${JSON.stringify(reply.body)}`;
      if (this.#stopped && send > 40) return;
      await sleep(100);
    }
    this.stuck = true;
    console.log(`${this.#name} is stuck: ${this.lastWords}`);
  }

  #count(reply: { status: number; body: unknown } | null): void {
    const code = (reply?.body as { error?: { code?: string } } | undefined)?.error?.code ?? 'no answer';
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  #acknowledge(content: string, body: unknown): void {
    const { messages } = body as { messages: readonly { seq: number; role: string; content: string }[] };
    const user = messages.find((message) => message.role === 'user');
    const answer = messages.find((message) => message.role === 'assistant');
    this.acknowledged.push({ content, userSeq: user?.seq ?? -1, answer: answer?.content ?? '' });
  }

  async #readLog(): Promise<readonly LoggedMessage[]> {
    const log: LoggedMessage[] = [];
    for (let more = true; more;) {
      const reply = await this.#call(
        'GET',
        `/v1/sessions/${this.#session}/messages?after=${log.at(-1)?.seq ?? 0}`,
        undefined,
        {},
      );
      const page = reply?.body as { data: typeof log; has_more: boolean };
      log.push(...page.data);
      more = page.has_more;
    }
    return log;
  }

  async #call(
    method: string,
    path: string,
    body: object | undefined,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: unknown } | null> {
    try {
      const response = await fetch(this.#stack.url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.#stack.key}`,
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(sendTimeoutMs),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return null;
    }
  }
}

/** Compares a log with what its writer was told: a gap, a message that is lost, doubled or moved, an answer that is not there. */
export function findBroken(
  name: string,
  log: readonly LoggedMessage[],
  acknowledged: readonly Acknowledged[],
): readonly string[] {
  const broken: string[] = [];
  log.forEach(({ seq }, at) => {
    if (seq !== at + 1) broken.push(`${name}: seq ${seq} at place ${at + 1}`);
  });
  for (const { content, userSeq, answer } of acknowledged) {
    const found = log.filter((message) => message.content === content);
    if (found.length !== 1) broken.push(`${name}: "${content}" is ${found.length} times in the log`);
    else if (userSeq > 0 && found[0]?.seq !== userSeq)
      broken.push(`${name}: "${content}" moved from ${userSeq} to ${found[0]?.seq}`);
    if (
      userSeq > 0 &&
      !log.some(
        (message) => message.role === 'assistant' && message.seq > userSeq && message.content === answer,
      )
    ) {
      broken.push(`${name}: the answer to "${content}" is lost`);
    }
  }
  return broken;
}
