// The trials of a failover, one after the other. Crash: SIGKILL of the replica that answers a request. Burst: SIGKILL of one of three replicas
// while requests are in flight and just before others come, each at a moment of its own. Black hole: SIGSTOP of the busiest one in the same way.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile } from '../../../src/cli/checks.ts';
import { makeRng, type Rng } from '../../../src/core/base/rng.ts';
import type { Ask } from '../load/ask.ts';
import { newAgent } from '../load/open-loop.ts';
import { send, type Answered, type Target } from '../load/send.ts';
import type { PoolSpec } from '../models.ts';
import { readCounters, type RigReplica } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { FreshReplicas } from './fresh-replicas.ts';

export const MODEL = 'swift';
export const POOL = 'swift@1';
export const SPARE = 'spare@1';
export const LIMIT_MS = 10_000;

/** The pace of a large model. At a faster one nine streams at once are a load of their own, and what is measured is how fast tokens are handed on. */
const shape = { firstTokenMs: 150, tokenMs: 10, tokens: 6 };
/** A handful of trials a second would be all there is, and every kill a tenth of it. */
export const BYSTANDER = 'bystander@1';
export const CRASH = { trialMs: 1_200, bystandersPerSecond: 48 } as const;
/**
 * All nine requests of a trial may meet the dead replica: at this pace these are fewer than the share of extra attempts that the gateway
 * allows itself. Kills that come faster measure that share, and not how long a failover takes.
 */
export const BURST = { trialMs: 2_500, bystandersPerSecond: 48 } as const;
/** A stopped replica is met with second calls for speed, which are allowed half of that share: so fewer requests, and more time. */
export const HOLE = { trialMs: 6_000, bystandersPerSecond: 60 } as const;
/** Within this the requests of a trial arrive; all have reached their replicas `SENT_MS` later, and none has a token. */
const ARRIVE_MS = 90;
const SENT_MS = 30;
/** The one request of a trial is cut off within this: who answers it has to be asked for first, which may take as long again. */
const ALONE_MS = 50;
/** Nobody has noticed anything when those that come after the kill arrive. */
const UNSEEN_MS = 10;
export const brief = { firstTokenMs: 20, tokenMs: 1, tokens: 4 };

export const pools: readonly PoolSpec[] = [
  { id: POOL, replicas: 3, slots: 8, ...shape },
  { id: SPARE, replicas: 1, slots: 16, ...shape },
  { id: BYSTANDER, replicas: 1, slots: 8, ...brief },
];

export interface Usual {
  readonly took: number;
  readonly firstP50: number;
  readonly firstP95: number;
}

export interface Crashed extends Answered {
  /** When its replica was killed, after it was sent; 0 for those that came after the kill. */
  readonly killedAfterMs: number;
  /** How long after the kill a client connected to the replica itself saw its end: nobody can know of it before. */
  readonly seenAfterMs: number;
}

export class Trials {
  readonly #stack: RigStack;
  readonly #target: Target;
  readonly #draw: Rng;
  readonly #fresh: FreshReplicas;
  #index = 0;

  constructor(stack: RigStack, seed: number) {
    this.#stack = stack;
    this.#target = { port: stack.port, agent: newAgent() };
    this.#draw = makeRng(seed);
    this.#fresh = new FreshReplicas(stack);
  }

