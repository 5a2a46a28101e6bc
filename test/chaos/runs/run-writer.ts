// A client that starts runs under keys, in every way there is: waits for the answer, follows the stream, or goes away and lets the run end by
// itself. A start that got no answer is sent again under its key until it is accepted.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../../src/core/base/rng.ts';
import { CutFollower } from './cut-follower.ts';
import { toneOf } from './models.ts';
import { call, callUntil, requestInit, type Ask } from './place.ts';
import type { AcceptedRun, World } from './world.ts';

const ACCEPT_MS_MAX = 60_000;
const END_MS_MAX = 90_000;
export const terminalEvents: ReadonlySet<string> = new Set([
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.incomplete',
]);

interface Start {
  readonly function: 'probe-effects' | 'probe-talk';
  readonly input: object;
  readonly key: string;
  readonly steps: number;
  readonly model: boolean;
  readonly tone: string | null;
}

type Way = 'wait' | 'stream' | 'follow' | 'leave';

export class RunWriter {
  readonly #world: World;
  readonly #name: string;
  readonly #draw: Rng;
  /** Starts that were never accepted. */
  stuck = 0;
  /** Keys that named two runs. */
  readonly doubled: string[] = [];

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#draw = world.fork();
  }

  async run(): Promise<void> {
    for (let number = 1; !this.#world.isStopped; number += 1) {
      const key = `${this.#name}-${number}`;
      this.#world.underWay.add(key);
      await this.#one(this.#plan(key));
      this.#world.underWay.delete(key);
      await sleep(this.#draw() * 60);
    }
  }

  async #one(start: Start): Promise<void> {
    const way = this.#drawWay();
    const id = await this.#accept(start, way);
    if (id === null) {
      // One that is broken off because the epoch ends was accepted by nobody.
      if (!this.#world.isStopped) this.stuck += 1;
      return;
    }
    const known = this.#world.runs.get(id);
    if (known !== undefined) this.doubled.push(`${id} was begun by ${known.key} and by ${start.key}`);
    const follower = way === 'stream' || way === 'follow' ? this.#follow(id) : null;
    const { function: name, key, steps, model, tone } = start;
    const run = { id, function: name, key, steps, model, tone, follower, isCancelled: false };
    this.#world.runs.set(id, run);
    // The same key again, now that the run is there: it must mean the same run.
    if (this.#draw() < 0.2) await this.#sendAgain(start, run);
    if (follower !== null) await Promise.race([follower.finish(Infinity), sleep(END_MS_MAX)]);
    else if (way === 'wait') await this.#awaitEnd(id);
  }

  #plan(key: string): Start {
    const steps = 1 + Math.floor(this.#draw() * 4);
    const model = this.#draw() < 0.7;
    const tone = Math.floor(this.#draw() * 16).toString(16);
    if (this.#draw() < 0.25)
      return {
        function: 'probe-talk',
        input: { prompt: toneOf(tone) },
        key,
        steps: 0,
        model: true,
        tone,
      };
    const input = { url: this.#world.effects.url, steps, model };
    return { function: 'probe-effects', input, key, steps, model, tone: null };
  }

  #drawWay(): Way {
    const chance = this.#draw();
    if (chance < 0.25) return 'wait';
    if (chance < 0.5) return 'stream';
    return chance < 0.8 ? 'follow' : 'leave';
  }

  /** Sends the start until it is answered with a run's id. */
  async #accept(start: Start, way: Way): Promise<string | null> {
    const untilMs = Date.now() + ACCEPT_MS_MAX;
    while (Date.now() < untilMs && !this.#world.isStopped) {
      const id = way === 'stream' ? await this.#openStream(start) : await this.#send(start);
      if (id !== null) return id;
      await sleep(30);
    }
    return null;
  }

  async #send(start: Start): Promise<string | null> {
    const reply = await call(this.#world.place, askOf(start, { prefer: 'respond-async' }));
    if (reply?.status === 202) return (reply.body as { id: string }).id;
    this.#world.countRefusal(reply);
    return null;
  }

  /** A stream that is left as soon as it has said which run it is. */
  async #openStream(start: Start): Promise<string | null> {
    const { place } = this.#world;
    try {
      const ask = askOf(start, { accept: 'text/event-stream' });
      const response = await fetch(place.url + ask.path, requestInit(place, ask));
      await response.body?.cancel();
      return response.status === 200 ? response.headers.get('x-pilotlight-run') : null;
    } catch {
      return null;
    }
  }

  async #sendAgain(start: Start, run: AcceptedRun): Promise<void> {
    const again = await this.#send(start);
    if (again !== null && again !== run.id) this.doubled.push(`${start.key} began ${run.id} and ${again}`);
  }

  #follow(id: string): CutFollower {
    const { place, cuts } = this.#world;
    return new CutFollower({
      place,
      path: `/v1/runs/${id}/events`,
      draw: this.#draw,
      cuts,
      isLast: ({ event }) => terminalEvents.has(event),
      onFrame: ({ event, data }) => {
        if (event === 'step.done') this.#world.noteStepDone(id, (JSON.parse(data) as { step: number }).step);
      },
    });
  }

  async #awaitEnd(id: string): Promise<void> {
    const ask = { method: 'GET', path: `/v1/runs/${id}` } as const;
    const hasEnded = ({ body }: { body: unknown }): boolean => {
      const { status, steps } = body as {
        status?: string;
        steps?: readonly { step: number; status: string }[];
      };
      for (const each of steps ?? []) if (each.status === 'settled') this.#world.noteStepDone(id, each.step);
      return status !== undefined && status !== 'active';
    };
    await callUntil(this.#world.place, ask, hasEnded, END_MS_MAX);
  }
}

function askOf(start: Start, headers: Readonly<Record<string, string>>): Ask {
  return {
    method: 'POST',
    path: `/v1/functions/${start.function}`,
    body: start.input,
    headers: { 'idempotency-key': start.key, ...headers },
  };
}
