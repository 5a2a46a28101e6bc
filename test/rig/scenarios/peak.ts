// A hundred thousand requests at the capacity of the pools, with bursts of 30 % above and below it: every one must be answered, late if need
// be, but never dropped.
import { Tally } from '../load/running-tally.ts';
import type { Ask } from '../load/ask.ts';
import { bursts } from '../load/arrivals.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import { boundOf, percent } from '../load/tally.ts';
import { capacityOf, poolsOf, usual } from '../models.ts';
import { spread } from '../rules.ts';
import { atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { CpuMeter } from '../stack/cpu.ts';

const MODEL = 'peak';
/** A user's patience; bursts of half a minute's length wait a few seconds at most. */
const LIMIT_MS = 30_000;
/** A slot is empty for a moment between two requests: what pools can do for long is a little less than what their slots could. */
const KNEE = 0.95;
const BURST = { share: 0.3, periodMs: 2_000 };

/** Two pools of two processes that together answer 200 requests a second. */
const ids = ['peak-a@1', 'peak-b@1'] as const;

export const peak: Scenario = {
  name: 'peak',
  about: 'open-loop Poisson arrivals at the capacity of the pools, 30 % bursts of 2 s above and below it',
  plants: {
    /** What comes when all slots are taken is turned away. */
    'no-queue': { without: ['queue'], breaks: ['peak.dropped'] },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const asked = context.isQuick ? 4_000 : 100_000;
  const queueMax = context.has('queue') ? 4_000 : 1;
  const chosen = poolsOf(ids, { ...usual, replicas: 2, slots: 20, queueMax });
  const rule = spread({ model: MODEL, targets: ids, by: 'least-loaded', isBackedUp: true });
  const stack = await context.open({ pools: chosen, rules: [rule] });
  const rate = capacityOf(chosen) * KNEE;
  const ask = (index: number): Ask => ({
    model: MODEL,
    key: stack.key,
    prompt: `peak ${index}`,
    stream: index % 2 === 0,
    tokens: usual.tokens,
    limitMs: LIMIT_MS,
  });
  const tally = new Tally();
  const gateway = new CpuMeter(stack.workerPid);
  await runOpenLoop({
    port: stack.port,
    arrivals: bursts(rate, (asked / rate) * 1_000, BURST),
    seed: context.seed,
    ask,
    onAnswered: (answered) => tally.add(answered),
    keeps: false,
  });
  const { count, counts } = tally;
  const dropped = count - counts.ok - counts.late;
  const wrong = counts.wrong;
  return {
    facts: [
      `${rate.toFixed(0)} requests a second is the capacity, ${KNEE} of what the slots could do; ${count} were sent at that rate, ${percent(gateway.share())} of a core used by the gateway`,
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
    ],
  };
}
