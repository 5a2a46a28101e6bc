// Pools of model servers on loopback for the tests of attempts: each answers call after call as it is told, all say the same sixty words
// when they are well, and the official client reads them through dispatch. Real sockets; what is withheld is withheld for good.
import type http from 'node:http';
import OpenAI from 'openai';
import { renderFailure } from '../../../src/core/api/render-failure.ts';
import { err, ok } from '../../../src/core/base/result.ts';
import {
  STEADFAST_POLICY,
  type AttemptReport,
  type AttemptTarget,
} from '../../../src/hosts/attempt-target.ts';
import { dispatch } from '../../../src/hosts/dispatch.ts';
import type { DispatchLimits, DispatchPorts, DispatchRequest } from '../../../src/hosts/dispatch.ts';
import type { SlotGrant, SlotOutcome } from '../../../src/hosts/ports.ts';
import { DONE, keepSummary, LIMITS } from './faulty-replica.ts';
import { startServer } from './loopback-server.ts';

export const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`);
export const ANSWER = WORDS.join(' ');
const PROMPT_TOKENS = 9;

export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}
/** How one call is answered. */
export type Script = (res: http.ServerResponse, ask: Ask) => void;

interface Told {
  /** Words from this one on; what the request brings along is gone on from unless `restarts`. */
  readonly to?: number;
  readonly instead?: (res: http.ServerResponse) => void;
  readonly restarts?: boolean;
  readonly words?: readonly string[];
}

function event(model: string, delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model, choices })}\n\n`;
}

