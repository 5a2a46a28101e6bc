// The seam between a pool's object and its deployment: which figures the pool lives by, which backend runs its replicas, and whom it
// tells that it woke.
import { makeAgentBackend } from '../src/backends/agent.ts';
import { capabilitiesOf } from '../src/backends/capabilities.ts';
import { makeRetiredEndpoint } from '../src/backends/upstream/retired-endpoint.ts';
import { makeUpstreamBackend } from '../src/backends/upstream/upstream-backend.ts';
import { configOf, type Config } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import type { Backend } from '../src/backends/backend.ts';
import { readUpstreams, type Upstream } from '../src/backends/upstream/read-upstreams.ts';
import type { PoolStore } from './pool-store.ts';
import { traitsOf } from '../src/core/registry/place-traits.ts';
import { findSharedEndpoint } from '../src/core/registry/shared-endpoint.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
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

export function poolOutside(env: Env, pool: string, store: PoolStore): PoolOutside {
  const config = configOf(env);
  const version = config.catalogue.versions.find((each) => `${each.id}~${config.place}` === pool);
  return {
    // A version that left the configuration serves nobody any more; what still runs of it is stopped.
    settings:
      version === undefined
        ? retiredSettings(pool)
        : settingsOf(version, config.place, config.waitCostMicrosPerSecond),
    backend: backendOf(config, version, store),
    isRecorded: config.recordDecisions,
    hear: async (report) => env.PLANNER.getByName('planner').hear(pool, report),
  };
}

function backendOf(config: Config, version: ModelVersion | undefined, store: PoolStore): Backend {
  const outside = { fetch: (url: string, init: RequestInit) => fetch(url, init), now: () => Date.now() };
  const retired = version === undefined ? store.readVersion() : null;
  if (retired !== null && traitsOf(retired.launch).isFixed) return makeRetiredEndpoint(retired, store.lives);
  const reached = reachedFrom(config, version, store);
  if (reached !== null)
    return makeUpstreamBackend({
      ...outside,
      ...reached,
      lives: store.lives,
      runpodRestUrl: config.upstreamAccess.runpodRestUrl,
      wait: (ms) => scheduler.wait(ms),
    });
  return makeAgentBackend({
    url: config.agentUrl,
    token: config.agentToken,
    ...(version !== undefined && { capabilities: capabilitiesOf(version.launch) }),
    fetch: outside.fetch,
  });
}

interface Reached {
  readonly version: ModelVersion;
  readonly upstream: Upstream;
  readonly isHandedOver: boolean;
}

/** What this Worker reaches without the agent, also when it is no longer served: what it was told to keep is paid for until it is told otherwise. */
function reachedFrom(config: Config, version: ModelVersion | undefined, store: PoolStore): Reached | null {
  if (version !== undefined) {
    const upstream = config.upstreams.get(version.id);
    if (upstream === undefined) return null;
    store.keepVersion(version);
    return { version, upstream, isHandedOver: false };
  }
  const retired = store.readVersion();
  if (retired === null) return null;
  const read = readUpstreams({ versions: [retired] }, config.upstreamAccess);
  const upstream = read.ok ? read.value.get(retired.id) : undefined;
  if (upstream === undefined) return null;
  const isHandedOver = findSharedEndpoint([...config.catalogue.versions, retired]) !== null;
  return { version: retired, upstream, isHandedOver };
}
