// How the agent talks to Ollama: the server is one thing, the model in it another, which is loaded by an empty request and parked by one
// that keeps it for no time (https://docs.ollama.com/faq). Requests that run end first.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Health } from '../health.ts';
import {
  askReady,
  askServer,
  lookTimeoutMs,
  parkTimeoutMs,
  tryJson,
  type Parked,
  type ServerAddress,
  type ServerTalk,
} from './server-talk.ts';

/** A model that is there this long after it was told to go has a request on it. */
const unloadWithinMs = 3_000;
const unloadPollMs = 50;
/** One look waits this long for the load; the next one joins it. */
const loadLookMs = 60_000;

const loadedReply = z.object({ models: z.array(z.object({ name: z.string() })) });

export class OllamaTalk implements ServerTalk {
  readonly #address: ServerAddress;
  readonly #model: string;

  constructor(address: ServerAddress, model: string) {
    this.#address = address;
    this.#model = model;
  }

  /** Ready once the model is in memory, which this look brings about. */
  async look(): Promise<Health | null> {
    const reply = await askReady(this.#address);
    if (reply === null) return null;
    const ready = reply.status === 200 && (await this.wake(loadLookMs));
    return { state: ready ? 'ready' : 'loading', ready, parking: true, loadMs: null };
  }

  async park(): Promise<Parked> {
    const reply = await this.#generate(0, parkTimeoutMs);
    if (reply !== 200) return 'broken';
    const untilMs = performance.now() + unloadWithinMs;
    while (await this.#isLoaded()) {
      if (performance.now() > untilMs) return 'busy';
      await sleep(unloadPollMs);
    }
    return 'parked';
  }

  /** A negative time is for ever: how long it stays is the pool's to say. */
  async wake(withinMs: number): Promise<boolean> {
    return (await this.#generate(-1, withinMs)) === 200;
  }

  async drain(): Promise<void> {
    // Nothing to say.
  }

  async load(): Promise<null> {
    return null;
  }

  async #generate(keepAlive: number, timeoutMs: number): Promise<number | null> {
    const body = { model: this.#model, keep_alive: keepAlive, stream: false };
    const reply = await askServer(this.#address, 'POST', '/api/generate', { timeoutMs, body });
    return reply?.status ?? null;
  }

  /** Its list names a model with its tag, `latest` where none was given. */
  async #isLoaded(): Promise<boolean> {
    const reply = await askServer(this.#address, 'GET', '/api/ps', { timeoutMs: lookTimeoutMs });
    const parsed = loadedReply.safeParse(tryJson(reply?.text ?? ''));
    const names = parsed.success ? parsed.data.models.map(({ name }) => name) : [];
    return names.some((name) => name === this.#model || name === `${this.#model}:latest`);
  }
}
