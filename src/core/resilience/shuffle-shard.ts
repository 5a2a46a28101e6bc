// Which few of a pool's seats serve a tenant, so that a tenant whose requests kill replicas takes only few others with it. Seats are the
// places that replicas fill one after the other, not the replicas: a tenant whose replica died must not move on to kill the next one.
// Rendezvous hashing (Thaler & Ravishankar, 1998): a seat that goes moves only the tenants that it served. Pure.
import { hashText } from '../run/hash-text.ts';

export interface ShardAsk {
  readonly tenant: string;
  readonly seats: readonly string[];
  /** Seats of one tenant; two of eight make 28 shards. */
  readonly size: number;
}

/** Below this many seats shards of two would overlap so much that they only cost: every tenant gets all seats. */
export const seatsMin = 4;

/** The tenant's seats, the most preferred first. */
export function shardOf({ tenant, seats, size }: ShardAsk): readonly string[] {
  const ranked = rankSeats(tenant, seats);
  return seats.length < seatsMin ? ranked : ranked.slice(0, Math.max(1, size));
}

/** All seats in the tenant's order of preference. */
export function rankSeats(tenant: string, seats: readonly string[]): readonly string[] {
  return seats
    .map((seat) => ({ seat, score: hashText(JSON.stringify([tenant, seat])) }))
    .sort((a, b) => (a.score < b.score ? 1 : a.score > b.score ? -1 : a.seat < b.seat ? -1 : 1))
    .map(({ seat }) => seat);
}
