// What every handler finds in its Hono context: set by the middleware in the order in which functions/app.ts lists it.
import type { Config, Env } from '../src/config.ts';
import type { Target } from '../src/core/door/canonical-target.ts';
import type { Tenant } from '../src/core/tenant/tenant.ts';
import type { EventDraft } from '../src/telemetry/request-event.ts';

export interface Variables {
  requestId: string;
  startedMs: number;
  config: Config;
  target: Target;
  /** Set behind `authenticate`. */
  tenant: Tenant;
  /** Columns of the request's one event, filled on the way. */
  event: EventDraft;
}

export interface AppEnv {
  Bindings: Env;
  Variables: Variables;
}
