// What must not be held against a target: requests that are wrong in themselves, and clients that go away. It must get as many requests as
// without them.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from '../../../src/cli/checks.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { Faults } from '../../../gpu-workers/servers/faults.ts';
import { drawArrivals, steady } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { newAgent } from '../load/open-loop.ts';
import { send } from '../load/send.ts';
import { atLeast, type RigContext } from '../scenario.ts';
import { readCounters, setFaults } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';

export interface Blameless {
  readonly id: string;
  readonly title: string;
  readonly faults: Faults;
  /** Clients go away so long after they have asked; null = they stay. */
  readonly leaveMs: number | null;
}

export const blameless: readonly Blameless[] = [
  {
    id: 'clientErrors',
    title: 'every request is wrong in itself (400)',
    faults: { errorStatus: 400, errorCode: 'invalid_request_error' },
    leaveMs: null,
  },
  {
    id: 'cancels',
    title: 'every client goes away before its first token',
    faults: { delayMs: 300 },
    leaveMs: 150,
  },
];

const RATE = 50;
/** Half a slot's time at most may be missed by requests that come as the count is read. */
const SHARE_MIN = 0.95;

export interface BlamelessOptions {
  readonly each: Blameless;
  readonly model: string;
  readonly version: string;
  readonly tokens: number;
}

export interface BlamelessSeen {
  readonly asked: number;
  /** Of those, what the target got. */
  readonly got: number;
}

export async function runBlameless(
  stack: RigStack,
  context: RigContext,
  { each, model, version, tokens }: BlamelessOptions,
): Promise<BlamelessSeen> {
  const [replica] = await stack.replicas.list(version);
  if (replica === undefined) throw new Error(`no replica of ${version}`);
  await setFaults(replica, each.faults);
  const before = (await readCounters(replica))?.requests ?? 0;
  const ends: Promise<unknown>[] = [];
  const startedMs = performance.now();
  const durationMs = context.isQuick ? 3_000 : 20_000;
  for (const atMs of drawArrivals(steady(RATE, durationMs), makeRng(context.seed))) {
    await sleep(Math.max(0, startedMs + atMs - performance.now()));
    const ask: Ask = {
      model,
      key: stack.key,
      prompt: `${each.id} ${ends.length}`,
      stream: true,
      tokens,
      limitMs: 5_000,
    };
    ends.push(askOnce(stack, ask, each.leaveMs));
  }
  await Promise.all(ends);
  const after = (await readCounters(replica))?.requests ?? 0;
  await setFaults(replica, {});
  return { asked: ends.length, got: after - before };
}

/** Over a connection of its own: one that is left is no use to others. */
async function askOnce(stack: RigStack, ask: Ask, leaveMs: number | null): Promise<void> {
  const agent = newAgent();
  const sent = send({ port: stack.port, agent }, ask);
  if (leaveMs !== null) {
    await sleep(leaveMs);
    sent.leave('reset');
  }
  await sent.answered;
  agent.destroy();
}

export function judgeBlameless({ id, title }: Blameless, { asked, got }: BlamelessSeen): Check {
  return atLeast(`breaker.${id}`, Math.min(1, got / Math.max(1, asked)), SHARE_MIN, {
    n: asked,
    note: `${title}: share of the requests that the target still gets`,
  });
}
