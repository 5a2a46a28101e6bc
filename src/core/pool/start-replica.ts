// Gives a new replica its id, generation and row. The row exists before any backend is asked, so that no crash can lose track of a
// process that was begun. Pure.
import { put, type Draft } from './draft.ts';
import { noLife, type Replica } from './pool-state.ts';

/** Adds a row in phase `starting`; false when the pool is full, or starts are blocked after a failure. */
export function startReplica(draft: Draft): boolean {
  const { settings, ledger, nowMs } = draft;
  if (countLiving(draft) >= settings.replicasMax) return false;
  if (ledger.backoff !== null && ledger.backoff.untilMs > nowMs) return false;
  const generation = ledger.generation + 1;
  draft.ledger = { ...ledger, generation };
  put(draft, {
    id: replicaId(settings.pool, generation),
    generation,
    phase: 'starting',
    phaseSinceMs: nowMs,
    createdMs: nowMs,
    endpoint: null,
    leases: [],
    leaseCounter: 0,
    hotSinceMs: nowMs,
    broughtBy: 'start',
    idleSinceMs: nowMs,
    life: noLife,
    chargedToMs: nowMs,
    commandDueMs: nowMs,
    attempts: 0,
    wasParked: false,
    dead: false,
    loadMs: null,
    wakeMs: null,
  });
  return true;
}

/** Replicas whose process may exist; one on its way out counts until it is known to be dead. */
export function countLiving(draft: { readonly replicas: ReadonlyMap<string, Replica> }): number {
  let living = 0;
  for (const replica of draft.replicas.values()) if (!replica.dead) living += 1;
  return living;
}

/** `tiny-chat-1-local-7`: readable, and unique because generations never repeat within a pool. */
export function replicaId(pool: string, generation: number): string {
  const slug = pool
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 48);
  return `${slug}-${generation}`;
}
