// Charging: every millisecond of a replica's life goes to exactly one of busy, idle, loading, parked (invariant P1). A replica is
// charged when its phase or its being leased changes, so that a quiet replica costs no write. Pure.
import type { LifeLedger } from './pool-view.ts';
import type { Life, Replica, Speculated } from './pool-state.ts';

type Bucket = keyof Life;

/** Which bucket the passing moment goes to. A slot that an isolate holds for its next request counts as busy. */
export function bucketOf(replica: Replica): Bucket {
  switch (replica.phase) {
    case 'starting':
    case 'waking':
      return 'loadingMs';
    case 'hot':
    case 'draining':
      return replica.leases.length > 0 ? 'busyMs' : 'idleMs';
    case 'parking':
      return 'idleMs';
    case 'parked':
      return 'parkedMs';
    case 'stopping':
      // Until the backend confirms the end, the replica holds what it held before.
      return replica.wasParked ? 'parkedMs' : 'idleMs';
  }
}

/** Charges the time since the last charge to the present bucket. Called before every change of phase or leases. */
export function charge(replica: Replica, nowMs: number): Replica {
  const elapsedMs = Math.max(0, nowMs - replica.chargedToMs);
  if (elapsedMs === 0) return replica;
  const bucket = bucketOf(replica);
  return {
    ...replica,
    chargedToMs: nowMs,
    life: { ...replica.life, [bucket]: replica.life[bucket] + elapsedMs },
    ...(replica.ahead && { speculated: speculate(replica.speculated, bucket, elapsedMs) }),
  };
}

/** A replica in use is not ahead of its demand any more, so no busy time comes here. */
function speculate({ hotMs, parkedMs }: Speculated, bucket: Bucket, elapsedMs: number): Speculated {
  return bucket === 'parkedMs'
    ? { hotMs, parkedMs: parkedMs + elapsedMs }
    : { hotMs: hotMs + elapsedMs, parkedMs };
}

export function addLives(a: Life, b: Life): Life {
  return {
    busyMs: a.busyMs + b.busyMs,
    idleMs: a.idleMs + b.idleMs,
    loadingMs: a.loadingMs + b.loadingMs,
    parkedMs: a.parkedMs + b.parkedMs,
  };
}

/** The four buckets and their sum. */
export function ledgerOf(life: Life): LifeLedger {
  return { ...life, lifetimeMs: life.busyMs + life.idleMs + life.loadingMs + life.parkedMs };
}
