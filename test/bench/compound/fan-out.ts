// What fanning out costs: runs of several calls at once, beside the slowest of their calls.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCheck, median, quantile, type Check } from '../../../src/cli/checks.ts';
import { startRawStack } from '../../support/raw-stack.ts';
import { atMost } from './bars.ts';
import { callFunction, pacedVersion, type TimedRun } from './paced.ts';

const width = 5;
const pace = { firstTokenMs: 500, tokenMs: 200, tokens: 11 };
const nominalMs = pace.firstTokenMs + pace.tokenMs * (pace.tokens - 1);

export interface FanOutPlan {
  readonly runs: number;
  readonly rounds: number;
}

/** Bars: on average at most 20 ms and under 2 % of a run beside its critical path, with `runs` at once. */
export async function measureFanOut({ runs, rounds }: FanOutPlan): Promise<readonly Check[]> {
  const leaf = { id: 'leaf@1', ...pace, slots: runs * width };
  const stack = await startRawStack({
    vars: { PROBES: '1', PREWARM: 'off' },
    models: {
      versions: [pacedVersion(leaf)],
      aliases: { 'probe-a': leaf.id, 'probe-b': leaf.id, 'probe-c': leaf.id },
    },
  });
  try {
    const { tookMs } = await callFunction(stack, 'probe-fan', { width });
    const timed: TimedRun[] = [];
    const caller = async (_: unknown, at: number): Promise<void> => {
      // Callers begin one after another over the length of one run: fifty people do not press a key in one millisecond.
      await sleep((at / runs) * tookMs);
      for (let round = 0; round < rounds; round += 1) {
        timed.push(await callFunction(stack, 'probe-fan', { width }));
        if (timed.length % runs === 0) console.log(`  fan-out: ${timed.length} of ${runs * rounds} runs`);
      }
    };
    await Promise.all(Array.from({ length: runs }, caller));
    const overheads = timed.map((each) => each.tookMs - slowestOf(each));
    const shares = timed.map((each) => (each.tookMs - slowestOf(each)) / each.tookMs);
    const stretches = timed.map((each) => each.tookMs / slowestOf(each));
    const slowed = timed.map((each) => slowestOf(each) / nominalMs);
    const n = overheads.length;
    const spread = `median ${median(overheads).toFixed(1)}, p95 ${quantile(overheads, 0.95).toFixed(1)} ms; emulated model`;
    return [
      atMost(20, makeCheck('fanout.overheadMsMean', mean(overheads), n, spread)),
      atMost(
        0.02,
        makeCheck('fanout.overheadShare', mean(shares), n, `${runs} runs of ${width} calls at once`),
      ),
      atMost(
        1.1,
        makeCheck('fanout.stretchP95', quantile(stretches, 0.95), n, 'end to end over the slowest call'),
      ),
      makeCheck(
        'fanout.callStretch',
        median(slowed),
        n,
        'slowest call over its emulated service time of 2.5 s',
      ),
    ];
  } finally {
    await stack.stop();
  }
}

/** The longest of the calls, from being asked for to its whole answer being durable. */
function slowestOf({ run }: TimedRun): number {
  return Math.max(...run.steps.map(({ ms }) => ms ?? 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
