// On which terms a request is served: how it stands beside others that wait, and how long its client will. By its key, its tenant and its
// headers; what a header may say is decided in the core.
import type { Context } from 'hono';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import { leftOfClientTime, readClientTime, type ClientTime } from '../src/core/resilience/client-time.ts';
import {
  criticalityHeader,
  criticalityOf,
  readCriticality,
  type Criticality,
} from '../src/core/resilience/criticality.ts';
import { priorityOf, type Priority } from '../src/core/resilience/priority.ts';
import { applyOverrides, noOverrides } from '../src/core/routing/overrides.ts';
import type { Overrides } from '../src/core/routing/rule-set.ts';
import type { AppEnv } from './context.ts';
import { orFail, RequestFailure } from './http-errors.ts';

export interface Terms {
  readonly criticality: Criticality;
  readonly time: ClientTime;
}

/** Ends the request when a header says something that means nothing. */
export function readTerms(c: Context<AppEnv>): Terms {
  const { headers } = c.req.raw;
  const requested = orFail(readCriticality(headers.get(criticalityHeader)));
  return {
    criticality: criticalityOf({ key: c.get('holder').criticality, requested }),
    time: orFail(readClientTime((name) => headers.get(name))),
  };
}

/**
 * What is left to work that is done apart from its request, a run or a turn; null when the client has not said. Ends the request when nothing
 * is left: nothing is begun for a client that has given up. `hint`: whether an OpenAI client's timeout bounds it as well.
 */
export function timeLeft(c: Context<AppEnv>, time: ClientTime, hint: boolean): number | null {
  const elapsedMs = c.get('deps').now() - c.get('startedMs');
  const leftMs = leftOfClientTime(time, { elapsedMs, hint });
  if (leftMs !== null && leftMs <= 0) throw new RequestFailure({ kind: 'total-timeout' });
  return leftMs;
}

interface Work {
  readonly task: ModelVersion['task'];
  readonly body: JsonObject;
  /** Of the target that is asked first: they may set how long the answer is. */
  readonly overrides: Overrides | undefined;
  readonly criticality: Criticality;
}

export function priorityFor(c: Context<AppEnv>, { task, body, overrides, criticality }: Work): Priority {
  const { weight } = c.get('tenant');
  return priorityOf({ task, body: applyOverrides(body, overrides ?? noOverrides), weight, criticality });
}
