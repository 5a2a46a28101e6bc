// How much longer a request takes when its replica dies or falls silent, each time against the same request without a fault. What a trial is
// stands in failover-trials.ts; here, the figures and their bars.
import { quantile } from '../../../src/cli/checks.ts';
import type { Ask } from '../load/ask.ts';
import { startBystanders } from '../load/bystanders.ts';
import type { Answered } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import { chain } from '../rules.ts';
import { atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import type { RigStack } from '../stack/stack.ts';
import { readEvents } from '../stack/worker-log.ts';
import {
  brief,
  BURST,
  BYSTANDER,
  CRASH,
  HOLE,
  LIMIT_MS,
  MODEL,
  POOL,
  pools,
  SPARE,
  Trials,
  type Crashed,
  type Usual,
} from './failover-trials.ts';

export const failover: Scenario = {
  name: 'failover',
  about: 'trials of SIGKILL and SIGSTOP of one of three replicas, under one request and under a few',
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
      breaks: ['failover.crashMsP50', 'failover.crashMsP99', 'failover.burstMsP99'],
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
  const stack = await context.open({ pools, rules: [rule], isAgentBehind: true, isServerBundled: true });
  const trial = new Trials(stack, context.seed);
  const learned = context.isQuick ? 90 : 600;
  const { kills, bursts, stops } = countTrials(context);
  const usual = await trial.learn(learned);
  const crash = await beside(stack, context.seed, CRASH.bystandersPerSecond, () => trial.crash(kills));
  context.say(`crash: ${crash.length} requests; ${sayErrors(crash)}`);
  const burst = await beside(stack, context.seed, BURST.bystandersPerSecond, () => trial.burst(bursts));
  context.say(`crash under nine requests: ${burst.length} requests; ${sayErrors(burst)}`);
  // What was usual while processes died and started beside is not what is usual now: neither for this figure, nor for when the gateway hedges.
  const { calm, hole } = await beside(stack, context.seed, HOLE.bystandersPerSecond, async () => ({
    calm: await trial.learn(learned),
    hole: await trial.blackHole(stops),
  }));
  context.say(`black hole: ${hole.length} requests; ${sayErrors(hole)}`);
  const alone = extraOf(stack, crash, usual.took);
  const many = extraOf(stack, burst, usual.took);
  const silenced = lateOf(stack, hole, calm);
  const answers = [...crash, ...burst, ...hole];
  const bad = answers.filter(({ verdict }) => verdict !== 'ok').length;
  return {
    facts: [
      `without a fault: whole answer ${usual.took.toFixed(0)} ms (median), first text ${sayFirst(usual)}; before the black holes ${sayFirst(calm)}`,
      `${kills} kills, each of the replica that answers one request: ${alone.hit} met it; ${sayQuantiles(alone.extraMs)} longer than usual; ${saySeen(alone)}`,
      `${bursts} kills around nine requests: ${many.hit} of ${burst.length} met a dead replica; ${sayQuantiles(many.extraMs)} longer than usual; ${saySeen(many)}; the others ${sayQuantiles(many.spared)}, while a new process started on the same two cores`,
      `${silenced.lateMs.length} of ${hole.length} requests beside a stopped replica were asked twice; ${sayQuantiles(silenced.lateMs)} later than usual; their first text came after ${(quantile(silenced.wholeMs, 0.99) / calm.firstP95).toFixed(2)} times the usual p95 in all (p99): a first token that is due after the p95 and one more of the replica that takes over`,
      'replicas run only while nobody else wants to until they serve, and answer a few requests of nobody before they are broken: elsewhere they start on machines of their own, and not on the cores of the gateway',
    ],
    checks: [
      atMost('failover.crashMsP50', quantile(alone.extraMs, 0.5), 25, {
        n: alone.hit,
        note: 'longer than usual, counted from the kill of the replica that was answering; one request a kill',
      }),
      atMost('failover.crashMsP99', quantile(alone.extraMs, 0.99), 150, { n: alone.hit, note: 'the same' }),
      atMost('failover.burstMsP99', quantile(many.extraMs, 0.99), 150, {
        n: many.hit,
        note: 'the same of kills around nine requests, of which six are in flight and three come within 10 ms of it',
      }),
      atMost('failover.blackHoleRatio', quantile(silenced.lateMs, 0.99) / calm.firstP95, 1.5, {
        n: silenced.lateMs.length,
        note: 'p99 of how much later than usual the first text comes when its replica is stopped, as a multiple of the usual p95 first-token time; what it takes from the start is said above',
      }),
      atMost('failover.bad', bad, 0, {
        n: answers.length,
        note: `requests without a complete correct answer; ${boundOf(bad, answers.length)}`,
      }),
    ],
  };
}

/** Performs it beside requests for a model that nothing happens to. */
async function beside<T>(
  { port, key }: RigStack,
  seed: number,
  perSecond: number,
  perform: () => Promise<T>,
): Promise<T> {
  const ask = (index: number): Ask => {
    const prompt = `bystander ${index}`;
    return { model: BYSTANDER, key, prompt, stream: false, tokens: brief.tokens, limitMs: LIMIT_MS };
  };
  const stop = startBystanders({ port, seed, perSecond, ask });
  try {
    return await perform();
  } finally {
    await stop();
  }
}

interface Trialled {
  readonly kills: number;
  readonly bursts: number;
  readonly stops: number;
}

function countTrials({ isQuick, isShort }: RigContext): Trialled {
  if (isQuick) return { kills: 12, bursts: 5, stops: 5 };
  // A stop is met by six requests at most, which share what befalls one of them: with fewer stops the p99 would be the tale of one.
  return isShort ? { kills: 80, bursts: 30, stops: 40 } : { kills: 500, bursts: 150, stops: 150 };
}

interface Extra {
  readonly hit: number;
  readonly extraMs: readonly number[];
  /** How long after the kill the end of the replica could be seen. */
  readonly seenMs: readonly number[];
  /** How much longer than usual those took that needed one call alone. */
  readonly spared: readonly number[];
}

/** Of the requests whose first call failed: how much longer than usual they took. The gateway's own log says which those are. */
function extraOf(stack: RigStack, crash: readonly Crashed[], usualMs: number): Extra {
  const callsOf = countCalls(stack);
  const hit = crash.filter((each) => callsOf(each) > 1 || each.verdict !== 'ok');
  const spared = crash
    .filter((each) => callsOf(each) === 1 && each.verdict === 'ok')
    .map(({ tookMs }) => Math.max(0, tookMs - usualMs));
  return {
    hit: hit.length,
    extraMs: hit.map(({ verdict, tookMs, killedAfterMs }) =>
      verdict === 'ok' ? Math.max(0, tookMs - killedAfterMs - usualMs) : Infinity,
    ),
    seenMs: hit.map(({ seenAfterMs }) => seenAfterMs),
    spared,
  };
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

function sayQuantiles(ms: readonly number[]): string {
  return `p50 ${quantile(ms, 0.5).toFixed(1)} ms, p99 ${quantile(ms, 0.99).toFixed(1)} ms`;
}

/** Nobody can know of it before. */
function saySeen({ seenMs }: Extra): string {
  return `a client connected to the replica itself saw its end ${sayQuantiles(seenMs)} after the kill, for the kernel takes a process apart before it ends its connections`;
}
