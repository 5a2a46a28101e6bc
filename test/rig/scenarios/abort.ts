// Clients that go away: how soon their model stops, phase by phase, after a reset and after a plain close; and whether ten thousand of them
// leave a slot behind.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, type Check } from '../../../src/cli/checks.ts';
import type { Ask } from '../load/ask.ts';
import { newAgent } from '../load/open-loop.ts';
import { send, type Target } from '../load/send.ts';
import { boundOf } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import { atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { readCounters, type RigReplica } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { AFTER, BACK_MS, countRefused, leaveMany } from './abort-leavers.ts';
import { abortPhases, GRACE_MS, KEEP_ALIVE_MS, type AbortPhase } from './abort-phases.ts';

/** A model that nobody stops answers for so long. */
const ANSWER_MS = 3_000;
/** A request is with its model, or in the queue, by then. */
const LOOK_MS = 100;

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
          find: '    run.ports.release(grant, outcome, witness.end(failure));',
          replace:
            "    const said = witness.end(failure);\n    if (failure?.kind !== 'client-gone') run.ports.release(grant, outcome, said);",
        },
      ],
      breaks: ['abort.leaked'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const aliases = Object.fromEntries(pools.map(({ id }) => [id.slice(0, -2), id]));
  const vars = { GRACE_MS: String(GRACE_MS), KEEP_ALIVE_MS: String(KEEP_ALIVE_MS) };
  const stack = await context.open({ pools, aliases, vars });
  const tries = context.isQuick ? 4 : context.isShort ? 8 : 100;
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
  const slots = atMost('abort.leaked', leaked.slots, 0, {
    n: leaked.left,
    note: `slots that are still taken ${BACK_MS / 1000} s after ${leaked.left} clients have left at any moment; ${boundOf(leaked.slots, leaked.left)}`,
  });
  const running = atMost('abort.stillRunning', leaked.running, 0, {
    n: leaked.left,
    note: 'requests that models still answer then',
  });
  const after = atMost('abort.usableAfter', await countRefused(stack), 0, {
    n: AFTER,
    note: 'requests that are not answered after all that: as many at once as there are slots',
  });
  return {
    facts: [
      `${leaked.left} clients left before the end of their answers, ${leaked.stayed} were answered first, in ${leaked.seconds.toFixed(0)} s`,
    ],
    checks: [headline, ...checks, slots, running, after],
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
    const left = await leaveOne(stack, { phase, how, number }, () =>
      isThere(stack, replica, occupant !== null),
    );
    const stopped = occupant === null ? untilIdle(replica, left.atMs) : untilUnqueued(stack, left.atMs);
    // What was not there cannot be seen to stop.
    tookMs.push(left.wasThere ? await stopped : Infinity);
    await stopped;
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
  look: () => Promise<boolean>,
): Promise<{ readonly atMs: number; readonly wasThere: boolean }> {
  const agent = newAgent();
  const { promise: said, resolve } = Promise.withResolvers<void>();
  let chars = 0;
  const sent = send({ port: stack.port, agent }, makeAsk(stack, phase, `${how} ${number}`), {
    onPiece: (text) => {
      chars += text.length;
      if (chars >= phase.afterChars) resolve();
    },
  });
  const [wasThere] = await Promise.all([
    sleep(LOOK_MS).then(look),
    Promise.race([said, sleep(phase.leaveMs)]),
  ]);
  const leftAtMs = performance.now();
  sent.leave(how);
  agent.destroy();
  await sent.answered;
  return { atMs: leftAtMs, wasThere };
}

/** Whether the model works on the request, or the pool has it in its queue. */
async function isThere(stack: RigStack, replica: RigReplica, isQueued: boolean): Promise<boolean> {
  if (!isQueued) return ((await readCounters(replica))?.inFlight ?? 0) > 0;
  const pool = (await stack.pools()).find(({ version }) => version === replica.version);
  return (pool?.queue.waiting ?? 0) > 0;
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

function makeAsk(stack: RigStack, phase: AbortPhase, prompt: string): Ask {
  const tokens = pools.find(({ id }) => id === `${phase.model}@1`)?.tokens ?? 1;
  return { model: phase.model, key: stack.key, prompt, stream: phase.isStream, tokens, limitMs: 10_000 };
}
