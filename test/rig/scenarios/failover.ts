// How much longer a request takes when its replica dies or falls silent: trials one after the other, each against the same request without a
// fault. Crash: SIGKILL while requests are in flight and just before others come. Black hole: SIGSTOP of the busiest one in the same way.
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile } from '../../../src/cli/checks.ts';
import { makeRng, type Rng } from '../../../src/core/base/rng.ts';
import type { Ask } from '../load/ask.ts';
import { startBystanders } from '../load/bystanders.ts';
import { newAgent } from '../load/open-loop.ts';
import { send, type Answered, type Target } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import { chain } from '../rules.ts';
import { atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { readCounters, type RigReplica } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { readEvents } from '../stack/worker-log.ts';
import { FreshReplicas } from './fresh-replicas.ts';

const MODEL = 'swift';
const POOL = 'swift@1';
const SPARE = 'spare@1';
const LIMIT_MS = 10_000;

const shape = { firstTokenMs: 150, tokenMs: 2, tokens: 26 };
/** A handful of trials a second would be all there is, and every kill a tenth of it. */
const BYSTANDER = 'bystander@1';
const BYSTANDERS_PER_SECOND = 60;
/**
 * All nine requests of a trial may meet the dead replica: at this pace these are fewer than the share of extra attempts that the gateway
 * allows itself. Kills that come faster measure that share, and not how long a failover takes.
 */
const TRIAL_MS_MIN = 2_000;
/** Requests have reached their replicas by then, and none has a token. */
const SENT_MS = 30;
const brief = { firstTokenMs: 20, tokenMs: 1, tokens: 4 };

const pools: readonly PoolSpec[] = [
  { id: POOL, replicas: 3, slots: 8, ...shape },
  { id: SPARE, replicas: 1, slots: 16, ...shape },
  { id: BYSTANDER, replicas: 1, slots: 8, ...brief },
];

export const failover: Scenario = {
  name: 'failover',
  about: 'trials of SIGKILL and SIGSTOP of one of three replicas under a few requests',
  plants: {
    'no-timeouts': { without: ['timeouts', 'hedge'], breaks: ['failover.blackHoleRatio'] },
    /** A request whose replica has died waits a second before it asks another one. */
    'slow-retry': {
      edits: [
        {
          file: 'src/hosts/call-replica.ts',
          find: 'const lease = await leaseSlot(attempt);',
          replace:
            "if (attempt.settings.kind === 'retry') await new Promise((done) => setTimeout(done, 1_000));\n  const lease = await leaseSlot(attempt);",
        },
      ],
      breaks: ['failover.crashMsP50', 'failover.crashMsP99'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const rule = chain({
    model: MODEL,
    first: POOL,
    fallbacks: [SPARE],
    ...(context.has('timeouts') ? { timeouts: { firstTokenMs: 2_000, idleMs: 2_000 } } : {}),
    ...(context.has('hedge') ? { hedge: 'p95' as const } : {}),
  });
  const stack = await context.open({ pools, rules: [rule], isAgentBehind: true });
  const trial = new Trials(stack, context.seed);
  const learned = context.isQuick ? 150 : 600;
  const { kills, stops } = countTrials(context);
  const usual = await trial.learn(learned);
  const bystanders = startBystanders({
    port: stack.port,
    seed: context.seed,
    perSecond: BYSTANDERS_PER_SECOND,
    ask: (index) => ({
      model: BYSTANDER,
      key: stack.key,
      prompt: `bystander ${index}`,
      stream: false,
      tokens: brief.tokens,
      limitMs: LIMIT_MS,
    }),
  });
  const crash = await trial.crash(kills);
  context.say(`crash: ${crash.length} requests; ${sayErrors(crash)}`);
  // What was usual while processes died and started beside is not what is usual now: neither for this figure, nor for when the gateway hedges.
  const calm = await trial.learn(learned);
  const hole = await trial.blackHole(stops);
  context.say(`black hole: ${hole.length} requests; ${sayErrors(hole)}`);
  await bystanders();
  const { hit, extraMs, spared } = extraOf(stack, crash, usual.took);
  const silenced = lateOf(stack, hole, calm);
  const bad = [...crash, ...hole].filter(({ verdict }) => verdict !== 'ok').length;
  const asked = crash.length + hole.length;
  return {
    facts: [
      `without a fault: whole answer ${usual.took.toFixed(0)} ms (median), first text ${sayFirst(usual)}; before the black holes ${sayFirst(calm)}`,
      `requests that met no dead replica around the same moments, while a new process started on the same two cores: ${sayExtra(spared)}`,
      `${crash.length} requests around ${kills} kills, ${hit} of them met a dead replica`,
      `${silenced.lateMs.length} of ${hole.length} requests beside a stopped replica were asked twice; their first text came after ${(quantile(silenced.wholeMs, 0.99) / calm.firstP95).toFixed(2)} times the usual p95 in all (p99): a first token that is due after the p95 and one more of the replica that takes over`,
      'replicas start at a low priority, and answer a few requests of nobody before they are broken: elsewhere they start on machines of their own, and not on the cores of the gateway',
    ],
    checks: [
      atMost('failover.crashMsP50', quantile(extraMs, 0.5), 25, {
        n: hit,
        note: 'longer than usual, counted from the kill for requests in flight',
      }),
      atMost('failover.crashMsP99', quantile(extraMs, 0.99), 150, { n: hit, note: 'the same' }),
      atMost('failover.blackHoleRatio', quantile(silenced.lateMs, 0.99) / calm.firstP95, 1.5, {
        n: silenced.lateMs.length,
        note: 'p99 of how much later than usual the first text comes when its replica is stopped, as a multiple of the usual p95 first-token time; what it takes from the start is said above',
      }),
      atMost('failover.bad', bad, 0, {
        n: asked,
        note: `requests without a complete correct answer; ${boundOf(bad, asked)}`,
      }),
    ],
  };
}

function countTrials({ isQuick, isShort }: RigContext): { readonly kills: number; readonly stops: number } {
  if (isQuick) return { kills: 15, stops: 8 };
  return isShort ? { kills: 50, stops: 25 } : { kills: 500, stops: 150 };
}

interface Usual {
  readonly took: number;
  readonly firstP50: number;
  readonly firstP95: number;
}

interface Crashed extends Answered {
  /** When its replica was killed, after it was sent; 0 for those that came after the kill. */
  readonly killedAfterMs: number;
}

class Trials {
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
      answers.push(...(await Promise.all(Array.from({ length: 6 }, () => this.#ask(true)))));
    }
    const firstMs = answers.flatMap(({ firstTextMs }) => firstTextMs ?? []);
    return {
      took: median(answers.map(({ tookMs }) => tookMs)),
      firstP50: median(firstMs),
      firstP95: quantile(firstMs, 0.95),
    };
  }

  async crash(trials: number): Promise<readonly Crashed[]> {
    const answers: Crashed[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const calm = sleep(TRIAL_MS_MIN);
      const inFlight = Array.from({ length: 6 }, () => this.#ask(trial % 2 === 0));
      const waitMs = 20 + this.#draw() * (shape.firstTokenMs - 60);
      await sleep(waitMs);
      const replicas = await this.#stack.replicas.list(POOL);
      const victim = replicas[Math.floor(this.#draw() * replicas.length)];
      const killedMs = performance.now();
      if (victim !== undefined) this.#stack.nemesis.kill(victim.pid);
      const after = Array.from({ length: 3 }, () => this.#ask(trial % 2 === 0));
      for (const answered of await Promise.all([...inFlight, ...after]))
        answers.push({ ...answered, killedAfterMs: Math.max(0, killedMs - answered.intendedMs) });
      await this.#untilWhole();
      await calm;
    }
    return answers;
  }

  async blackHole(trials: number): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const inFlight = Array.from({ length: 6 }, () => this.#ask(true));
      await sleep(SENT_MS);
      const victim = await this.#busiest();
      if (victim !== null) this.#stack.nemesis.stop(victim.pid);
      const after = Array.from({ length: 3 }, () => this.#ask(true));
      answers.push(...(await Promise.all([...inFlight, ...after])));
      this.#stack.nemesis.goAll();
      await this.#untilWhole();
      // Its requests are answered late, to nobody, and its health is judged anew.
      for (let calm = 0; calm < 10; calm += 1) await this.#ask(true);
    }
    return answers;
  }

  /** Requests gather on few replicas: another one could fall silent unseen. */
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

interface Extra {
  readonly hit: number;
  readonly extraMs: readonly number[];
  /** The same of the requests that needed one call alone. */
  readonly spared: readonly number[];
}

/** Of the requests whose first call failed: how much longer than usual they took. The gateway's own log says which those are. */
function extraOf(stack: RigStack, crash: readonly Crashed[], usualMs: number): Extra {
  const callsOf = countCalls(stack);
  const hit = crash.filter((each) => callsOf(each) > 1);
  const extraMs = hit.map(({ verdict, tookMs, killedAfterMs }) =>
    verdict === 'ok' ? Math.max(0, tookMs - killedAfterMs - usualMs) : Infinity,
  );
  const spared = crash
    .filter((each) => callsOf(each) === 1 && each.verdict === 'ok')
    .map(({ tookMs }) => Math.max(0, tookMs - usualMs));
  return { hit: hit.length, extraMs, spared };
}

interface Late {
  readonly lateMs: readonly number[];
  /** From the start. */
  readonly wholeMs: readonly number[];
}

/** Of the requests that a second replica was asked for: how much later than usual their first text came. */
function lateOf(stack: RigStack, hole: readonly Answered[], { firstP50 }: Usual): Late {
  const callsOf = countCalls(stack);
  const wholeMs = hole
    .filter((each) => callsOf(each) !== 1 || each.verdict !== 'ok')
    .map(({ verdict, firstTextMs, tookMs }) => (verdict === 'ok' ? (firstTextMs ?? tookMs) : Infinity));
  return { wholeMs, lateMs: wholeMs.map((ms) => Math.max(0, ms - firstP50)) };
}

/** How many times a replica was called for an answer, by the gateway's log; 0 = it says nothing of it. */
function countCalls(stack: RigStack): (answered: Answered) => number {
  const calls = new Map(readEvents(stack.workerLog).map(({ requestId, attempts }) => [requestId, attempts]));
  return ({ labels }) => calls.get(labels['x-request-id'] ?? '') ?? 0;
}

function sayFirst({ firstP50, firstP95 }: Usual): string {
  return `p50 ${firstP50.toFixed(0)} ms, p95 ${firstP95.toFixed(0)} ms`;
}

function sayExtra(extraMs: readonly number[]): string {
  return `p50 ${quantile(extraMs, 0.5).toFixed(0)} ms, p99 ${quantile(extraMs, 0.99).toFixed(0)} ms longer than usual (${extraMs.length})`;
}
