// The line of those who wait for a slot: who may join it, who makes room, who is told that it is too late. Owns what the pool knows of
// its own speed; the order of shedding is in core/resilience. Pure.
import { drainPerSecond, meanAnswerMs, noteRefusal, retryAfterMs } from '../resilience/drain-meter.ts';
import { isWorthCalling, waitEndMs } from '../resilience/deadline.ts';
import { dropLate } from '../resilience/fair-queue.ts';
import { decideAdmission, trimLine, type AdmissionScene } from '../resilience/shed.ts';
import { hashText } from '../run/hash-text.ts';
import type { PoolCare } from './pool-care.ts';
import type { Draft } from './draft.ts';
import type { PoolSettings } from './pool-settings.ts';
import { inFlightMax } from './pool-limit.ts';
import type { Refusal } from './pool-events.ts';
import type { ReplicaPhase } from './pool-view.ts';
import type { PoolState, Replica, Waiter } from './pool-state.ts';
import { startRoom } from './start-replica.ts';

/** Lets the newcomer wait, or refuses whoever has to go in its place. */
export function joinLine(draft: Draft, newcomer: Waiter): void {
  if (newcomer.latency === 'quick') draft.quickSeenMs = draft.nowMs;
  // Where nobody waits, one that may be too late costs nobody else anything, and shows how long answers take by now.
  if (draft.waiting.length === 0 && waitEndMs(newcomer) > draft.nowMs && draft.settings.queueMax > 0) {
    draft.waiting.push(newcomer);
    return;
  }
  const admission = decideAdmission(draft.waiting, newcomer, admissionScene(draft, waitEndMs(newcomer)));
  switch (admission.kind) {
    case 'wait':
      draft.waiting.push(newcomer);
      return;
    case 'refuse':
      // Who waits for a moment alone, as one does who asks for a second replica, was not turned away by the others; an isolate that took it
      // for that would turn away those who have time.
      if (!isWorthCalling(waitEndMs(newcomer), draft.nowMs, answerMs(draft)))
        return refuseWaiter(draft, newcomer, { kind: 'deadline' });
      return turnAway(draft, newcomer);
    case 'displace':
      turnAway(draft, admission.victim);
      draft.waiting = [...draft.waiting.filter((waiter) => waiter !== admission.victim), newcomer];
      return;
  }
}

/**
 * Of those for whom there was no slot, the ones whose time is too short for an answer hear it at once; and a line that has become too long
 * is cut.
 */
export function cutLine(draft: Draft): void {
  const late = new Set(dropLate(draft.waiting, draft.nowMs, answerMs(draft)));
  for (const waiter of late) refuseWaiter(draft, waiter, { kind: 'deadline' });
  if (late.size > 0) draft.waiting = draft.waiting.filter((waiter) => !late.has(waiter));
  const tooMany = new Set(trimLine(draft.waiting, admissionScene(draft, Infinity)));
  if (tooMany.size === 0) return;
  draft.waiting = draft.waiting.filter((waiter) => !tooMany.has(waiter));
  for (const waiter of tooMany) turnAway(draft, waiter);
}

/** When it becomes too late for one who waits: its answer must still fit in what is left of its time. */
export function lateAtMs(waiter: Waiter, draft: Pick<Draft, 'care' | 'drain'>): number {
  const needMs = answerMs(draft);
  const endMs = waitEndMs(waiter);
  return needMs === null ? endMs : Math.min(endMs, Math.floor(waiter.deadlineMs - needMs) + 1);
}

/** What an answer needs once it has a slot: a deadline is the last byte's. At the least a first token's time. */
function answerMs({ care, drain }: Pick<Draft, 'care' | 'drain'>): number | null {
  const meanMs = meanAnswerMs(drain);
  const { firstTokenMsP50 } = care.verdict;
  return meanMs === null ? firstTokenMsP50 : Math.max(meanMs, firstTokenMsP50 ?? 0);
}

