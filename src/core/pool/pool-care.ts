// The health of a pool's replicas as its state machine keeps it: what was reported goes in, who is left out and who may probe comes out.
// Owns when it is looked at and what of it is durable; the rules are in core/resilience. Pure.
import type { ProbePermit } from '../resilience/breaker.ts';
import { decideHealth, type HealthEvent } from '../resilience/decide-health.ts';
import {
  durableHealth,
  noHealth,
  verdictOf,
  type HealthVerdict,
  type PoolHealth,
} from '../resilience/pool-health.ts';
import type { Draft } from './draft.ts';

export interface PoolCare {
  readonly health: PoolHealth;
  readonly verdict: HealthVerdict;
  /** Replicas that get no request without a permit. */
  readonly leftOut: ReadonlySet<string>;
  /** When a probe is due or a permit is void; null while all circuits are closed. */
  readonly dueMs: number | null;
}

/** The name of the pool's own circuit; no replica is called so. */
const targetCircuit = 'target';

export function restoreCare(durable: PoolHealth | null, nowMs: number): PoolCare {
  return careOf(durable ?? noHealth(targetCircuit, nowMs), null);
}

function careOf(health: PoolHealth, dueMs: number | null): PoolCare {
  const verdict = verdictOf(health);
  return { health, verdict, leftOut: new Set(verdict.ejected), dueMs };
}

/** Decides `event`; what changes a circuit's phase is written with the ledger. Returns the permits that were asked for, null = none. */
export function applyHealth(draft: Draft, event: HealthEvent): readonly ProbePermit[] | null {
  const { health, permits, wakeMs, changed } = decideHealth(draft.care.health, event, draft.nowMs);
  draft.care = careOf(health, wakeMs);
  if (changed) draft.ledger = { ...draft.ledger, health: durableHealth(health) };
  return permits;
}

/** Brings the circuits up to this moment and to the replicas that there are: one in doubt keeps its circuit, one that is gone has none. */
export function keepCircuits(draft: Draft): void {
  const members = [...draft.replicas.values()].filter(({ phase }) => phase === 'hot' || phase === 'draining');
  const known = draft.care.health.replicas;
  const isSame =
    members.length === Object.keys(known).length && members.every(({ id }) => Object.hasOwn(known, id));
  if (!isSame) applyHealth(draft, { kind: 'members', replicaIds: members.map(({ id }) => id) });
  else if (draft.care.dueMs !== null && draft.care.dueMs <= draft.nowMs) applyHealth(draft, { kind: 'woke' });
}
