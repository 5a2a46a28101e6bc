// The seam between the planner's object and its deployment: the pools of the configuration and how each is reached.
import { recentRate } from '../src/core/demand/forecast.ts';
import { settingsOf } from '../src/core/pool/pool-settings.ts';
import { configOf, type Env } from '../src/config.ts';
import type { PlannerPorts } from '../src/hosts/planner-host.ts';

export function plannerOutside(env: Env): PlannerPorts {
  const config = configOf(env);
  return {
    forecaster: recentRate,
    waitCostMicrosPerSecond: config.waitCostMicrosPerSecond,
    settings: () => config.catalogue.versions.map((version) => settingsOf(version, config.place)),
    view: async (pool) => env.POOL.getByName(pool).view(pool),
    arrivals: async (pool) => env.POOL.getByName(pool).arrivals(pool),
    plan: async (pool, plan) => env.POOL.getByName(pool).plan(pool, plan),
  };
}