/** Those whom somebody else can answer do not wait for a pool that is left out. */
export function sendElsewhere(draft: Draft): void {
  const { targetOpen, probeDueMs } = draft.care.verdict;
  if (!targetOpen) return;
  const going = draft.waiting.filter(({ canGoElsewhere }) => canGoElsewhere === true);
  if (going.length === 0) return;
  const dueInMs = (probeDueMs ?? draft.nowMs) - draft.nowMs;
  const waitMs = dueInMs > 0 ? Math.min(openRetryMsMax, dueInMs) : probeMsUsual;
  for (const waiter of going) refuseWaiter(draft, waiter, { kind: 'circuit-open', retryAfterMs: waitMs });
  draft.waiting = draft.waiting.filter((waiter) => !going.includes(waiter));
}

/** A probe is about to be made: nobody asks again before it can have ended. */
const probeMsUsual = 250;
/** Where an operator has opened it nobody knows for how long. */
const openRetryMsMax = 60_000;

export function refuseWaiter(draft: Draft, { id }: Pick<Waiter, 'id'>, refusal: Refusal): void {
  draft.effects.push({ kind: 'refuse', waiterId: id, refusal });
}

/** How long one who comes now would wait while all slots of hot replicas are in use, from how fast they have come free; null = unknown. */
export function lineWaitMs(
  settings: PoolSettings,
  {
    replicas,
    care,
    waiting,
    drain,
    limit,
  }: Pick<PoolState, 'replicas' | 'care' | 'waiting' | 'drain' | 'limit'>,
): number | null {
  const rate = drainPerSecond(drain, inFlightMax(limit, servingSlots(settings, replicas, care)));
  return rate === null ? null : ((waiting.length + 1) / rate) * 1_000;
}

function turnAway(draft: Draft, { id }: Waiter): void {
  draft.drain = noteRefusal(draft.drain, draft.nowMs);
  const waitMs = retryAfterMs(draft.drain, {
    waiting: draft.waiting.length,
    slots: inFlightMax(draft.limit, servingSlots(draft.settings, draft.replicas, draft.care)),
    nowMs: draft.nowMs,
    // By the waiter's own name, so that a decision made again is the same.
    draw: Number.parseInt(hashText(id).slice(0, 8), 16) / 2 ** 32,
  });
  refuseWaiter(draft, { id }, { kind: 'queue-full', retryAfterMs: waitMs });
}

/** As it looks to one who may wait until `untilMs`. */
function admissionScene(draft: Draft, untilMs: number): AdmissionScene {
  const { settings, replicas, care, drain, limit, nowMs } = draft;
  const slots = inFlightMax(limit, servingSlots(settings, replicas, care));
  const coming = settings.slots * comingBy(draft, untilMs);
  return {
    nowMs,
    queueMax: settings.queueMax,
    // What drains now says nothing of a pool that will have grown by then, unless so much is known as what one slot does.
    drainPerSecond: slots === 0 ? null : drainPerSecond(drain, slots + coming),
    waitTargetMs: coming > 0 ? null : settings.waitTargetMs,
    needMs: answerMs(draft),
  };
}

/** Replicas that can be hot by `untilMs`: those on their way, and those that could be started now. */
function comingBy(draft: Draft, untilMs: number): number {
  const { settings, ledger, nowMs } = draft;
  const loadMs = ledger.loads.loadMs ?? settings.loadGuessMs;
  const wakeMs = ledger.loads.wakeMs ?? settings.wakeGuessMs;
  const takesMs: Partial<Record<ReplicaPhase, number>> = { starting: loadMs, waking: wakeMs, parked: wakeMs };
  // One in doubt is most likely back in a moment; one that is being parked wakes after that.
  let coming = nowMs + loadMs < untilMs ? startRoom(draft) : 0;
  for (const { phase, phaseSinceMs } of draft.replicas.values()) {
    if (phase === 'draining' || phase === 'parking') coming += 1;
    const needMs = takesMs[phase];
    if (needMs === undefined) continue;
    const readyMs = phase === 'parked' ? nowMs + needMs : phaseSinceMs + needMs;
    if (Math.max(nowMs, readyMs) < untilMs) coming += 1;
  }
  return coming;
}

/** Of hot replicas that are not left out. */
export function servingSlots(
  { slots }: PoolSettings,
  replicas: ReadonlyMap<string, Replica>,
  { leftOut }: PoolCare,
): number {
  let hot = 0;
  for (const { id, phase } of replicas.values()) if (phase === 'hot' && !leftOut.has(id)) hot += 1;
  return hot * slots;
}
