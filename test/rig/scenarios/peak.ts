// A hundred thousand requests at the capacity of the pools, with bursts of 30 % above and below it: every one must be answered, late if need
// be, but never dropped. Capacity is the knee: beyond it waits grow without an end, and who asks for that long enough is turned away by right.
import type { Ask } from '../load/ask.ts';
import { bursts } from '../load/arrivals.ts';
import { measureCapacity } from '../load/capacity.ts';
import { sayUse } from '../load/generator-use.ts';
import { findKnee, makeTries } from '../load/knee.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import { Tally } from '../load/running-tally.ts';
import { boundOf, LATE_SHARE_MAX, percent } from '../load/tally.ts';
import { capacityOf, poolsOf, usual } from '../models.ts';
import { spread } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { CpuMeter } from '../stack/cpu.ts';

const MODEL = 'peak';
/** A user's patience; bursts of half a minute's length wait a few seconds at most. */
const LIMIT_MS = 30_000;
/** An operator who has such users lets the line grow as long as they wait; an answer must still fit. */
const WAIT_TARGET_MS = 25_000;
/** Less than that of what the slots can do is no capacity: the gateway itself would be in the way. */
const OF_SLOTS_MIN = 0.9;
/** A gateway under which waits begin early would make its own load lighter. */
const KNEE_MIN = 0.85;
const BURST = { share: 0.3, periodMs: 2_000 };

/** Two pools of two processes that together answer 90 requests a second: what one core of gateway still does beside them on a slow machine. */
const ids = ['peak-a@1', 'peak-b@1'] as const;

export const peak: Scenario = {
  name: 'peak',
  about:
    'open-loop Poisson arrivals at the measured capacity of the pools (the knee), 30 % bursts of 2 s above and below it',
  plants: {
    /** What comes when all slots are taken is turned away. */
    'no-queue': { without: ['queue'], breaks: ['peak.dropped'] },
    /** One piece in a thousand of what models say does not reach the client. */
    'lost-piece': {
      edits: [
        {
          file: 'src/hosts/relay-outlet.ts',
          find: '      return write(forward);',
          replace: '      return Math.random() < 0.001 ? Promise.resolve() : write(forward);',
        },
      ],
      breaks: ['peak.wrong'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  // Arrivals are drawn: a hundredth more than a hundred thousand on the mean is never fewer than that.
  const asked = context.isQuick ? 2_000 : 101_000;
  const queueMax = context.has('queue') ? 4_000 : 1;
  const chosen = poolsOf(ids, {
    ...usual,
    replicas: 2,
    slots: 9,
    queueMax,
    more: { waitTargetMs: WAIT_TARGET_MS },
  });
  const rule = spread({ model: MODEL, targets: ids, by: 'least-loaded', isBackedUp: true });
  const stack = await context.open({ pools: chosen, rules: [rule] });
  const makeAsk = (name: string, index: number): Ask => ({
    model: MODEL,
    key: stack.key,
    prompt: `${name} ${index}`,
    stream: index % 2 === 0,
    tokens: usual.tokens,
    limitMs: LIMIT_MS,
  });
  const possible = capacityOf(chosen);
  const slots = chosen.reduce((sum, pool) => sum + pool.replicas * pool.slots, 0);
  const saturated = await measureCapacity({
    port: stack.port,
    slots,
    durationMs: context.isQuick ? 6_000 : 30_000,
    ask: (index) => makeAsk('capacity', index),
  });
  const knee = await findKnee({
    saturated,
    tryRate: makeTries({
      port: stack.port,
      seed: context.seed,
      stepMs: context.isQuick ? 3_000 : 20_000,
      ask: (index) => makeAsk('knee', index),
    }),
    progress: (line) => context.progress(line),
  });
  const { rate } = knee;
  const tally = new Tally();
  const gateway = new CpuMeter(stack.workerPid);
  const { use } = await runOpenLoop({
    port: stack.port,
    arrivals: bursts(rate, (asked / rate) * 1_000, BURST),
    seed: context.seed,
    ask: (index) => makeAsk('peak', index),
    onProgress: (line) => context.progress(line),
    onAnswered: (answered) => tally.add(answered),
    keeps: false,
  });
  const core = gateway.share();
  const { count, counts } = tally;
  const dropped = count - counts.ok - counts.late;
  const wrong = counts.wrong;
  return {
    facts: [
      `${saturated.toFixed(1)} good answers a second are what clients that wait for each other get at the most, of ${possible.toFixed(0)} that the slots could do; ${rate.toFixed(1)} is the knee, where the first text comes after ${knee.stretch.toFixed(2)} times the p99 of light load; ${count} requests came at that rate; gateway ${percent(core)} of a core; ${sayUse(use)}`,
      `first text p50 ${tally.firstText.quantile(0.5).toFixed(0)} ms, p99 ${tally.firstText.quantile(0.99).toFixed(0)} ms; whole answer p99 ${tally.took.quantile(0.99).toFixed(0)} ms`,
      tally.sayErrors(),
      tally.sayPunctuality(),
    ],
    checks: [
      atMost('peak.dropped', dropped / Math.max(1, count), 0, {
        n: count,
        note: `not completed; ${boundOf(dropped, count)}`,
      }),
      atMost('peak.late', counts.late / Math.max(1, count), 0.0001, {
        n: count,
        note: `completed after ${LIMIT_MS / 1000} s; ${boundOf(counts.late, count)}`,
      }),
      atMost('peak.wrong', wrong, 0, {
        n: count,
        note: `half answers that look whole, other texts; ${boundOf(wrong, count)}`,
      }),
      atLeast('peak.ofSlots', saturated / possible, OF_SLOTS_MIN, {
        n: 1,
        note: 'what waiting clients get as a share of what the slots can do',
      }),
      atLeast('peak.knee', knee.share, KNEE_MIN, {
        n: 1,
        note: 'the rate of the load as a share of that: the largest with p99 of the first text at most twice that of light load, all answered',
      }),
      atMost('peak.generatorLate', tally.lateShare(), LATE_SHARE_MAX, {
        n: count,
        note: 'requests that the generator sent more than 20 ms late: beyond this the run says nothing',
      }),
    ],
  };
}
