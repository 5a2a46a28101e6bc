// The order of service in its plainest form, without classes and weights: what the fair queue must agree with where nobody has any.
import type { Waiter } from '../../../src/core/pool/pool-state.ts';

/**
 * The waiter to serve next: of each tenant's first, the one whose tenant holds the fewest slots now; of equal ones, the one whose
 * last turn is longest ago, so that a long queue buys no larger share; then the longest wait. `held` gives the slots that a tenant
 * holds, `lastTurn` a number that grows with each turn.
 */
export function nextWaiter(
  waiting: readonly Waiter[],
  held: (tenant: string) => number,
  lastTurn: (tenant: string) => number = () => 0,
): Waiter | null {
  const seen = new Set<string>();
  let best: Waiter | null = null;
  let bestHeld = Infinity;
  let bestTurn = Infinity;
  for (const waiter of waiting) {
    if (seen.has(waiter.tenant)) continue;
    seen.add(waiter.tenant);
    const slots = held(waiter.tenant);
    const turn = lastTurn(waiter.tenant);
    // `waiting` is in order of arrival, so an equal later one never wins.
    if (slots < bestHeld || (slots === bestHeld && turn < bestTurn)) {
      best = waiter;
      bestHeld = slots;
      bestTurn = turn;
    }
  }
  return best;
}

/**
 * Whom to refuse so that one more request of `tenant` can wait in a full queue: the newest request of the tenant with most waiting
 * (longest queue drop), or nobody, when the newcomer's own tenant has the longest queue: then the newcomer is refused.
 */
export function dropForNewcomer(waiting: readonly Waiter[], tenant: string): Waiter | null {
  const counts = new Map<string, number>();
  for (const waiter of waiting) counts.set(waiter.tenant, (counts.get(waiter.tenant) ?? 0) + 1);
  let longest = tenant;
  let length = (counts.get(tenant) ?? 0) + 1;
  for (const [name, count] of counts) {
    if (count > length) {
      longest = name;
      length = count;
    }
  }
  if (longest === tenant) return null;
  return waiting.findLast((waiter) => waiter.tenant === longest) ?? null;
}
