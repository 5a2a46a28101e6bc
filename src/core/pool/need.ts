// How many replicas a pool wants now, and why: the floor that was paid for, the need of those who are here, the plan for those who
// will come, the runs that are on their way. The largest wins. Pure.
import { expectedReplicas } from './expect.ts';
import type { WarmthPlan } from '../warming/pool-plan.ts';
import type { PoolCare } from './pool-care.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { BackendHealth, PoolLedger, Replica, Waiter } from './pool-state.ts';

export interface Wanted {
  /** Replicas to be hot: brought up where they are missing, or kept where the plan only keeps what there is. */
  readonly replicas: number;
  readonly because: string;
}

interface NeedInput {
  readonly settings: PoolSettings;
  readonly nowMs: number;
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly ledger: PoolLedger;
  readonly waiting: readonly Waiter[];
  readonly backend: BackendHealth;
  readonly care: PoolCare;
}

/** Replicas wanted hot, within the pool's maximum, with the reason in words for an operator. */
export function wantedReplicas(input: NeedInput): Wanted {
  const { settings } = input;
  const need = neededReplicas(input);
  const plan = planInForce(input);
  const planned = plan === null ? 0 : plannedReplicas(input, plan);
  const expected = expectedReplicas(input).warm;
  const replicas = Math.min(settings.replicasMax, Math.max(settings.floor, need, planned, expected));
  if (replicas === 0) return { replicas, because: 'nobody asks, nothing is planned, no floor' };
  if (replicas > Math.max(need, planned, settings.floor))
    return { replicas, because: `runs on their way ${input.ledger.expected.runs.length}` };
  if (replicas > need && replicas > planned) return { replicas, because: `floor of ${settings.floor}` };
  if (plan !== null && replicas > need) return { replicas, because: `planned: ${plan.because}` };
  const capped = need > replicas ? `, ${need} needed, held at the maximum` : '';
  const leased = leasedSlots(input.replicas);
  const { length: waiting } = input.waiting;
  return {
    replicas,
    because: `slots in use ${leased}, waiting ${waiting}, slots a replica ${settings.slots}${capped}`,
  };
}

/**
 * Replicas that those who hold a slot of a hot replica or wait for one need, were they packed, beside those that are left out and serve
 * nobody; not held at the maximum.
 */
export function neededReplicas(input: Pick<NeedInput, 'settings' | 'replicas' | 'waiting' | 'care'>): number {
  const used = leasedSlots(input.replicas) + input.waiting.length;
  return used === 0 ? 0 : Math.ceil(used / input.settings.slots) + leftOut(input);
}

function leftOut({ replicas, care }: Pick<NeedInput, 'replicas' | 'care'>): number {
  let count = 0;
  for (const { id, phase } of replicas.values()) if (phase === 'hot' && care.leftOut.has(id)) count += 1;
  return count;
}

/** The same with those who still run on a replica that gets no new requests: how many levels of the pool are in use. */
export function replicasInUse(input: Pick<NeedInput, 'settings' | 'replicas' | 'waiting'>): number {
  let leased = 0;
  for (const { leases } of input.replicas.values()) leased += leases.length;
  return Math.ceil((leased + input.waiting.length) / input.settings.slots);
}

/** The planner's wish while its time lasts. */
export function planInForce({ ledger, nowMs }: Pick<NeedInput, 'ledger' | 'nowMs'>): WarmthPlan | null {
  return ledger.plan !== null && ledger.plan.untilMs > nowMs ? ledger.plan : null;
}

/** What the plan brings up, or what it keeps of what is hot, whichever is more. */
function plannedReplicas({ replicas }: NeedInput, plan: WarmthPlan): number {
  let hot = 0;
  for (const { phase } of replicas.values()) if (phase === 'hot') hot += 1;
  return Math.min(plan.keepHot, Math.max(plan.warmTo, hot));
}

function leasedSlots(replicas: ReadonlyMap<string, Replica>): number {
  let leased = 0;
  for (const replica of replicas.values()) if (replica.phase === 'hot') leased += replica.leases.length;
  return leased;
}
