// Clients that leave at moments drawn from the whole life of their request, by the thousand: what of their slots is still taken afterwards, and
// whether the pool can be used to the full.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { Ask } from '../load/ask.ts';
import { newAgent } from '../load/open-loop.ts';
import { send, type Target } from '../load/send.ts';
import { readCounters } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';

/** Slots that isolates hold for the next request go back after a second or two; a lease that nobody renews only after thirty. */
export const BACK_MS = 6_000;
/** An answer takes 280 ms. */
const LEAVE_MS_MAX = 300;
const LEAVERS_AT_ONCE = 100;
/** Where so few leave before they are answered something else is wrong. */
const BEGUN_MAX = 3;
/** Slots of the pool that the leavers leave. */
export const AFTER = 128;

export interface Leaked {
  /** Clients that went away before their answer ended, and those that had it by then. */
  readonly left: number;
  readonly stayed: number;
  readonly slots: number;
  readonly running: number;
  readonly seconds: number;
}

/** Many clients leave at moments drawn from the whole life of their request. */
export async function leaveMany(stack: RigStack, leavers: number, seed: number): Promise<Leaked> {
  const draw = makeRng(seed);
  const startedMs = performance.now();
  let [begun, left, stayed] = [0, 0, 0];
  const client = async (): Promise<void> => {
    while (left < leavers && begun < BEGUN_MAX * leavers) {
      begun += 1;
      const ask = makeBrief(stack, `leaver ${begun}`, draw() < 0.7);
      const agent = newAgent();
      const sent = send({ port: stack.port, agent }, ask);
      await Promise.race([sent.answered, sleep(draw() * LEAVE_MS_MAX)]);
      sent.leave(draw() < 0.5 ? 'reset' : 'close');
      agent.destroy();
      const { verdict } = await sent.answered;
      if (verdict === 'left') left += 1;
      else stayed += 1;
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
  return { slots, running, seconds, left, stayed };
}

/** Requests that the pool of the leavers does not answer when all of its slots are asked for at once. */
export async function countRefused(stack: RigStack): Promise<number> {
  const target: Target = { port: stack.port, agent: newAgent() };
  const asks = Array.from({ length: AFTER }, (_, index) =>
    makeBrief(stack, `after ${index}`, index % 2 === 0),
  );
  const answers = await Promise.all(asks.map((ask) => send(target, ask).answered));
  target.agent.destroy();
  return answers.filter(({ verdict }) => verdict !== 'ok').length;
}

function makeBrief(stack: RigStack, prompt: string, isStream: boolean): Ask {
  return { model: 'brief', key: stack.key, prompt, stream: isStream, tokens: 40, limitMs: 10_000 };
}
