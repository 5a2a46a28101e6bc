// Clients that go away: how soon their model stops, phase by phase, after a reset and after a plain close; and whether ten thousand of them
// leave a slot behind.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, type Check } from '../../../src/cli/checks.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { Ask } from '../load/ask.ts';
import { newAgent } from '../load/open-loop.ts';
import { send, type Target } from '../load/send.ts';
import { boundOf } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import { atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { readCounters, type RigReplica } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { abortPhases, GRACE_MS, KEEP_ALIVE_MS, type AbortPhase } from './abort-phases.ts';

/** A model that nobody stops answers for so long. */
const ANSWER_MS = 3_000;
/** Slots that isolates hold for the next request go back after a second or two; a lease that nobody renews only after thirty. */
const BACK_MS = 6_000;
const LEAVERS_AT_ONCE = 100;

const talks = { slots: 64, firstTokenMs: 5, tokenMs: 20, tokens: ANSWER_MS / 20 };
const thinks = { slots: 64, firstTokenMs: ANSWER_MS, tokenMs: 1, tokens: 4 };

const pools: readonly PoolSpec[] = [
  { id: 'talker@1', replicas: 1, ...talks },
  { id: 'thinker@1', replicas: 1, ...thinks },
  { id: 'queue@1', replicas: 1, ...thinks, slots: 1 },
  { id: 'brief@1', replicas: 2, slots: 64, firstTokenMs: 120, tokenMs: 4, tokens: 40 },
];

type How = 'reset' | 'close';

export const abort: Scenario = {
  name: 'abort',
  about: `clients that go away in each phase of a request; grace time ${GRACE_MS} ms, keep-alive ${KEEP_ALIVE_MS} ms`,
  plants: {
    /** The model is not told that its client is gone. */
    'signal-forgotten': {
      edits: [
        {
          file: 'src/hosts/relay-watch.ts',
          find: "client.addEventListener('abort'",
          replace: "new AbortController().signal.addEventListener('abort'",
        },
      ],
      breaks: ['abort.msP99', 'abort.reset.*', 'abort.close.*'],
    },
    /** A slot is given back only when its answer was whole. */
    'slot-forgotten': {
      edits: [
        {
          file: 'src/hosts/call-replica.ts',
          find: '    run.ports.release(grant, outcome);',
          replace: "    if (outcome !== 'client-gone') run.ports.release(grant, outcome);",
        },
      ],
      breaks: ['abort.slotsLeaked'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const aliases = Object.fromEntries(pools.map(({ id }) => [id.slice(0, -2), id]));
  const vars = { GRACE_MS: String(GRACE_MS), KEEP_ALIVE_MS: String(KEEP_ALIVE_MS) };
  const stack = await context.open({ pools, aliases, vars });
  const tries = context.isQuick ? 6 : 100;
  const checks: Check[] = [];
  const started: number[] = [];
  for (const phase of abortPhases) {
    for (const how of ['reset', 'close'] as const) {
      // Where nothing is promised each trial lasts as long as the answer.
      const trial: Trial = { phase, how, tries: phase.barMs[how] === null ? Math.ceil(tries / 4) : tries };
      const tookMs = await measurePhase(stack, trial);
      if (phase.id === 'midStream') started.push(...tookMs);
      const check = judgePhase(trial, tookMs);
      context.say(`${how}: ${check.note}`);
      checks.push(check);
    }
  }
  const headline = atMost('abort.msP99', quantile(started, 0.99), 250, {
    n: started.length,
    note: 'until the model of a started stream has stopped, resets and closes',
  });
  const leavers = context.isQuick ? 1_000 : 10_000;
  const leaked = await leaveMany(stack, leavers, context.seed);
  const slots = atMost('abort.slotsLeaked', leaked.slots, 0, {
    n: leavers,
    note: `slots that are still taken ${BACK_MS / 1000} s after ${leavers} clients have left at any moment; ${boundOf(leaked.slots, leavers)}`,
  });
  const running = atMost('abort.stillRunning', leaked.running, 0, {
    n: leavers,
    note: 'requests that models still answer then',
  });
  return {
    facts: [`${leavers} clients left in ${leaked.seconds.toFixed(0)} s`],
    checks: [headline, ...checks, slots, running],
  };
}

interface Trial {
  readonly phase: AbortPhase;
  readonly how: How;
  readonly tries: number;
}

/** Milliseconds from each leaving until the model has nothing in flight, or no longer waits; Infinity when it answered to the end. */
async function measurePhase(stack: RigStack, { phase, how, tries }: Trial): Promise<readonly number[]> {
  const [replica] = await stack.replicas.list(`${phase.model}@1`);
  if (replica === undefined) throw new Error(`no replica of ${phase.model}`);
  const tookMs: number[] = [];
  for (let number = 0; number < tries; number += 1) {
    // A connection of its own: a reset of one that others share would be theirs too.
    const target: Target = { port: stack.port, agent: newAgent() };
    const occupant =
      phase.model === 'queue' ? send(target, makeAsk(stack, phase, `occupant ${number}`)) : null;
    if (occupant !== null) await untilBusy(replica);
    const leftAtMs = await leaveOne(stack, { phase, how, number });
    tookMs.push(await (occupant === null ? untilIdle(replica, leftAtMs) : untilUnqueued(stack, leftAtMs)));
    occupant?.leave('reset');
    await occupant?.answered;
    await untilIdle(replica, performance.now());
    target.agent.destroy();
  }
  return tookMs;
}

async function leaveOne(
  stack: RigStack,
  { phase, how, number }: Pick<Trial, 'phase' | 'how'> & { readonly number: number },
): Promise<number> {
  const agent = newAgent();
  const { promise: said, resolve } = Promise.withResolvers<void>();
  let chars = 0;
  const sent = send({ port: stack.port, agent }, makeAsk(stack, phase, `${how} ${number}`), {
    onPiece: (text) => {
      chars += text.length;
      if (chars >= phase.afterChars) resolve();
    },
  });
  await Promise.race([said, sleep(phase.leaveMs)]);
  const leftAtMs = performance.now();
  sent.leave(how);
  agent.destroy();
  await sent.answered;
  return leftAtMs;
}

function makeAsk(stack: RigStack, phase: AbortPhase, prompt: string): Ask {
  const tokens = pools.find(({ id }) => id === `${phase.model}@1`)?.tokens ?? 1;
  return { model: phase.model, key: stack.key, prompt, stream: phase.isStream, tokens, limitMs: 10_000 };
}

async function untilBusy(replica: RigReplica): Promise<void> {
  for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 5) {
    if (((await readCounters(replica))?.inFlight ?? 0) > 0) return;
    await sleep(5);
  }
}

async function untilIdle(replica: RigReplica, sinceMs: number): Promise<number> {
  for (;;) {
    const counters = await readCounters(replica);
    const passedMs = performance.now() - sinceMs;
    if (counters?.inFlight === 0) return passedMs < ANSWER_MS * 0.75 ? passedMs : Infinity;
    if (passedMs > 2 * ANSWER_MS) return Infinity;
    await sleep(4);
  }
}

async function untilUnqueued(stack: RigStack, sinceMs: number): Promise<number> {
  for (;;) {
    const pool = (await stack.pools()).find(({ version }) => version === 'queue@1');
    const passedMs = performance.now() - sinceMs;
    if (pool?.queue.waiting === 0) return passedMs < ANSWER_MS * 0.75 ? passedMs : Infinity;
    if (passedMs > 2 * ANSWER_MS) return Infinity;
    await sleep(4);
  }
}

function judgePhase({ phase, how, tries }: Trial, tookMs: readonly number[]): Check {
  const stopped = tookMs.filter(Number.isFinite);
  const p99 = quantile(tookMs, 0.99);
  const words =
    stopped.length === 0
      ? 'none'
      : `median ${quantile(stopped, 0.5).toFixed(0)} ms, slowest ${Math.max(...stopped).toFixed(0)} ms`;
  const note = `${phase.title}: ${stopped.length} of ${tries} models stopped early; ${words}`;
  const id = `abort.${how}.${phase.id}`;
  const barMs = phase.barMs[how];
  if (barMs !== null) return atMost(id, p99, barMs, { n: tries, note });
  return { id, value: stopped.length, bar: null, op: null, ok: true, n: tries, note };
}

interface Leaked {
  readonly slots: number;
  readonly running: number;
  readonly seconds: number;
}

/** Many clients leave at moments drawn from the whole life of their request. */
async function leaveMany(stack: RigStack, leavers: number, seed: number): Promise<Leaked> {
  const draw = makeRng(seed);
  const startedMs = performance.now();
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < leavers) {
      begun += 1;
      const isStream = draw() < 0.7;
      const ask: Ask = {
        model: 'brief',
        key: stack.key,
        prompt: `leaver ${begun}`,
        stream: isStream,
        tokens: 40,
        limitMs: 10_000,
      };
      const agent = newAgent();
      const sent = send({ port: stack.port, agent }, ask);
      await Promise.race([sent.answered, sleep(draw() * 300)]);
      sent.leave(draw() < 0.5 ? 'reset' : 'close');
      agent.destroy();
      await sent.answered;
    }
  };
  await Promise.all(Array.from({ length: LEAVERS_AT_ONCE }, client));
  const seconds = (performance.now() - startedMs) / 1000;
  await sleep(BACK_MS);
  const views = await stack.pools();
  const slots = views
    .flatMap(({ replicas }) => replicas)
    .reduce((sum, { leasedSlots }) => sum + leasedSlots, 0);
  let running = 0;
  for (const replica of await stack.replicas.list()) running += (await readCounters(replica))?.inFlight ?? 0;
  return { slots, running, seconds };
}
