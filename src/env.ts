// What the platform binds to the Worker: its objects, its assets, and plain variables, which config.ts reads.
import type { IndexObject } from '../durable-objects/index-object.ts';
import type { PlannerObject } from '../durable-objects/planner-object.ts';
import type { PoolObject } from '../durable-objects/pool-object.ts';
import type { RunListObject } from '../durable-objects/run-list-object.ts';
import type { RunObject } from '../durable-objects/run-object.ts';
import type { SessionObject } from '../durable-objects/session-object.ts';
import type { StoreObject } from '../durable-objects/store-object.ts';
import type { TenantObject } from '../durable-objects/tenant-object.ts';

export interface Env {
  readonly POOL: DurableObjectNamespace<PoolObject>;
  readonly PLANNER: DurableObjectNamespace<PlannerObject>;
  readonly SESSION: DurableObjectNamespace<SessionObject>;
  readonly RUN: DurableObjectNamespace<RunObject>;
  readonly RUN_LIST: DurableObjectNamespace<RunListObject>;
  readonly INDEX: DurableObjectNamespace<IndexObject>;
  readonly TENANT: DurableObjectNamespace<TenantObject>;
  readonly STORE: DurableObjectNamespace<StoreObject>;
  readonly ASSETS?: Fetcher;
  /** Which deployed version runs; the platform fills it in. */
  readonly VERSION?: WorkerVersionMetadata;
  readonly ENVIRONMENT?: string;
  readonly [name: string]: unknown;
}
