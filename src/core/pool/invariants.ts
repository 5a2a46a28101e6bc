// What must hold in every pool state that is ever written. Checked by the simulator and the unit tests after every step. Pure.
//
// P1  busy + idle + loading + parked = charged time, for every replica, to the millisecond
// P2  a replica never has more leases than slots
// P3  only hot and draining replicas are leased
// P4  no generation repeats, none is above the ledger's counter
// P5  no more living replicas than the maximum
// P6  the queue stays within its bound
// P7  nobody waits beside a free slot that it may have: of a replica that serves, and for slow work one that is not kept for quick work; within
//     the limit that the replicas have shown
// P8  a pool with replicas, waiting requests or expected runs has a next wake; one without has none, unless a floor or plan waits out a
//     backoff
// P9  a hot replica has an endpoint
// P10 no replica is put away that leaves fewer hot ones than the floor: fewer there are only after failures
// P11 a replica in use is not ahead of its demand, and only one that is has speculated time
// P12 the table of expected runs stays within its bound, holds each run once and none whose time is over
// P13 no load goes on for runs alone once none is expected
// P14 circuits are kept of replicas that are hot or in doubt and of no others
// P15 who can be answered elsewhere does not wait for a pool whose circuit is open
import { expectedRunsMax } from './expect.ts';
import { countLiving } from './start-replica.ts';
import type { PoolDecision } from './decide-pool.ts';
import { inFlightMax } from './pool-limit.ts';
import { confinedTenants } from './suspects.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { PoolState, Replica } from './pool-state.ts';

/** The broken invariants, each as `P<n>: what`; empty when all hold. P10 is seen against the replicas before the decision. */
export function checkPool(
  settings: PoolSettings,
  decision: Pick<PoolDecision, 'state' | 'wakeMs'>,
  before: PoolState['replicas'] = new Map(),
): readonly string[] {
  const { state } = decision;
  const broken = [...state.replicas.values()].flatMap((replica) => checkReplica(settings, state, replica));
  const generations = [...state.replicas.values()].map((replica) => replica.generation);
  if (new Set(generations).size !== generations.length) broken.push('P4: a generation repeats');
  if (countLiving(state) > settings.replicasMax) broken.push('P5: too many replicas');
  if (state.waiting.length > settings.queueMax) broken.push('P6: queue over its bound');
  if (waitsInVain(settings, state)) broken.push('P7: waiting beside a free slot');
  const { runs } = state.ledger.expected;
  const active = state.replicas.size > 0 || state.waiting.length > 0 || runs.length > 0;
  if (active && decision.wakeMs === null) broken.push('P8: active without a wake');
  if (!active && decision.wakeMs !== null && state.ledger.backoff === null)
    broken.push('P8: at rest with a wake');
  if (isBelowFloor(settings, before, state.replicas)) broken.push('P10: put away below the floor');
  return [...broken, ...checkExpected(settings, state), ...checkCare(state)];
}

function checkExpected(settings: PoolSettings, state: PoolState): string[] {
  const broken: string[] = [];
  const { expected, plan } = state.ledger;
  const { runs } = expected;
  if (runs.length > expectedRunsMax || new Set(runs.map(({ run }) => run)).size !== runs.length)
    broken.push('P12: too many expected runs, or one of them twice');
  if (runs.some(({ untilMs }) => untilMs <= state.nowMs)) broken.push('P12: a run is expected past its time');
  const replicas = [...state.replicas.values()];
  const isWanted =
    runs.length > 0 ||
    plan !== null ||
    settings.floor > 0 ||
    state.waiting.length > 0 ||
    replicas.some(({ leases }) => leases.length > 0);
  if (!isWanted && replicas.some(({ phase, ahead, forRun }) => phase === 'starting' && ahead && forRun))
    broken.push('P13: loading for runs that are not expected');
  return broken;
}

function isBelowFloor(
  settings: PoolSettings,
  before: PoolState['replicas'],
  after: PoolState['replicas'],
): boolean {
  const putAway = [...after.values()].some((replica) => isPutAway(before.get(replica.id), replica));
  const hot = [...after.values()].filter(({ phase }) => phase === 'hot').length;
  return putAway && hot < Math.min(settings.floor, settings.replicasMax);
}

/** Whether an idle replica went by the pool's own will; one that died, or was found draining or parked, did not. */
function isPutAway(before: Replica | undefined, after: Replica): boolean {
  if (before?.phase !== 'hot' || before.generation !== after.generation) return false;
  return after.phase === 'parking' || (after.phase === 'stopping' && !after.dead && !after.wasParked);
}

function checkReplica(settings: PoolSettings, state: PoolState, replica: Replica): string[] {
  const broken: string[] = [];
  const { busyMs, idleMs, loadingMs, parkedMs } = replica.life;
  if (busyMs + idleMs + loadingMs + parkedMs !== replica.chargedToMs - replica.createdMs)
    broken.push('P1: life does not add up');
  if (replica.chargedToMs > state.nowMs) broken.push('P1: charged into the future');
  if (replica.leases.length > settings.slots) broken.push('P2: more leases than slots');
  const leasable = replica.phase === 'hot' || replica.phase === 'draining';
  if (replica.leases.length > 0 && !leasable) broken.push(`P3: leased while ${replica.phase}`);
  if (replica.generation > state.ledger.generation) broken.push('P4: generation above the counter');
  if (replica.phase === 'hot' && replica.endpoint === null) broken.push('P9: hot without an endpoint');
  const { hotMs, parkedMs: heldMs } = replica.speculated;
  if (replica.ahead ? replica.leases.length > 0 : hotMs + heldMs > 0) broken.push('P11: speculated and used');
  return broken.map((what) => `${what} (${replica.id})`);
}

function waitsInVain(settings: PoolSettings, state: PoolState): boolean {
  const { care, waiting } = state;
  const serving = [...state.replicas.values()].filter(
    ({ id, phase }) => phase === 'hot' && !care.leftOut.has(id),
  );
  const slots = serving.length * settings.slots;
  const used = serving.reduce((sum, { leases }) => sum + leases.length, 0);
  const free = inFlightMax(state.limit, slots) - used;
  // One slot in eight may be kept.
  const kept = Math.floor(slots / 8);
  const confined = confinedTenants(state);
  // A confined tenant waits for its own few.
  const unbound = waiting.filter(({ tenant }) => !confined.includes(tenant));
  return unbound.length > 0 && free > (unbound.some(({ latency }) => latency === 'quick') ? 0 : kept);
}

function checkCare({ care, replicas, waiting }: PoolState): string[] {
  const broken: string[] = [];
  const known = Object.keys(care.health.replicas);
  const isKept = (id: string): boolean => ['hot', 'draining'].includes(replicas.get(id)?.phase ?? '');
  if (!known.every(isKept)) broken.push('P14: circuits of other replicas');
  const { target } = care.health;
  if (target.phase !== 'closed' && waiting.some(({ canGoElsewhere }) => canGoElsewhere === true))
    broken.push('P15: waits for an open circuit');
  return broken;
}
