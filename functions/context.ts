// What every handler finds in its Hono context: set by the middleware in the order in which functions/app.ts lists it.
import type { Config } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import type { KeyHolder, Tenant } from '../src/core/tenant/tenant.ts';
import type { EventDraft } from '../src/telemetry/request-event.ts';
import type { AppDeps } from './app-deps.ts';

export interface Variables {
  deps: AppDeps;
  requestId: string;
  startedMs: number;
  /** Columns of the request's one event, filled on the way. */
  event: EventDraft;
  /** Set once dispatch writes the event, which it does when the last byte has gone. */
  eventIsDispatchs: boolean;
  config: Config;
  /** Set behind `authenticate`. */
  tenant: Tenant;
  /** The key that asks, with its labels. */
  holder: KeyHolder;
}

export interface AppEnv {
  Bindings: Env;
  Variables: Variables;
}
