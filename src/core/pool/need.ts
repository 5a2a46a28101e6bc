// How many replicas a pool wants now, and why: the floor that was paid for, the need of those who are here, the plan for those who
// will come. The largest wins. Pure.
import type { PoolSettings } from './pool-settings.ts';
import type { PoolLedger, Replica, Waiter } from './pool-state.ts';

export interface Wanted {
  readonly replicas: number;
  readonly because: string;
}

interface NeedInput {
  readonly settings: PoolSettings;
  readonly nowMs: number;
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly ledger: PoolLedger;
  readonly waiting: readonly Waiter[];
}

/** Replicas wanted hot, within the pool's maximum, with the reason in words for an operator. */
export function wantedReplicas(input: NeedInput): Wanted {
  const { settings, ledger, nowMs } = input;
  const leased = leasedSlots(input.replicas);
  const waiting = input.waiting.length;
  const need = Math.ceil((leased + waiting) / settings.slots);
  const plan = ledger.plan !== null && ledger.plan.untilMs > nowMs ? ledger.plan : null;
  const replicas = Math.min(settings.replicasMax, Math.max(settings.floor, need, plan?.replicas ?? 0));
  if (replicas === 0) return { replicas, because: 'nobody asks, nothing is planned, no floor' };
  if (replicas > need && replicas > (plan?.replicas ?? 0))
    return { replicas, because: `floor of ${settings.floor}` };
  if (plan !== null && replicas > need) return { replicas, because: `planned: ${plan.because}` };
  const capped = need > replicas ? `, ${need} needed, held at the maximum` : '';
  return {
    replicas,
    because: `slots in use ${leased}, waiting ${waiting}, slots a replica ${settings.slots}${capped}`,
  };
}

function leasedSlots(replicas: ReadonlyMap<string, Replica>): number {
  let leased = 0;
  for (const replica of replicas.values()) if (replica.phase === 'hot') leased += replica.leases.length;
  return leased;
}