  /** What requests take when nothing is broken; the gateway learns it too. */
  async learn(requests: number): Promise<Usual> {
    await this.#untilWhole();
    const answers: Answered[] = [];
    for (let sent = 0; sent < requests; sent += 6) {
      answers.push(...(await Promise.all(this.#askWithin(ARRIVE_MS, 6, true))));
    }
    const firstMs = answers.flatMap(({ firstTextMs }) => firstTextMs ?? []);
    return {
      took: median(answers.map(({ tookMs }) => tookMs)),
      firstP50: median(firstMs),
      firstP95: quantile(firstMs, 0.95),
    };
  }

  /** One request at a time: what a crash costs whoever meets it. */
  async crash(trials: number): Promise<readonly Crashed[]> {
    const answers: Crashed[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const calm = sleep(CRASH.trialMs);
      const inFlight = this.#ask(trial % 2 === 0);
      await sleep(SENT_MS + this.#draw() * ALONE_MS);
      answers.push(...(await this.#kill(await this.#busiest(), [inFlight], () => [])));
      await this.#untilWhole();
      await calm;
    }
    return answers;
  }

  /** Nine at once: they share the gateway's one thread with each other, and two cores with the process that ends. */
  async burst(trials: number): Promise<readonly Crashed[]> {
    const answers: Crashed[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const calm = sleep(BURST.trialMs);
      const inFlight = this.#askWithin(ARRIVE_MS, 6, trial % 2 === 0);
      await sleep(ARRIVE_MS + SENT_MS);
      const replicas = await this.#stack.replicas.list(POOL);
      const victim = replicas[Math.floor(this.#draw() * replicas.length)] ?? null;
      const after = (): Promise<Answered>[] => this.#askWithin(UNSEEN_MS, 3, trial % 2 === 0);
      answers.push(...(await this.#kill(victim, inFlight, after)));
      await this.#untilWhole();
      await calm;
    }
    return answers;
  }

  async blackHole(trials: number): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const calm = sleep(HOLE.trialMs);
      const inFlight = this.#askWithin(ARRIVE_MS, 4, true);
      await sleep(ARRIVE_MS + SENT_MS);
      const victim = await this.#busiest();
      if (victim !== null) this.#stack.nemesis.stop(victim.pid);
      const after = this.#askWithin(UNSEEN_MS, 2, true);
      answers.push(...(await Promise.all([...inFlight, ...after])));
      this.#stack.nemesis.goAll();
      await this.#untilWhole();
      // Its requests are answered late, to nobody, and its health is judged anew.
      for (let asked = 0; asked < 10; asked += 1) await this.#ask(true);
      await calm;
    }
    return answers;
  }

  /** `after` asks what comes when nobody has noticed anything. */
  async #kill(
    victim: RigReplica | null,
    inFlight: readonly Promise<Answered>[],
    after: () => readonly Promise<Answered>[],
  ): Promise<readonly Crashed[]> {
    const control = victim === null ? null : await watchEnd(victim);
    const killedMs = performance.now();
    if (victim !== null) this.#stack.nemesis.kill(victim.pid);
    const ended = await Promise.all([...inFlight, ...after()]);
    const seenMs = control === null ? killedMs : await control.endedMs;
    return ended.map((answered) => {
      const killedAfterMs = Math.max(0, killedMs - answered.intendedMs);
      return Object.assign({ killedAfterMs, seenAfterMs: seenMs - killedMs }, answered);
    });
  }

  /** Requests gather on few replicas: another one could fall silent, or die, unseen. */
  async #busiest(): Promise<RigReplica | null> {
    let busiest: RigReplica | null = null;
    let most = 0;
    for (const replica of await this.#stack.replicas.list(POOL)) {
      const { inFlight } = (await readCounters(replica)) ?? { inFlight: 0 };
      if (inFlight > most) [busiest, most] = [replica, inFlight];
    }
    return busiest;
  }

  async #untilWhole(): Promise<void> {
    await this.#stack.warm(async () => undefined);
    for (const pool of [POOL, SPARE]) await this.#fresh.settle({ pool, tokens: shape.tokens });
  }

  /** So many requests, each at a moment of its own: at one and the same they would wait for each other, at the gateway and ever after. */
  #askWithin(ms: number, count: number, isStream: boolean): Promise<Answered>[] {
    const atMs = Array.from({ length: count }, () => this.#draw() * ms);
    return atMs.map(async (each) => {
      await sleep(each);
      return this.#ask(isStream);
    });
  }

  #ask(isStream: boolean): Promise<Answered> {
    this.#index += 1;
    const ask: Ask = {
      model: MODEL,
      key: this.#stack.key,
      prompt: `failover ${this.#index}`,
      stream: isStream,
      tokens: shape.tokens,
      limitMs: LIMIT_MS,
    };
    return send(this.#target, ask).answered;
  }
}

/** A connection to the replica itself, of a client that asks for nothing; `endedMs`: when the client was told of its end. */
async function watchEnd({ endpoint }: RigReplica): Promise<{ readonly endedMs: Promise<number> }> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  const ended = Promise.withResolvers<number>();
  // A reset is an end like any other, and is told as an error first.
  socket.on('error', () => undefined);
  socket.once('close', () => ended.resolve(performance.now()));
  await Promise.race([new Promise((done) => socket.once('connect', done)), ended.promise]);
  return { endedMs: ended.promise };
}
