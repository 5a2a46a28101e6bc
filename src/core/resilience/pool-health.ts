// What the health of a pool is, and what it says: a circuit for each hot replica, one for the pool as a target, and what first tokens
// usually take. Owned by the pool's object and told to the isolates as a verdict. Owns who serves, who is left out and whose probe is due;
// how it changes is in decide-health.ts, the circuits' own rules are in breaker.ts, the comparison and the floor in outlier.ts. Plain data, pure.
import { noBlame, type Blame } from './blame.ts';
import { newCircuit, type Circuit } from './breaker.ts';
import { noFirstTokens, overdueAfterMs, usualQuantileMs } from './first-tokens.ts';
import { heldIn, type ReplicaHealth } from './outlier.ts';

export interface PoolHealth {
  readonly target: Circuit;
  /** By replica id; the hot replicas and no others. */
  readonly replicas: Readonly<Record<string, ReplicaHealth>>;
  readonly blame: Blame;
}

/** What isolates are told with every answer of the pool. */
export interface HealthVerdict {
  readonly targetOpen: boolean;
  /** When the next probe of the target is due: an isolate need not ask before. Null while it is closed. */
  readonly probeDueMs: number | null;
  /** Replicas whose idle slots are to be given back. */
  readonly ejected: readonly string[];
  /** A first token that takes longer is reported as `slow` while it is waited for; null = unknown. */
  readonly overdueMs: number | null;
  readonly firstTokenMsP50: number | null;
  readonly firstTokenMsP95: number | null;
}

/** Whether the verdict keeps requests away from the replica, for its own sake or for the pool's. */
export function isLeftOut({ targetOpen, ejected }: HealthVerdict, replicaId: string): boolean {
  return targetOpen || ejected.includes(replicaId);
}

export function noHealth(target: string, nowMs: number): PoolHealth {
  return { target: newCircuit(target, nowMs), replicas: {}, blame: noBlame };
}

/**
 * Replicas that get requests without a permit. Of a target that is open, these are for requests that nobody else can serve; all others
 * go elsewhere, or wait for the probe.
 */
export function servingReplicas({ replicas }: PoolHealth): ReadonlySet<string> {
  const all = Object.values(replicas);
  const held = heldIn(all);
  const circuits = all.map(({ circuit }) => circuit);
  return new Set(circuits.filter(({ id, phase }) => phase === 'closed' || held.has(id)).map(({ id }) => id));
}

/** A replica that may be probed now: one to which the next waiting request goes, or a check. Null when none is due. */
export function probeDue(health: PoolHealth, nowMs: number): string | null {
  const { target } = health;
  const isOpen = target.phase !== 'closed';
  if (isOpen && !isDue(target, nowMs)) return null;
  const circuits = Object.values(health.replicas).map(({ circuit }) => circuit);
  const due = toProbe(health).find((circuit) => isDue(circuit, nowMs));
  return due?.id ?? (isOpen ? (circuits.find(({ phase }) => phase === 'closed')?.id ?? null) : null);
}

export function verdictOf(health: PoolHealth): HealthVerdict {
  const serving = servingReplicas(health);
  const times = Object.values(health.replicas).map(({ firstTokens }) => firstTokens);
  const { target } = health;
  return {
    targetOpen: target.phase !== 'closed',
    probeDueMs: target.phase === 'closed' ? null : targetProbeMs(health),
    ejected: Object.keys(health.replicas).filter((id) => !serving.has(id)),
    overdueMs: overdueAfterMs(times),
    firstTokenMsP50: usualQuantileMs(times, 0.5),
    firstTokenMsP95: usualQuantileMs(times, 0.95),
  };
}

/** When a request may probe the target: its own circuit is due by then, and so is a replica's, where none serves. */
function targetProbeMs({ target, replicas }: PoolHealth): number {
  const circuits = Object.values(replicas).map(({ circuit }) => circuit);
  const needsReplica = circuits.length > 0 && circuits.every(({ phase }) => phase !== 'closed');
  const replicaMs = needsReplica ? Math.min(...circuits.map(nextProbeMs)) : 0;
  return Math.max(nextProbeMs(target), replicaMs);
}

/** What outlives the object: circuits that are not closed and the histories. What was measured is learned again. */
export function durableHealth({ target, replicas }: PoolHealth): PoolHealth {
  const kept = Object.entries(replicas).map(([id, { circuit }]) => [
    id,
    { circuit: { ...circuit, run: '' }, firstTokens: noFirstTokens },
  ]);
  return { target: { ...target, run: '' }, replicas: Object.fromEntries(kept), blame: noBlame };
}

/** Circuits that need a permit of their own: those left out, and of a target that is open those held in, too. */
export function toProbe(health: PoolHealth): readonly Circuit[] {
  const circuits = Object.values(health.replicas).map(({ circuit }) => circuit);
  if (health.target.phase !== 'closed') return circuits.filter(({ phase }) => phase !== 'closed');
  const serving = servingReplicas(health);
  return circuits.filter(({ id, phase }) => phase === 'half-open' || !serving.has(id));
}

/** Null when it is not one of the hot ones. Replica ids are the pool's own, but a record answers to more names than it was given. */
export function ownOf({ replicas }: PoolHealth, id: string): ReplicaHealth | null {
  return Object.hasOwn(replicas, id) ? (replicas[id] ?? null) : null;
}

function isDue({ phase, probe }: Circuit, nowMs: number): boolean {
  return phase === 'open' && probe.dueMs <= nowMs;
}

/** When its next probe is due, or the one that is out is void. */
export function nextProbeMs({ probe }: Circuit): number {
  return probe.given?.deadlineMs ?? probe.dueMs;
}
