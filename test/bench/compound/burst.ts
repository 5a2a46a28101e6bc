// A burst of ten times the arrivals of support-agent: each pool grows by its own demand. Beside it, what scaling all pools by the count of
// requests would have used for the same answers in the same time.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCheck, quantile, type Check } from '../../../src/cli/checks.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { PoolsReply } from '../../../src/core/pool/pool-view.ts';
import { startRawStack, type RawStack } from '../../support/raw-stack.ts';
import { agentModels, messages } from './agent-models.ts';
import { atMost } from './bars.ts';
import { callFunction } from './paced.ts';

export interface BurstPlan {
  readonly seconds: number;
  readonly perSecond: number;
}

const factor = 10;
const pools = ['dialogue@1', 'labels@1', 'tools@1'] as const;
type Pool = (typeof pools)[number];

interface Phase {
  /** Of all runs, in the order in which they began. */
  readonly tookMs: readonly number[];
  /** Replicas at once, at most. */
  readonly peak: Readonly<Record<Pool, number>>;
}

/** Bar: the sparse tool model grows at most threefold while arrivals grow tenfold. */
export async function measureBurst({ seconds, perSecond }: BurstPlan): Promise<readonly Check[]> {
  const dialogue = { firstTokenMs: 2_500, tokenMs: 40, slots: 1, replicasMax: 40, loadMs: 200 };
  const stack = await startRawStack({ vars: {}, models: agentModels(dialogue), agentReplicasMax: 64 });
  try {
    // Every pool has served once, so that what is compared is growth and not a first start.
    for (const { say } of messages) await callFunction(stack, 'support-agent', { message: say });
    console.log(`  ${perSecond} a second for ${seconds} s`);
    const before = await runPhase(stack, { seconds, perSecond });
    console.log(`  ${perSecond * factor} a second for ${seconds} s`);
    const burst = await runPhase(stack, { seconds, perSecond: perSecond * factor });
    const growth = (pool: Pool): number => burst.peak[pool] / Math.max(1, before.peak[pool]);
    const uniform = pools.reduce((sum, pool) => sum + Math.max(1, before.peak[pool]) * factor, 0);
    const own = pools.reduce((sum, pool) => sum + burst.peak[pool], 0);
    const n = burst.tookMs.length;
    return [
      atMost(3, makeCheck('burst.toolGrowth', growth('tools@1'), n, describe(before, burst))),
      makeCheck('burst.dialogueGrowth', growth('dialogue@1'), n, 'emulated models'),
      makeCheck(
        'burst.replicas',
        own,
        n,
        `scaled by the count of requests: ${uniform} (${(uniform / own).toFixed(1)} times as many)`,
      ),
      makeCheck('burst.p95Ratio', settledP95(burst) / settledP95(before), n, p95Note(before, burst)),
    ];
  } finally {
    await stack.stop();
  }
}

async function runPhase(stack: RawStack, { seconds, perSecond }: BurstPlan): Promise<Phase> {
  const rng = makeRng(5);
  const peak: Record<Pool, number> = { 'dialogue@1': 0, 'labels@1': 0, 'tools@1': 0 };
  const endMs = performance.now() + seconds * 1_000;
  const running: Promise<number>[] = [];
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await notePeak(stack, peak);
      await sleep(250);
    }
  };
  const watching = watch();
  while (performance.now() < endMs) {
    await sleep((-Math.log(1 - rng()) * 1_000) / perSecond);
    // One message in five needs no tool: the account is not in the order book.
    const message = messages[Math.floor(rng() * messages.length)]?.say ?? '';
    running.push(callFunction(stack, 'support-agent', { message }).then(({ tookMs }) => tookMs));
  }
  const tookMs = await Promise.all(running);
  over.abort();
  await watching;
  return { tookMs, peak };
}

async function notePeak(stack: RawStack, peak: Record<Pool, number>): Promise<void> {
  const headers = { authorization: `Bearer ${stack.adminToken}` };
  const reply = (await (await fetch(`${stack.url}/admin/v1/pools`, { headers })).json()) as PoolsReply;
  for (const { version, counts } of reply.pools) {
    const pool = pools.find((each) => each === version);
    if (pool !== undefined) peak[pool] = Math.max(peak[pool], counts.hot + counts.loading);
  }
}

function describe(before: Phase, burst: Phase): string {
  const each = pools.map((pool) => `${pool} ${before.peak[pool]} to ${burst.peak[pool]}`);
  return `replicas at once, at 1 and ${factor} times the arrivals: ${each.join(', ')}`;
}

/** Of the later half of the runs: the pools have grown, and what is compared is what they then serve. */
function settledP95({ tookMs }: Phase): number {
  return quantile(tookMs.slice(Math.floor(tookMs.length / 2)), 0.95);
}

function p95Note(before: Phase, burst: Phase): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
  const settled = `P95 of a run, later half of each: ${seconds(settledP95(before))} and ${seconds(settledP95(burst))} s`;
  return `${settled}; with the time in which pools grow: ${seconds(quantile(burst.tookMs, 0.95))} s`;
}
