// Brings replicas up and puts them away: reads the pool's rows as plain numbers, lets `applyPlan` decide, and carries the decision out
// on the rows. Owns nothing of the decision. Pure.
import { applyPlan, type WarmthNow, type WarmthStep } from '../warming/apply-plan.ts';
import { countWasted, enterPhase, enterStopping, put, type Draft } from './draft.ts';
import { expectedReplicas } from './expect.ts';
import { neededReplicas } from './need.ts';
import { startReplica, startRoom } from './start-replica.ts';
import type { Replica } from './pool-state.ts';

/** What there is to decide about warmth, now. */
export function decideWarmth(draft: Draft): WarmthStep {
  return applyPlan(readWarmth(draft));
}

/** Brings up what is missing. Before the hopeless are told, so that nobody is refused for whom a start was just begun. */
export function bringUp(draft: Draft): void {
  parkLoaded(draft);
  const step = decideWarmth(draft);
  const coming = countComing(draft);
  const paid = Math.max(draft.settings.floor, neededReplicas(draft));
  const planned = plannedAlone(draft);
  const ahead = (index: number): boolean => coming + index >= paid;
  const forRun = (index: number): boolean => coming + index >= Math.max(paid, planned);
  let index = 0;
  for (const replica of lastParked(draft, step.wake)) {
    const purpose = { ahead: replica.ahead || ahead(index), forRun: forRun(index) };
    enterPhase(draft, replica, 'waking', purpose);
    index += 1;
  }
  const claimed = [...draft.replicas.values()].filter(isPreparking).slice(0, step.claim);
  for (const replica of claimed) {
    put(draft, { ...replica, toPark: false });
    index += 1;
  }
  for (let start = 0; start < step.start; start += 1) {
    startReplica(draft, { ahead: ahead(index), toPark: false, forRun: forRun(index) });
    index += 1;
  }
  for (let start = 0; start < step.startParked; start += 1) {
    startReplica(draft, { ahead: true, toPark: true, forRun: false });
  }
}

/** Replicas that are brought up without any run on its way; where none is expected nothing is for one. */
function plannedAlone(draft: Draft): number {
  if (draft.ledger.expected.runs.length === 0) return Infinity;
  return applyPlan({ ...readWarmth(draft), expected: { warm: 0, keep: 0 } }).warm;
}

/** Parks and stops what nobody needs and nothing keeps, the longest unused first. */
export function putAway(draft: Draft): void {
  const step = decideWarmth(draft);
  for (const replica of idleOnes(draft).slice(0, step.putAway)) park(draft, replica);
  for (const replica of parkedOnes(draft).slice(0, step.stopParked)) enterStopping(draft, replica, false);
}

/** A load that was begun for runs which are not expected any more, and that nobody else wants, is given up; the last one first. */
export function giveUpLoads(draft: Draft): void {
  const loading = [...draft.replicas.values()]
    .filter(({ phase, toPark, ahead, forRun }) => phase === 'starting' && !toPark && ahead && forRun)
    .sort((a, b) => b.generation - a.generation);
  if (loading.length === 0) return;
  const spare = Math.max(0, countComing(draft) - decideWarmth(draft).keep);
  for (const replica of loading.slice(0, spare)) enterStopping(draft, replica, false);
}

/** Replicas that serve or are about to. */
export function countComing(draft: Draft): number {
  let coming = 0;
  for (const replica of draft.replicas.values())
    if (replica.phase === 'hot' || isComing(replica)) coming += 1;
  return coming;
}

/** One that was loaded to be parked is parked, unless it is wanted hot by now. */
function parkLoaded(draft: Draft): void {
  for (const replica of draft.replicas.values()) {
    if (replica.phase !== 'hot' || !replica.toPark) continue;
    const loaded = { ...replica, toPark: false };
    put(draft, loaded);
    if (replica.leases.length === 0 && countComing(draft) > decideWarmth(draft).warm) park(draft, loaded);
  }
}

function park(draft: Draft, replica: Replica): void {
  if (parks(draft)) {
    const parked = enterPhase(draft, replica, 'parking', { forRun: false });
    countWasted(draft, { ...parked, forRun: replica.forRun });
  } else enterStopping(draft, replica, false);
}

function parks(draft: Draft): boolean {
  return draft.settings.parking && !draft.cannotPark;
}

function readWarmth(draft: Draft): WarmthNow {
  const { settings, nowMs, ledger } = draft;
  const counts = { busy: 0, coming: 0, parking: 0, preparking: 0 };
  for (const replica of draft.replicas.values()) {
    if (replica.phase === 'hot' && replica.leases.length > 0) counts.busy += 1;
    else if (replica.phase === 'parking') counts.parking += 1;
    else if (isComing(replica)) counts.coming += 1;
    else if (isPreparking(replica)) counts.preparking += 1;
  }
  return {
    ...counts,
    nowMs,
    plan: ledger.plan,
    expected: expectedReplicas(draft),
    windows: settings,
    floor: settings.floor,
    need: neededReplicas(draft),
    most: settings.replicasMax,
    room: startRoom(draft),
    parks: parks(draft),
    idleMs: idleOnes(draft).map(({ idleSinceMs }) => nowMs - idleSinceMs),
    parkedMs: parkedOnes(draft).map(({ phaseSinceMs }) => nowMs - phaseSinceMs),
  };
}

/** Hot replicas that nobody uses, the longest idle first. */
function idleOnes(draft: Draft): readonly Replica[] {
  return [...draft.replicas.values()]
    .filter(({ phase, leases }) => phase === 'hot' && leases.length === 0)
    .sort((a, b) => a.idleSinceMs - b.idleSinceMs);
}

/** Parked replicas, the longest parked first. */
function parkedOnes(draft: Draft): readonly Replica[] {
  return [...draft.replicas.values()]
    .filter(({ phase }) => phase === 'parked')
    .sort((a, b) => a.phaseSinceMs - b.phaseSinceMs);
}

function lastParked(draft: Draft, count: number): readonly Replica[] {
  return count === 0 ? [] : parkedOnes(draft).slice(-count).toReversed();
}

function isComing({ phase, toPark }: Replica): boolean {
  return phase === 'waking' || (phase === 'starting' && !toPark);
}

function isPreparking({ phase, toPark }: Replica): boolean {
  return phase === 'starting' && toPark;
}
