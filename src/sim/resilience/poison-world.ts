// A tenant whose every request kills the replica that serves it, beside many that do no harm. Owns the seats, their restarts and the count
// of requests served; which seats a tenant may use is the core's, or everybody's in the control. Pure and seeded.
import { makeRng } from '../../core/base/rng.ts';
import { shardOf } from '../../core/resilience/shuffle-shard.ts';

export interface PoisonScenario {
  readonly seed: number;
  readonly seats: number;
  /** Seats of a tenant; as many as there are for the control. */
  readonly shardSize: number;
  readonly tenants: number;
  readonly requests: number;
  /** One request in so many is the poisonous tenant's. */
  readonly poisonEvery: number;
  /** For how many requests a seat is empty whose replica has died. */
  readonly restart: number;
}

/** For each harmless tenant the share of its requests that found one of its seats filled. */
export function runPoison(scenario: PoisonScenario): readonly number[] {
  const { seats, shardSize, tenants, requests, poisonEvery, restart } = scenario;
  const rng = makeRng(scenario.seed);
  const names = Array.from({ length: seats }, (_, at) => `seat-${at}`);
  const backAt = new Map<string, number>();
  const asked = Array.from({ length: tenants }, () => 0);
  const served = Array.from({ length: tenants }, () => 0);
  const filled = (tenant: string, now: number): string | undefined =>
    shardOf({ tenant, seats: names, size: shardSize }).find((seat) => (backAt.get(seat) ?? 0) <= now);
  for (let now = 0; now < requests; now += 1) {
    if (now % poisonEvery === 0) {
      const killed = filled('poison', now);
      if (killed !== undefined) backAt.set(killed, now + restart);
      continue;
    }
    const tenant = Math.floor(rng() * tenants);
    asked[tenant] = (asked[tenant] ?? 0) + 1;
    if (filled(`tenant-${tenant}`, now) !== undefined) served[tenant] = (served[tenant] ?? 0) + 1;
  }
  return served.map((count, at) => count / Math.max(1, asked[at] ?? 1));
}
