// The one seam between a session and the rest of the platform: how its turns are routed and how the model is called.
import type { SessionPorts } from '../src/hosts/session-ports.ts';

export type SessionEnv = Record<string, unknown>;

/** How a turn reaches a model from here. */
export type SessionOutside = Pick<SessionPorts, 'routeModel' | 'runTurn'>;

/** The outside of a session in this Worker. */
export function sessionOutside(_env: SessionEnv, _ctx: DurableObjectState): SessionOutside {
  return {
    routeModel: (_tenant, model) => ({ ok: false, error: { kind: 'unknown-model', model } }),
    runTurn: async () => ({ ok: false, error: { kind: 'internal' } }),
  };
}
