// The eight partial outages: what happens to one of four pools while the load goes on. Each returns how it is ended.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../../../gpu-workers/servers/faults.ts';
import type { RigStack } from '../stack/stack.ts';

export interface Outage {
  readonly id: string;
  readonly title: string;
  /** Every pool suffers: nobody is a bystander. */
  readonly isEverywhere?: boolean;
  /** Begins it; what is returned ends it. */
  begin(stack: RigStack): Promise<() => Promise<void>>;
}

/** The pool that suffers. */
export const VICTIM = 'pool-a@1';
export const HEALTHY = ['pool-b@1', 'pool-c@1', 'pool-d@1'] as const;
/** A pool tries to come back; whatever comes is hit again after this long. */
const AGAIN_MS = 100;
const ROLLING_MS = 5_000;

export const outages: readonly Outage[] = [
  {
    id: 'poolKilled',
    title: 'one of four pools killed (SIGKILL), again whenever a replica comes back',
    begin: (stack) => repeat(() => hitAll(stack, (version) => version === VICTIM, 1)),
  },
  {
    id: 'halfKilled',
    title: 'half of the replicas of every pool killed (SIGKILL), again every 10 s',
    isEverywhere: true,
    // Without their return half of the slots would be less than what is asked for.
    begin: (stack) => repeat(() => hitAll(stack, () => true, 0.5), 10_000),
  },
  {
    id: 'poolStopped',
    title: 'one of four pools stopped (SIGSTOP)',
    begin: async (stack) => {
      for (const { pid } of await stack.replicas.list(VICTIM)) stack.nemesis.stop(pid);
      return async () => stack.nemesis.goAll();
    },
  },
  withFaults('pool503', 'one of four pools answers 30 % of requests with 503', {
    errorStatus: 503,
    share: 0.3,
  }),
  withFaults('poolSlow', 'one of four pools twenty times as slow', { delayMs: 7_600 }),
  withFaults('poolGarbage', 'one of four pools answers 200 with garbage', { garbageAfterTokens: 0 }),
  withFaults('poolCuts', 'one of four pools dies after four tokens', { resetAfterTokens: 4 }),
  {
    id: 'rolling',
    title: 'one replica killed every 5 s, in turn over all pools',
    isEverywhere: true,
    begin: async (stack) => {
      let turn = 0;
      return repeat(async () => {
        const pool = [VICTIM, ...HEALTHY][turn % 4];
        turn += 1;
        const [victim] = await stack.replicas.list(pool);
        if (victim !== undefined) stack.nemesis.kill(victim.pid);
      }, ROLLING_MS);
    },
  },
];

function withFaults(id: string, title: string, faults: Faults): Outage {
  return {
    id,
    title,
    begin: async (stack) => {
      await stack.replicas.setFaults(VICTIM, faults);
      return async () => stack.replicas.setFaults(VICTIM, {});
    },
  };
}

async function repeat(hit: () => Promise<void>, everyMs = AGAIN_MS): Promise<() => Promise<void>> {
  const ender = new AbortController();
  const { signal } = ender;
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await hit();
      for (let waitedMs = 0; !signal.aborted && waitedMs < everyMs; waitedMs += AGAIN_MS)
        await sleep(AGAIN_MS);
    }
  };
  const looping = loop();
  return async () => {
    ender.abort();
    await looping;
  };
}

/** Kills this share of the replicas that each pool would have. */
async function hitAll(stack: RigStack, isHit: (version: string) => boolean, share: number): Promise<void> {
  const ready = (await stack.replicas.list()).filter(({ version }) => isHit(version));
  const kept = new Map<string, number>();
  for (const { version, pid } of ready) {
    const count = kept.get(version) ?? 0;
    if (count < REPLICAS * (1 - share)) kept.set(version, count + 1);
    else stack.nemesis.kill(pid);
  }
}

/** Processes of each pool. */
export const REPLICAS = 2;
