// Gives a new replica its id, generation and row. The row exists before any backend is asked, so that no crash can lose track of a
// process that was begun. Pure.
import { bury, put, type Draft } from './draft.ts';
import { isFoundAway } from './found-away.ts';
import { deadRowsMax } from './pool-settings.ts';
import { noLife, nothingSpeculated, type Replica } from './pool-state.ts';

/** More of what fails helps nobody, but what fails for so long may be the replicas rather than the model: one more is tried then. */
export const openPatienceMs = 10_000;

/**
 * How many replicas could be started now: none when the pool is full, or while starts are blocked after a failure; one at a time while
 * the pool's circuit has been open for long, or its fixed endpoint is away.
 */
export function startRoom(draft: Draft): number {
  const { settings, ledger, nowMs, care } = draft;
  if (ledger.backoff !== null && ledger.backoff.untilMs > nowMs) return 0;
  const room = Math.max(0, settings.replicasMax - countLiving(draft));
  const phases = new Set([...draft.replicas.values()].map(({ phase }) => phase));
  if (isFoundAway(draft)) return phases.has('starting') ? 0 : Math.min(1, room);
  if (!care.verdict.targetOpen || !phases.has('hot')) return room;
  const isPatient = nowMs < care.health.target.openedMs + openPatienceMs;
  return isPatient || phases.has('starting') ? 0 : Math.min(1, room);
}

/**
 * Adds a row in phase `starting`; false when there is no room. `ahead`: nobody waits for it; `toPark`: it is parked once loaded;
 * `forRun`: it is for a run on its way.
 */
export function startReplica(
  draft: Draft,
  purpose: { ahead: boolean; toPark: boolean; forRun: boolean },
): boolean {
  if (startRoom(draft) === 0) return false;
  buryDead(draft);
  const { settings, ledger, nowMs } = draft;
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
    speculated: nothingSpeculated,
    seat: freeSeat(draft),
    ...purpose,
  });
  return true;
}

/** The lowest that no living replica has: a place that has lost its replica is filled again. */
function freeSeat({ replicas }: Draft): number {
  const taken = new Set([...replicas.values()].filter(({ dead }) => !dead).map(({ seat }) => seat));
  let seat = 0;
  while (taken.has(seat)) seat += 1;
  return seat;
}

/**
 * Dead replicas whose stop is never confirmed must not pile up, one with each failed start. The oldest leave the books: nothing of
 * them runs any more, and one that the backend still lists is stopped as unknown.
 */
function buryDead(draft: Draft): void {
  const dead = [...draft.replicas.values()].filter((replica) => replica.dead);
  dead.sort((a, b) => a.generation - b.generation);
  for (const replica of dead.slice(0, Math.max(0, dead.length + 1 - deadRowsMax))) bury(draft, replica);
}

/** Replicas whose process may exist; one on its way out counts until it is known to be dead. */
export function countLiving(draft: { readonly replicas: ReadonlyMap<string, Replica> }): number {
  let living = 0;
  for (const replica of draft.replicas.values()) if (!replica.dead) living += 1;
  return living;
}

/**
 * `tiny-chat-1-local-7`: readable, and no other replica's, of this pool or another. Generations never repeat within a pool; a name
 * that does not survive being spelt in the agent's few characters carries a hash of itself.
 */
export function replicaId(pool: string, generation: number): string {
  const slug = pool.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  if (plainName.test(pool) && slug.length <= slugLengthMax) return `${slug}-${generation}`;
  return `${slug.slice(0, slugLengthMax - hashLength - 1)}-${hashName(pool)}-${generation}`;
}

/** Single dashes and nothing else besides letters and digits: two such names of one place never get the same slug. */
const plainName = /^[a-z0-9]+(?:-[a-z0-9]+)*@[0-9]+~[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** The agent takes 64 characters; the rest is for the generation. */
const slugLengthMax = 54;
const hashLength = 7;

/** FNV-1a (Fowler, Noll, Vo), 32 bits, in base 36: a catalogue has at most 200 pools. */
function hashName(name: string): string {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(36).padStart(hashLength, '0');
}
