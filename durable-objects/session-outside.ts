// The one seam between a session and the rest of the platform: how its turns are routed and how the model is called.
import { configOf, type Config } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import type { Failure } from '../src/core/api/failure.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import { LARGE_VOCABULARY, SMALL_VOCABULARY } from '../src/core/session/estimate-tokens.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import { priorityOf } from '../src/core/resilience/priority.ts';
import { performChatTurn } from '../src/hosts/chat-turn.ts';
import type { TurnRoute } from '../src/core/session/session-events.ts';
import { runFunctionTurn } from '../src/hosts/function-turn.ts';
import type { SessionPorts, TurnAsk, TurnReply } from '../src/hosts/session-ports.ts';
import type { RunStart } from '../src/hosts/step-performers.ts';
import type { Served } from '../src/hosts/dispatch.ts';
import { portsFor, type Lifetime } from '../src/hosts/worker-ports.ts';
import { findFunction } from '../functions/compound/known-functions.ts';
import { weightOf } from '../tenants/tenants.ts';
import { planForTenant, routeForTenant } from './plan-for-tenant.ts';
import { beginRun, cancelRunOf, nextOfRun } from './run-call.ts';

export type SessionEnv = Env;

/** How a turn reaches a model from here. */
export type SessionOutside = Pick<SessionPorts, 'routeModel' | 'runTurn' | 'cancelRun'>;

/** The outside of a session in this Worker. */
export function sessionOutside(env: Env, ctx: DurableObjectState): SessionOutside {
  const config = configOf(env);
  return {
    routeModel: (tenant, model) => routeSession(env, ctx, { tenant, model }),
    async runTurn(ask, onText) {
      const { route, tenant, requestId, criticality, signal, startedMs, deadlineMs } = ask;
      if (route.kind === 'function') return await runFunction(config, env, ask, onText);
      const limits = {
        ...config.dispatch,
        totalMs: Math.min(config.dispatch.totalMs, deadlineMs - startedMs),
      };
      const body = { stream: true, stream_options: { include_usage: true }, messages: ask.messages };
      const { model, session } = ask;
      const planned = await planForTenant(env, ctx, { tenant, task: 'chat', model, session, body, limits });
      if (!planned.ok) return planned;
      const { attempts, policy } = planned.value;
      // A rule's own time for the target may be longer than the turn has.
      const totalMs = Math.min(planned.value.limits.totalMs, deadlineMs - startedMs);
      const request = {
        attempts,
        policy,
        tenant,
        priority: priorityOf({ task: 'chat', body, weight: weightOf(tenant), criticality }),
        requestId,
        path: '/v1/chat/completions' as const,
        stream: true,
        signal,
        startedMs,
        onServed: (served: Served) =>
          ask.onServed({ ...servedOf(served), version: served.version ?? route.version }),
      };
      const bounded = { ...planned.value.limits, totalMs };
      const turn = await performChatTurn(portsFor(env, ctx), request, bounded, onText);
      if (!turn.ok) return err(turn.error);
      const { text, usage, served } = turn.value;
      return ok({ text, usage, served: { ...servedOf(served), version: served.version ?? route.version } });
    },
    async cancelRun({ tenant, run }) {
      // A run is begun only after its id was stored: one that was never heard of was never begun.
      if (run !== null) await cancelRunOf(env, { tenant, id: run });
    },
  };
}

const functionPrefix = 'function:';

function servedOf({ warmth, waitMs }: Served): Pick<Served, 'warmth' | 'waitMs'> {
  return { warmth, waitMs };
}

/** What a session's model name means now: a version of a model, or a function that can be asked as one. */
export function routeSession(
  env: Env,
  lifetime: Lifetime,
  { tenant, model }: { readonly tenant: string; readonly model: string },
): Result<TurnRoute, Failure> {
  if (model.startsWith(functionPrefix)) return routeFunction(configOf(env), model);
  const route = routeForTenant(env, lifetime, { tenant, task: 'chat', model });
  if (!route.ok) return route;
  const { pool, version } = route.value;
  return ok({ kind: 'model', pool, version: version.id, ...contextOf(version) });
}

function routeFunction(config: Config, model: string): Result<TurnRoute, Failure> {
  const fn = findFunction(config, model.slice(functionPrefix.length));
  if (fn === null) return err({ kind: 'unknown-model', model });
  if (fn.chat === null) return err({ kind: 'wrong-task', model, task: 'calls at /v1/functions' });
  const version = `${model}@${fn.version}`;
  return ok({
    kind: 'function',
    function: fn.name,
    version,
    contextTokensMax: contextTokensGuess,
    gauge: LARGE_VOCABULARY,
  });
}

async function runFunction(
  config: Config,
  env: Env,
  ask: TurnAsk,
  onText: (text: string) => Promise<void>,
): Promise<Result<TurnReply, Failure>> {
  const name = ask.route.kind === 'function' ? ask.route.function : '';
  const fn = findFunction(config, name);
  if (fn === null) return err({ kind: 'unknown-model', model: `${functionPrefix}${name}` });
  const { tenant } = ask;
  const ports = {
    begin: (start: RunStart) => beginRun(env, start),
    next: (id: string, afterSeq: number) => nextOfRun(env, { tenant, id }, afterSeq),
    sleep: (ms: number) => scheduler.wait(ms),
  };
  return await runFunctionTurn(ports, fn, ask, onText);
}

/** For a model whose window is not known here. */
const contextTokensGuess = 4_096;

/** How much of the log is sent: half of the model's window, the rest is for the answer. */
function contextOf({ launch }: ModelVersion) {
  // The embedded models have small vocabularies of their own.
  const isEmbedded = launch.kind === 'llama';
  const tokens = isEmbedded ? launch.contextTokens : contextTokensGuess;
  return {
    contextTokensMax: Math.floor(tokens / 2),
    gauge: isEmbedded ? SMALL_VOCABULARY : LARGE_VOCABULARY,
  };
}
