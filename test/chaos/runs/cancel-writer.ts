// A client that gives up: it ends slow work by command or by going away, and then looks whether the model still works for nobody. The slow
// model is this client's alone, so that whatever runs there a moment later is an orphan.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../../src/core/base/rng.ts';
import { slowVersion } from './models.ts';
import { call, callUntil, requestInit, type Ask } from './place.ts';
import type { World } from './world.ts';

/** The end of work that nobody wants any more reaches the model within this time; the model itself would take eight seconds. */
const ABORTED_MS_MAX = 3_000;
/** This share of the orders is given and looked at under a truce, while the model works; the others may meet a kill at any moment. */
const TRUCE_SHARE = 0.4;
/** Under a truce work that a kill has thrown back is at the model again within this time. */
const WORKING_MS_MAX = 4_000;
const COMMAND_MS_MAX = 30_000;
const BEGUN_MS_MAX = 10_000;
const QUIET_MS_MAX = 15_000;

export class CancelWriter {
  readonly #world: World;
  readonly #draw: Rng;
  readonly orphans: string[] = [];
  /** Ends after which the model was looked at. */
  looks = 0;
  /** Commands that were never confirmed. */
  stuck = 0;
  #number = 0;

  constructor(world: World) {
    this.#world = world;
    this.#draw = world.fork();
  }

  async run(): Promise<void> {
    while (!this.#world.isStopped) {
      this.#number += 1;
      // What an earlier try has left in the model would be taken for this one's.
      await this.#quiet();
      const chance = this.#draw();
      if (chance < 0.34) await this.#leaveChat();
      else if (chance < 0.67) await this.#cancelTurn();
      else await this.#cancelRun();
      await sleep(100);
    }
  }

  async #quiet(): Promise<void> {
    for (let waitedMs = 0; ((await this.#inFlight()) ?? 0) > 0 && waitedMs < QUIET_MS_MAX; waitedMs += 100)
      await sleep(100);
  }

  async #working(): Promise<void> {
    for (let waitedMs = 0; ((await this.#inFlight()) ?? 0) === 0 && waitedMs < WORKING_MS_MAX; waitedMs += 50)
      await sleep(50);
  }

  async #leaveChat(): Promise<void> {
    const body = { model: 'chaos-slow', stream: true, messages: [{ role: 'user', content: 'go' }] };
    const ask: Ask = { method: 'POST', path: '/v1/chat/completions', body };
    try {
      const response = await fetch(this.#world.place.url + ask.path, requestInit(this.#world.place, ask));
      const reader = response.body?.getReader();
      if (response.status !== 200 || reader === undefined) return;
      await reader.read();
      await sleep(this.#draw() * 400);
      await reader.cancel();
    } catch {
      return;
    }
    await this.#look('a chat whose client went away');
  }

  async #cancelTurn(): Promise<void> {
    const { place } = this.#world;
    const opened = await call(place, {
      method: 'POST',
      path: '/v1/sessions',
      body: { model: 'chaos-slow', summaries: 'off' },
    });
    if (opened?.status !== 201) return;
    const path = `/v1/sessions/${(opened.body as { id: string }).id}`;
    // Its answer is the news that it was cancelled, or it breaks with the Worker.
    void call(place, { method: 'POST', path: `${path}/messages`, body: { content: 'go' } });
    const turnOf = (body: unknown): string | null => (body as { running?: string | null }).running ?? null;
    const isRunning = ({ body }: { body: unknown }): boolean => turnOf(body) !== null;
    const shown = await callUntil(place, { method: 'GET', path }, isRunning, BEGUN_MS_MAX);
    const turn = turnOf(shown?.body ?? {});
    if (turn === null) return;
    await sleep(200 + this.#draw() * 600);
    await this.#command(`${path}/turns/${turn}/cancel`, 'a session turn that was cancelled');
  }

  async #cancelRun(): Promise<void> {
    const { place } = this.#world;
    const key = `cancelled-${this.#number}`;
    const ask: Ask = {
      method: 'POST',
      path: '/v1/functions/probe-chain',
      body: {},
      headers: { 'idempotency-key': key, prefer: 'respond-async' },
    };
    const begun = await callUntil(place, ask, ({ status }) => status === 202, BEGUN_MS_MAX);
    if (begun === null) return;
    const { id } = begun.body as { id: string };
    const run = { id, function: 'probe-chain', key, steps: 0, model: true, tone: null, follower: null };
    const accepted = { ...run, isCancelled: true };
    this.#world.runs.set(id, accepted);
    const isAtSlow = ({ body }: { body: unknown }): boolean =>
      ((body as { steps?: readonly object[] }).steps?.length ?? 0) >= 3;
    await callUntil(place, { method: 'GET', path: `/v1/runs/${id}` }, isAtSlow, BEGUN_MS_MAX);
    await sleep(200 + this.#draw() * 600);
    await this.#command(`/v1/runs/${id}/cancel`, 'a run that was cancelled');
  }

  /** Gives the order, and looks whether it was followed. */
  async #command(path: string, what: string): Promise<void> {
    this.#world.isTruce = this.#draw() < TRUCE_SHARE;
    try {
      if (this.#world.isTruce) await this.#working();
      if (await this.#order(path)) await this.#look(what);
    } finally {
      this.#world.isTruce = false;
    }
  }

  async #order(path: string): Promise<boolean> {
    const isDone = ({ status }: { status: number }): boolean => status === 200;
    const done = await callUntil(
      this.#world.place,
      { method: 'POST', path, body: {} },
      isDone,
      COMMAND_MS_MAX,
    );
    if (done === null) this.stuck += 1;
    return done !== null;
  }

  /** Asks the slow model's server until nothing is in flight there. */
  async #look(what: string): Promise<void> {
    const untilMs = Date.now() + ABORTED_MS_MAX;
    let inFlight = await this.#inFlight();
    if (inFlight === null) return;
    this.looks += 1;
    while (inFlight > 0) {
      if (Date.now() > untilMs) {
        this.orphans.push(`${what}: the model works on ${inFlight} requests ${ABORTED_MS_MAX} ms later`);
        return;
      }
      await sleep(50);
      // A server that was killed meanwhile works for nobody.
      inFlight = (await this.#inFlight()) ?? 0;
    }
  }

  async #inFlight(): Promise<number | null> {
    const { url, token } = this.#world.agent;
    try {
      const pool = encodeURIComponent(`${slowVersion}~local`);
      const headers = { authorization: `Bearer ${token}` };
      const listed = await fetch(`${url}/v1/replicas?pool=${pool}`, { headers });
      const { replicas } = (await listed.json()) as { replicas: readonly { endpoint: string | null }[] };
      const endpoint = replicas.find((replica) => replica.endpoint !== null)?.endpoint ?? null;
      if (endpoint === null) return null;
      const counters = await fetch(`${endpoint}/control/counters`);
      return ((await counters.json()) as { inFlight: number }).inFlight;
    } catch {
      return null;
    }
  }
}
