// The one seam between a session and the rest of the platform: how its turns are routed and how the model is called.
import { configOf, type Env } from '../src/config.ts';
import { err, ok } from '../src/core/base/result.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import { decideRoute } from '../src/core/routing/decide-route.ts';
import { performChatTurn } from '../src/hosts/chat-turn.ts';
import type { SessionPorts } from '../src/hosts/session-ports.ts';
import { portsFor } from '../src/hosts/worker-ports.ts';
import { findTenant } from '../tenants/tenants.ts';

export type SessionEnv = Env;

/** How a turn reaches a model from here. */
export type SessionOutside = Pick<SessionPorts, 'routeModel' | 'runTurn'>;

/** The outside of a session in this Worker. */
export function sessionOutside(env: Env, ctx: DurableObjectState): SessionOutside {
  const config = configOf(env);
  return {
    routeModel(tenant, model) {
      const rules = findTenant(tenant)?.rules ?? [];
      const route = decideRoute({
        catalogue: config.catalogue,
        place: config.place,
        rules,
        model,
        task: 'chat',
      });
      if (!route.ok) return route;
      const { pool, version } = route.value;
      return ok({ pool, version: version.id, contextCharsMax: contextCharsMax(version) });
    },
    async runTurn(ask, onText) {
      const { route, tenant, requestId, signal, startedMs, deadlineMs } = ask;
      const body = {
        model: route.version,
        stream: true,
        stream_options: { include_usage: true },
        messages: ask.messages,
      };
      const request = {
        pool: route.pool,
        tenant,
        requestId,
        path: '/v1/chat/completions' as const,
        body: JSON.stringify(body),
        stream: true,
        signal,
        startedMs,
        onServed: (served: { warmth: 'hot' | 'parked' | 'cold' | null; waitMs: number | null }) =>
          ask.onServed({ version: route.version, ...served }),
      };
      const limits = {
        ...config.dispatch,
        totalMs: Math.min(config.dispatch.totalMs, deadlineMs - startedMs),
      };
      const turn = await performChatTurn(portsFor(env, ctx), request, limits, onText);
      if (!turn.ok) return err(turn.error);
      const { text, usage, served } = turn.value;
      return ok({ text, usage, served: { version: route.version, ...served } });
    },
  };
}

/** English has about four characters a token, numbers and names have fewer; two leave room for either. */
const charsPerToken = 2;
/** For a model whose window is not known here. */
const contextTokensGuess = 4_096;

/** How much of the log is sent: half of the model's window, the rest is for the answer. */
function contextCharsMax(version: ModelVersion): number {
  const tokens = version.launch.kind === 'llama' ? version.launch.contextTokens : contextTokensGuess;
  return Math.floor((tokens * charsPerToken) / 2);
}
