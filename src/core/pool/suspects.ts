// Tenants whose requests seem to kill replicas, and the few seats that they are confined to while they do, so that the others keep the rest.
// A request that kills is not seen before it has killed: what is known is who was there at each death. Owns who is suspected, for how long,
// and of what; the choice of seats is core/resilience's shuffle shards. Pure.
import { seatsMin, shardOf } from '../resilience/shuffle-shard.ts';
import type { Draft } from './draft.ts';
import type { PoolState, Replica } from './pool-state.ts';

export interface Suspects {
  /** Tenants whose requests have failed on a replica that is in doubt, by replica; `presentMax` of each at most. */
  readonly present: ReadonlyMap<string, readonly string[]>;
  /** Deaths that each tenant was present at, of late; at most `suspectsMax` tenants, the longest innocent forgotten first. */
  readonly deaths: ReadonlyMap<string, number>;
  /** All deaths of late, and when the last one was. */
  readonly total: number;
  readonly lastMs: number;
}

export const nobodySuspected: Suspects = {
  present: new Map(),
  deaths: new Map(),
  total: 0,
  lastMs: -Infinity,
};

/** Replicas die of their own accord: once or twice says nothing. */
const deathsMin = 3;
/** Present at so many of all deaths. */
const presentShare = 0.8;
/** After so long without a death everybody is innocent again. */
const forgetMs = 600_000;
/** Two seats of eight are shared with one tenant in 28. */
const shardSize = 2;
const presentMax = 32;
const suspectsMax = 64;

/** A request of `tenant` has failed in a way that puts its replica in doubt. */
export function notePresent(suspects: Suspects, replicaId: string, tenant: string): Suspects {
  const known = suspects.present.get(replicaId) ?? [];
  if (known.includes(tenant)) return suspects;
  const present = new Map(suspects.present).set(replicaId, [...known, tenant].slice(-presentMax));
  return { ...suspects, present };
}

/** The replica was found dead that had served until now. */
export function noteDeath(draft: Draft, { id, leases }: Replica): void {
  const { present, deaths, total, lastMs } = draft.suspects;
  const isOld = draft.nowMs - lastMs > forgetMs;
  const next = new Map(isOld ? [] : deaths);
  const there = new Set([...(present.get(id) ?? []), ...leases.map(({ tenant }) => tenant)]);
  for (const tenant of there) {
    const count = (next.get(tenant) ?? 0) + 1;
    // Removed first, so that the map stays in the order of the last death.
    next.delete(tenant);
    next.set(tenant, count);
  }
  const kept = [...next].slice(-suspectsMax);
  draft.suspects = {
    present,
    deaths: new Map(kept),
    total: (isOld ? 0 : total) + 1,
    lastMs: draft.nowMs,
  };
}

/** Nobody asks any more who was on replicas that are gone. */
export function forgetGone(draft: Draft): void {
  const { present } = draft.suspects;
  if (![...present.keys()].some((id) => !draft.replicas.has(id))) return;
  const kept = [...present].filter(([id]) => draft.replicas.has(id));
  draft.suspects = { ...draft.suspects, present: new Map(kept) };
}

type SuspectScene = Pick<PoolState, 'suspects' | 'turns' | 'replicas' | 'nowMs'>;

/** The tenants that are confined: present at nearly every death, where others are served here who were not. */
export function confinedTenants({ suspects, turns, replicas, nowMs }: SuspectScene): readonly string[] {
  const { deaths, total, lastMs } = suspects;
  if (total < deathsMin || livingSeats(replicas).length < seatsMin || nowMs - lastMs > forgetMs) return [];
  const suspected = [...deaths].filter(([, count]) => count >= Math.max(deathsMin, presentShare * total));
  const names = suspected.map(([tenant]) => tenant);
  // With nobody to protect, a shard would only make the pool small.
  return [...turns.keys()].some((tenant) => !names.includes(tenant)) ? names : [];
}

/** The seats that a confined tenant may use: its first ones of those that are filled or about to be. */
export function seatsOf(tenant: string, replicas: ReadonlyMap<string, Replica>): ReadonlySet<number> {
  const seats = livingSeats(replicas).map(String);
  return new Set(shardOf({ tenant, seats, size: shardSize }).map(Number));
}

function livingSeats(replicas: ReadonlyMap<string, Replica>): readonly number[] {
  const serving = new Set(['starting', 'waking', 'hot', 'draining']);
  return [...replicas.values()].filter(({ phase }) => serving.has(phase)).map(({ seat }) => seat);
}
