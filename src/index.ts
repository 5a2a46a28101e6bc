// The Worker's entry: HTTP to the app, the cron to the planner, the Durable Object classes by name.
import { makeApp } from '../functions/app.ts';
import { IndexObject } from '../durable-objects/index-object.ts';
import { PlannerObject } from '../durable-objects/planner-object.ts';
import { PoolObject } from '../durable-objects/pool-object.ts';
import { RunListObject } from '../durable-objects/run-list-object.ts';
import { RunObject } from '../durable-objects/run-object.ts';
import { SessionObject } from '../durable-objects/session-object.ts';
import { StoreObject } from '../durable-objects/store-object.ts';
import { TenantObject } from '../durable-objects/tenant-object.ts';
import type { Env } from './env.ts';

const app = makeApp();

export {
  IndexObject,
  PlannerObject,
  PoolObject,
  RunListObject,
  RunObject,
  SessionObject,
  StoreObject,
  TenantObject,
};

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  async scheduled(controller, env) {
    await env.PLANNER.getByName('planner').planAll(controller.scheduledTime);
  },
} satisfies ExportedHandler<Env>;
