// Lanes: a model of 50 ms beside one of several seconds that has more to do than it can. Here each model version has a queue of its own; the
// control puts one queue, first come first served, in front of the same slots, and must fail.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCheck, quantile, type Check } from '../../../src/cli/checks.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import { startRawStack, type RawStack } from '../../support/raw-stack.ts';
import { atLeast, atMost } from './bars.ts';
import { pacedVersion } from './paced.ts';

const embedMs = 50;
const dialogueMs = 3_500;
const slots = { embed: 4, dialogue: 8 } as const;
/** Of what the dialogue model can do. */
const overload = 1.5;

export interface LanesPlan {
  readonly seconds: number;
}

/** Bars: the quick model's P95 at most twice that of an idle machine; in one queue with the slow one it is more. */
export async function measureLanes({ seconds }: LanesPlan): Promise<readonly Check[]> {
  const embed = pacedVersion({
    id: 'quick@1',
    task: 'embedding',
    firstTokenMs: embedMs,
    tokenMs: 0,
    tokens: 1,
    slots: slots.embed,
  });
  const dialogue = pacedVersion({
    id: 'slow@1',
    firstTokenMs: dialogueMs,
    tokenMs: 0,
    tokens: 1,
    slots: slots.dialogue,
  });
  const models = { versions: [embed, dialogue], aliases: { quick: 'quick@1', slow: 'slow@1' } };
  const stack = await startRawStack({ vars: {}, models });
  try {
    await Promise.all([ask(stack, 'quick'), ask(stack, 'slow')]);
    console.log(`  idle for ${seconds} s`);
    const idle = await load(stack, { seconds, slowShare: 0, gate: null });
    console.log(`  the slow model at ${overload * 100} % for ${seconds} s, lanes`);
    const lanes = await load(stack, { seconds, slowShare: overload, gate: null });
    await sleep(dialogueMs * 2);
    console.log(`  the same in one queue`);
    const fifo = await load(stack, {
      seconds,
      slowShare: overload,
      gate: makeGate(slots.embed + slots.dialogue),
    });
    const idleMs = quantile(idle, 0.95);
    const note = (values: readonly number[]): string =>
      `P95 ${quantile(values, 0.95).toFixed(0)} ms, idle ${idleMs.toFixed(0)} ms; emulated models`;
    return [
      atMost(
        2,
        makeCheck('lanes.embedderP95Ratio', quantile(lanes, 0.95) / idleMs, lanes.length, note(lanes)),
      ),
      atLeast(
        2,
        makeCheck(
          'lanes.fifoP95Ratio',
          quantile(fifo, 0.95) / idleMs,
          fifo.length,
          `the control; ${note(fifo)}`,
        ),
      ),
    ];
  } finally {
    await stack.stop();
  }
}

type Gate = <T>(work: () => Promise<T>) => Promise<T>;

interface LoadPlan {
  readonly seconds: number;
  readonly slowShare: number;
  readonly gate: Gate | null;
}

/** Open loop: requests come whether or not earlier ones have ended. Milliseconds of each quick request from its arrival. */
async function load(stack: RawStack, { seconds, slowShare, gate }: LoadPlan): Promise<readonly number[]> {
  const rng = makeRng(11);
  const endMs = performance.now() + seconds * 1_000;
  const through: Gate = gate ?? ((work) => work());
  const took: number[] = [];
  const running: Promise<unknown>[] = [];
  const slowPerSecond = (slowShare * slots.dialogue * 1_000) / dialogueMs;
  const arrivals = async (perSecond: number, arrive: () => Promise<unknown>): Promise<void> => {
    if (perSecond === 0) return;
    while (performance.now() < endMs) {
      await sleep((-Math.log(1 - rng()) * 1_000) / perSecond);
      running.push(arrive());
    }
  };
  const quick = async (): Promise<void> => {
    const startedMs = performance.now();
    await through(() => ask(stack, 'quick'));
    took.push(performance.now() - startedMs);
  };
  await Promise.all([arrivals(8, quick), arrivals(slowPerSecond, () => through(() => ask(stack, 'slow')))]);
  await Promise.all(running);
  return took;
}

/** One queue in front of so many slots, first come first served. */
function makeGate(width: number): Gate {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

async function ask(stack: RawStack, model: 'quick' | 'slow'): Promise<void> {
  const path = model === 'quick' ? '/v1/embeddings' : '/v1/chat/completions';
  const body =
    model === 'quick' ? { model, input: 'a' } : { model, messages: [{ role: 'user', content: 'a' }] };
  const response = await fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  // The slow model may refuse what it cannot do in time; the quick one may not.
  if (!response.ok && model === 'quick')
    throw new Error(`${model}: ${response.status} ${text.slice(0, 200)}`);
}
