// How one request stands beside the others that wait for the same slots: whose it is, how much it matters, how long it will hold its slot.
// Owns the one way in which that is put together, for requests of clients and for what the platform asks on a tenant's behalf. Pure.
import type { JsonObject } from '../door/parse-body.ts';
import { outputTokensMaxOf } from '../routing/body-facts.ts';
import type { Criticality } from './criticality.ts';
import { latencyClassOf, type LatencyClass, type WorkShape } from './latency-class.ts';

export interface Priority {
  readonly criticality: Criticality;
  /** Of the tenant. */
  readonly weight: number;
  readonly latency: LatencyClass;
}

export interface Asking {
  readonly task: WorkShape['task'];
  /** As it goes to the replica: what a rule has set in it counts. */
  readonly body: JsonObject;
  readonly weight: number;
  /** What the platform asks for itself is as good as any request. */
  readonly criticality?: Criticality;
}

export function priorityOf({ task, body, weight, criticality = 'default' }: Asking): Priority {
  const latency = latencyClassOf({ task, outputTokensMax: outputTokensMaxOf(body) });
  return { criticality, weight, latency };
}
