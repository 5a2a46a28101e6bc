// The seam between a pool's object and its deployment: which figures the pool lives by, which backend runs its replicas, and whom it
// tells that it woke.
import { makeAgentBackend } from '../src/backends/agent.ts';
import { capabilitiesOf } from '../src/backends/capabilities.ts';
import { configOf, type Env } from '../src/config.ts';
import type { Backend } from '../src/backends/backend.ts';
import type { DemandReport } from '../src/core/pool/demand-report.ts';
import type { WarmthPlan } from '../src/core/warming/pool-plan.ts';
import { retiredSettings, settingsOf, type PoolSettings } from '../src/core/pool/pool-settings.ts';

export interface PoolOutside {
  readonly settings: PoolSettings;
  readonly backend: Backend;
  /** Whether what happens to the pool is written down. */
  readonly isRecorded: boolean;
  /** Tells the planner how the pool stands; its plan comes back. */
  hear(report: DemandReport): Promise<WarmthPlan | null>;
}

export function poolOutside(env: Env, pool: string): PoolOutside {
  const config = configOf(env);
  const version = config.catalogue.versions.find((each) => `${each.id}~${config.place}` === pool);
  return {
    // A version that left the configuration serves nobody any more; what still runs of it is stopped.
    settings:
      version === undefined
        ? retiredSettings(pool)
        : settingsOf(version, config.place, config.waitCostMicrosPerSecond),
    backend: makeAgentBackend({
      url: config.agentUrl,
      token: config.agentToken,
      ...(version !== undefined && { capabilities: capabilitiesOf(version.launch) }),
      fetch: (url, init) => fetch(url, init),
    }),
    isRecorded: config.recordDecisions,
    hear: async (report) => env.PLANNER.getByName('planner').hear(pool, report),
  };
}