function usageEvent(model: string, prompt: number, completion: number): string {
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model, choices: [], usage })}\n\n`;
}

/** A good stream, up to word `to`, after which `instead` happens in place of its end. */
export function say({ to, instead, restarts = false, words = WORDS }: Told = {}): Script {
  return (res, { model, messages }) => {
    const last = messages.at(-1);
    const begun = !restarts && last?.role === 'assistant' ? last.content.split(' ').length : 0;
    const upTo = Math.max(begun, to ?? words.length);
    const piece = (at: number): string => event(model, { content: `${at === 0 ? '' : ' '}${words[at]}` });
    const said = words.slice(begun, upTo).map((_, index) => piece(begun + index));
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = event(model, { role: 'assistant', content: '' }) + said.join('');
    if (instead !== undefined && upTo < words.length) {
      // In two pieces, so that the client has the first words before anything goes wrong.
      res.write(text, () => setTimeout(() => instead(res), 5));
      return;
    }
    const usage = usageEvent(model, PROMPT_TOKENS + begun, words.length - begun);
    res.end(`${text}${event(model, {}, 'stop')}${usage}${DONE}`);
  };
}

export const cut = (res: http.ServerResponse): void => void res.socket?.resetAndDestroy();
export const silence = (): void => {};
export const never: Script = () => {};

export function refuse(status: number, code: string, headers: Record<string, string> = {}): Script {
  return (res) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(JSON.stringify({ error: { message: `told to refuse: ${code}`, code, param: null } }));
  };
}

export function makeTarget(version: string, more: Partial<AttemptTarget> = {}): AttemptTarget {
  const messages = [{ role: 'user', content: 'hi' }];
  return {
    pool: version,
    version,
    body: JSON.stringify({ model: version, stream: true, messages }),
    ...more,
  };
}

export interface FakePool {
  readonly name: string;
  readonly asks: Ask[];
  readonly times: number[];
  open(): number;
}

export interface BenchSettings {
  /** The calls of each pool, in order; the last script is for all further ones. */
  readonly pools: Readonly<Record<string, readonly Script[]>>;
  readonly request?: Partial<DispatchRequest>;
  readonly limits?: Partial<DispatchLimits>;
  readonly ports?: Partial<DispatchPorts>;
}

export class AttemptBench {
  readonly released: SlotOutcome[] = [];
  readonly reports: AttemptReport[] = [];
  readonly summaries = keepSummary();
  readonly pools = new Map<string, FakePool>();
  readonly #leases = new Set<string>();
  readonly #works: Promise<unknown>[] = [];
  readonly #endpoints = new Map<string, string>();
  #settings: BenchSettings = { pools: {} };
  #granted = 0;

  async start(settings: BenchSettings): Promise<this> {
    this.#settings = settings;
    for (const [name, scripts] of Object.entries(settings.pools)) await this.#startPool(name, scripts);
    return this;
  }

  pool(name: string): FakePool {
    const found = this.pools.get(name);
    if (found === undefined) throw new Error(`no pool ${name}`);
    return found;
  }

  ports(): DispatchPorts {
    return {
      acquire: async ({ pool, avoid = [] }) => {
        const endpoint = this.#endpoints.get(pool);
        if (endpoint === undefined) return err({ kind: 'queue-full', retryAfterMs: 1_000 });
        this.#granted += 1;
        const leaseId = `lease-${this.#granted}`;
        this.#leases.add(leaseId);
        // Two replicas, of which the second is for whoever does not want the first.
        const replicaId = avoid.includes(`${pool}/1`) ? `${pool}/2` : `${pool}/1`;
        return ok<SlotGrant>({ leaseId, pool, replicaId, endpoint, warmth: 'hot' });
      },
      release: (grant, outcome) => {
        if (!this.#leases.delete(grant.leaseId)) throw new Error(`${grant.leaseId} was given back twice`);
        this.released.push(outcome);
      },
      fetch: (url, init) => fetch(url, init),
      now: () => Date.now(),
      waitUntil: (work) => void this.#works.push(work),
      onAttempt: (report) => void this.reports.push(report),
      random: () => 0,
      ...this.#settings.ports,
    };
  }

  request(stream: boolean): DispatchRequest {
    return {
      attempts: Object.keys(this.#settings.pools).map((pool) => makeTarget(pool)),
      policy: STEADFAST_POLICY,
      tenant: 'demo',
      requestId: 'req-1',
      path: '/v1/chat/completions',
      stream,
      signal: new AbortController().signal,
      startedMs: Date.now(),
      onEnd: this.summaries.onEnd,
      ...this.#settings.request,
    };
  }

  dispatch(stream = true) {
    return this.dispatchWith(this.ports(), stream);
  }

  dispatchWith(ports: DispatchPorts, stream = true) {
    return dispatch(ports, this.request(stream), { ...LIMITS, ...this.#settings.limits });
  }

  /** What the official client makes of it, and everything over and given back. */
  async chat(stream = true) {
    const raw: string[] = [];
    const client = await this.#openDoor(raw);
    const seen: { text: string; model: string; usage: unknown; error: unknown } = {
      text: '',
      model: '',
      usage: null,
      error: null,
    };
    try {
      if (stream) {
        for await (const chunk of await client.chat.completions.create({ ...ASK, stream })) {
          seen.text += chunk.choices[0]?.delta.content ?? '';
          seen.model = chunk.model;
          seen.usage = chunk.usage ?? seen.usage;
        }
      } else {
        const reply = await client.chat.completions.create(ASK);
        Object.assign(seen, {
          text: reply.choices[0]?.message.content,
          model: reply.model,
          usage: reply.usage,
        });
      }
    } catch (error) {
      seen.error = error;
    }
    await this.settled();
    const [summary] = this.summaries.summaries;
    return { ...seen, raw: raw.join(''), summary, reports: this.reports, released: this.released };
  }

  async settled(): Promise<void> {
    for (const work of this.#works) await work;
    if (this.#leases.size > 0) throw new Error(`slots were not given back: ${[...this.#leases].join()}`);
  }

  async #startPool(name: string, scripts: readonly Script[]): Promise<void> {
    if (scripts.length === 0) return;
    const asks: Ask[] = [];
    const times: number[] = [];
    let open = 0;
    const endpoint = await this.#listen(async (req, res) => {
      open += 1;
      res.on('close', () => (open -= 1));
      const ask = JSON.parse(await readAll(req)) as Ask;
      asks.push(ask);
      times.push(Date.now());
      scripts[Math.min(asks.length, scripts.length) - 1]?.(res, ask);
    });
    this.#endpoints.set(name, endpoint);
    this.pools.set(name, { name, asks, times, open: () => open });
  }

  async #openDoor(raw: string[]): Promise<OpenAI> {
    const endpoint = await this.#listen(async (req, res) => {
      const { stream = false } = JSON.parse(await readAll(req)) as { stream?: boolean };
      const outcome = await this.dispatch(stream);
      if (outcome.kind === 'failed') {
        const { status, headers, body } = renderFailure(outcome.failure);
        return void res
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(body));
      }
      if (outcome.kind === 'json')
        return void res.writeHead(200, { 'content-type': 'application/json' }).end(outcome.body);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for await (const chunk of outcome.body) {
        raw.push(new TextDecoder().decode(chunk));
        res.write(chunk);
      }
      res.end();
    });
    return new OpenAI({ baseURL: `${endpoint}/v1`, apiKey: 'k', maxRetries: 0, logLevel: 'off' });
  }

  async #listen(
    serve: (req: http.IncomingMessage, res: http.ServerResponse) => Promise<void>,
  ): Promise<string> {
    const { endpoint } = await startServer((req, res) => void serve(req, res));
    return endpoint;
  }
}

const ASK = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };

async function readAll(req: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text;
}
