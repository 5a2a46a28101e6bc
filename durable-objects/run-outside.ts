// The seam between a run and the rest of the platform: how its steps reach models, indexes and other functions, and who hears how far it is.
import { configOf, type Config } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import type { CompoundFunction } from '../src/core/run/define-function.ts';
import type { RunState, StepRecord } from '../src/core/run/run-state.ts';
import { makeTrace } from '../src/core/run-trace/make-trace.ts';
import { timeRun } from '../src/core/run-trace/time-run.ts';
import { viewRun } from '../src/core/run/view-run.ts';
import type { RunPorts } from '../src/hosts/run-ports.ts';
import { RunWarmer } from '../src/hosts/run-warmer.ts';
import { makePerformers } from '../src/hosts/step-performers.ts';
import { portsFor } from '../src/hosts/worker-ports.ts';
import { findFunction } from '../functions/compound/known-functions.ts';
import { weightOf } from '../tenants/tenants.ts';
import { planForTenant, routeForTenant } from './plan-for-tenant.ts';
import { beginRun, cancelRunOf, waitForRun } from './run-call.ts';
import { embeddingModel, searchIndex } from './run-search.ts';

export type RunOutside = Pick<
  RunPorts,
  'perform' | 'findFunction' | 'reportBug' | 'onProgress' | 'abandonChild'
>;

/** The outside of a run in this Worker. */
export function runOutside(env: Env, ctx: DurableObjectState): RunOutside {
  const config = configOf(env);
  const warmer = warmerOf(config, env, ctx);
  let listed = '';
  return {
    perform: makePerformers({
      catalogue: config.catalogue,
      limits: config.dispatch,
      weightOf,
      plan: (call) => planForTenant(env, ctx, call),
      ports: portsFor(env, ctx),
      search: (asked) => searchIndex(env, asked),
      onSlot: ({ n }, coldMs) => warmer.granted(n, coldMs),
      child: (tenant, id) => ({
        start: (start) => beginRun(env, start),
        wait: () => waitForRun(env, { tenant, id }),
        cancel: () => cancelRunOf(env, { tenant, id }),
      }),
    }),
    findFunction: (name, version) => findFunction(config, name, version),
    reportBug(run, cause) {
      // eslint-disable-next-line no-console -- the platform's log is where bugs go.
      console.error(run, cause);
    },
    abandonChild(tenant, id) {
      ctx.waitUntil(cancelRunOf(env, { tenant, id }).catch(() => undefined));
    },
    onProgress(state) {
      warmer.progress(state);
      if (state.progress.status.kind === listed) return;
      listed = state.progress.status.kind;
      ctx.waitUntil(list(env, state));
    },
  };
}

function warmerOf(config: Config, env: Env, ctx: DurableObjectState): RunWarmer {
  const mode = config.prewarm;
  const poolOf: PoolOf = ({ spec }, model, task) => {
    const route = routeForTenant(env, ctx, { tenant: spec.tenant, task, model });
    return route.ok ? route.value.pool : null;
  };
  return new RunWarmer({
    isOn: mode !== 'off',
    graphOf: (name) => env.PLANNER.getByName('planner').graphOf(name),
    expect: (pool, run, expectations) =>
      env.POOL.getByName(pool).expect(pool, { run, graphMode: mode, expectations }),
    waitAt: async (pool) => (await env.POOL.getByName(pool).glance(pool)).predictedWaitMs ?? 0,
    learn: (trace) => env.PLANNER.getByName('planner').learnRuns([trace]),
    poolOf: (state, step) => poolOfStep(functionOf(config, state), state, step, poolOf),
    declared: (state) => declaredPools(functionOf(config, state), state, poolOf),
    now: () => Date.now(),
    setTimer: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    waitUntil: (work) => ctx.waitUntil(work),
  });
}

/** The pool that a model's name means for the run's tenant. */
type PoolOf = (state: RunState, model: string, task: 'chat' | 'embedding') => string | null;

function poolOfStep(
  fn: CompoundFunction | null,
  state: RunState,
  { kind, name }: StepRecord,
  poolOf: PoolOf,
): string | null {
  if (kind === 'search') return poolOf(state, embeddingModel, 'embedding');
  const use = fn?.uses.models?.[name];
  return use === undefined ? null : poolOf(state, use.model, use.task);
}

function declaredPools(fn: CompoundFunction | null, state: RunState, poolOf: PoolOf): readonly string[] {
  const uses = fn?.uses;
  const pools = Object.values(uses?.models ?? {}).map(({ model, task }) => poolOf(state, model, task));
  const searches = uses?.indexes === undefined ? [] : [poolOf(state, embeddingModel, 'embedding')];
  return [...new Set([...pools, ...searches])].filter((pool) => pool !== null);
}

function functionOf(config: Config, { spec }: RunState): CompoundFunction | null {
  return findFunction(config, spec.function, spec.version);
}

async function list(env: Env, state: RunState): Promise<void> {
  try {
    const { id, function: name, version, status, created_ms, ended_ms, parent, usage } = viewRun(state);
    const cold_ms = makeTrace(timeRun(state), Date.now()).totals.coldMs;
    const listed = { id, function: name, version, status, created_ms, ended_ms, parent, usage, cold_ms };
    await env.RUN_LIST.getByName(state.spec.tenant).put(listed);
  } catch {
    // The list is a convenience; the run itself says how it is.
  }
}
