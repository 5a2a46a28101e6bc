// What must be so when nobody asks any more: every model process has ended, every pool is at rest and its ledger adds up.
import type { PoolsReply } from '../../src/core/pool/pool-view.ts';
import { eventually, listModelProcesses } from '../support/stack.ts';

/** Where to look. */
export interface Resting {
  readonly url: string;
  readonly adminToken: string;
  readonly stateDir: string;
}

export interface Rest {
  readonly processesLeft: number;
  readonly pools: number;
  /** Pools whose busy + idle + loading + parked is not their lifetime. */
  readonly unsound: number;
  /** Pools that still have an alarm. */
  readonly awake: number;
  /** What each of those waits for. */
  readonly why: readonly string[];
  readonly slotsHeld: number;
}

const backWithinMs = 30_000;

export async function readPools({ url, adminToken }: Resting): Promise<PoolsReply> {
  const headers = { authorization: `Bearer ${adminToken}` };
  return await eventually('the admin view', backWithinMs, async () => {
    const response = await fetch(`${url}/admin/v1/pools`, {
      headers,
      signal: AbortSignal.timeout(5_000),
    }).catch(() => null);
    return response?.status === 200 && ((await response.json()) as PoolsReply);
  });
}

/** Waits until everything is at rest, and says what is not. A pool that was told of runs on their way may wait two minutes for them. */
export async function judgeRest(stack: Resting, withinMs = 30_000): Promise<Rest> {
  const processesLeft = await eventually(
    'no model process',
    withinMs,
    async () => listModelProcesses(stack).length === 0,
  ).then(
    () => 0,
    () => listModelProcesses(stack).length,
  );
  // The process is gone a moment before its pool has heard so.
  const asleep = async (): Promise<boolean> =>
    (await readPools(stack)).pools.every(({ nextWakeMs }) => nextWakeMs === null);
  await eventually('every pool at rest', 15_000, asleep).catch(() => false);
  const { pools } = await readPools(stack);
  const unsound = pools.filter(
    ({ life }) => life.busyMs + life.idleMs + life.loadingMs + life.parkedMs !== life.lifetimeMs,
  ).length;
  const restless = pools.filter(({ nextWakeMs }) => nextWakeMs !== null);
  const why = restless.map(({ version, target, replicas, queue, prewarm, nextWakeMs, nowMs }) => {
    const phases = replicas.map(({ phase }) => phase).join(' ');
    const wakesMs = (nextWakeMs ?? nowMs) - nowMs;
    return `${version}: ${target.because}; replicas ${phases}; ${queue.waiting} waiting; expected ${JSON.stringify(prewarm.expected)}; wakes in ${wakesMs} ms`;
  });
  const slotsHeld = pools
    .flatMap(({ replicas }) => replicas)
    .reduce((sum, { leasedSlots }) => sum + leasedSlots, 0);
  return { processesLeft, pools: pools.length, unsound, awake: restless.length, why, slotsHeld };
}
