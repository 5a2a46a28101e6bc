// All attempts of one request, one after the other, until one is answered or nothing is left to try. Owns the walk along the targets, the
// pauses and the paying; what comes next is decided in attempt-plan.ts, and what an answer that breaks off may go on with here.
import type { Failure } from '../core/api/failure.ts';
import type { SegmentMode } from '../core/stream/segment.ts';
import { continueBody } from '../core/stream/segment.ts';
import { must } from '../core/base/assert.ts';
import { faultOf, type AttemptFault } from './attempt-fault.ts';
import type { AttemptEnd, AttemptSettings, Run } from './attempt-lane.ts';
import { isFree, isHandedOn, isSpared, keptBy, planNextAttempt, type AttemptStep } from './attempt-plan.ts';
import { performRace } from './attempt-race.ts';
import type { AttemptKind, AttemptTarget } from './attempt-target.ts';
import type { RunRecord } from './relay-record.ts';
import type { Watch } from './relay-watch.ts';

/**
 * The same target again is worth a moment's wait while another is left: a pool whose replica has just failed may have to start one first.
 */
const RETRY_SLOT_MS = 500;

type AgainStep = Extract<AttemptStep, { kind: 'again' }>;

/** Null when the answer is whole. What is told of several failures: the last one, or why the part that the client has broke off. */
export async function performAttempts(run: Run): Promise<Failure | null> {
  const walk = new Walk(run);
  let settings = walk.begin();
  let brokeOff: Failure | null = null;
  for (;;) {
    const end = await performRace(run, settings, brokeOff);
    if (end.failure === null) return null;
    if (run.watch.stopped() !== null) return end.failure;
    // Of an answer that is handed on as a whole the client has nothing yet.
    if (!run.request.stream) forgetShown(run.record);
    if (run.record.attempts.some(({ isClaimed }) => isClaimed)) brokeOff ??= end.failure;
    const told = brokeOff ?? end.failure;
    const next = await walk.goOn(end, brokeOff !== null);
    const stopped = run.watch.stopped();
    if (stopped !== null) return stopped;
    if (next === null) return told;
    settings = next;
  }
}

interface NextAttempt {
  readonly settings: AttemptSettings;
  readonly delayMs: number;
  /** Attempts of its target, with this one. */
  readonly tries: number;
  /** What the budget must hold beside it. */
  readonly kept: number;
  /** In its place, when it is not to be had. */
  readonly otherwise: NextAttempt | null;
}

class Walk {
  readonly #run: Run;
  /** Attempts of the present target. */
  #triesHere = 1;
  /** What follows when the present attempt finds no slot in the time that it has: it is the same target again, and another one is left. */
  #otherwise: NextAttempt | null = null;
  /** Attempts that nothing was paid for. */
  #freed = 0;
  /** The present attempt is an extra one that was let through: when it finds no slot, nobody has worked for it, and the next one goes in its place. */
  #isExtra = false;
  /** Servers that would not go on from a given text. */
  readonly #refusers = new Set<AttemptTarget>();
  /** The target that lost its turn because the wait for its slot was too long. */
  #spilledAt: number | null = null;
  /** The first target that had no slot, so that nothing was asked of it; -1 when the request has come back to it. */
  #passedAt: number | null = null;

  constructor(run: Run) {
    this.#run = run;
  }

  begin(): AttemptSettings {
    return this.#settle(0, 'first', null);
  }

  /** The next attempt, its pause over and paid for; null when there is none. */
  async goOn(end: AttemptEnd, hasBrokenOff: boolean): Promise<AttemptSettings | null> {
    const refused = this.#isFreed(end);
    const declined = end.failure !== null && isHandedOn(faultOf(end.failure), this.#freed);
    const isUnspent = this.#isExtra && end.attempt.record.calledMs === null;
    let next = this.#plan(end, hasBrokenOff);
    while (next !== null) {
      await pause(this.#run.watch, next.delayMs);
      if (this.#run.watch.stopped() !== null) return null;
      const isFreed = refused || (declined && next.settings.at !== end.attempt.settings.at);
      if (isFreed) this.#freed += 1;
      if (isFreed || isUnspent || mayPay(this.#run, next)) return this.#enter(next);
      if (this.#isSpared(end, next)) {
        this.#freed += 1;
        return this.#enter(next);
      }
      next = next.otherwise;
    }
    return null;
  }

  #enter({ settings, tries, otherwise }: NextAttempt): AttemptSettings {
    this.#triesHere = tries;
    this.#otherwise = otherwise;
    this.#isExtra = this.#run.record.leases > 0 && settings.kind !== 'spill';
    return settings;
  }

  /** Must be asked at the attempt's end. */
  #isFreed({ attempt, failure }: AttemptEnd): boolean {
    const { calledMs } = attempt.record;
    if (calledMs === null || failure === null) return false;
    return isFree(faultOf(failure), this.#run.ports.now() - calledMs, this.#freed);
  }

  /** Whether nothing need be left in the budget for it. */
  #isSpared({ attempt, failure }: AttemptEnd, { settings }: NextAttempt): boolean {
    const { grant, calledMs } = attempt.record;
    if (grant === null || calledMs === null || settings.at === attempt.settings.at) return false;
    return isSpared({
      fault: failure === null ? null : faultOf(failure),
      isProbe: (grant.permits ?? []).length > 0,
      isLeftOut: this.#run.ports.health?.isLeftOut?.(grant) ?? false,
      isLastResort: settings.isLastResort === true,
      freed: this.#freed,
    });
  }

  #plan(end: AttemptEnd, hasBrokenOff: boolean): NextAttempt | null {
    const { attempt } = end;
    const isUnmet = attempt.record.grant === null && this.#otherwise !== null;
    if (isUnmet) return this.#otherwise;
    if (hasBrokenOff) return this.#continue(end);
    const { at } = attempt.settings;
    const hasSpilled = attempt.record.grant === null && attempt.watch.stopped()?.kind === 'wait-timeout';
    if (hasSpilled) this.#spilledAt = at;
    if (attempt.record.grant === null) this.#passedAt ??= at;
    const step = this.#step(end, hasSpilled);
    if (step === null) return null;
    const kind = hasSpilled ? 'spill' : 'fallback';
    switch (step.kind) {
      case 'again':
        return this.#again(step, at, (place) => this.#settle(place, place === at ? 'retry' : kind, null));
      case 'next':
        return elsewhere(this.#settle(step.at, kind, null));
      case 'end':
        return this.#return(end);
    }
  }

  /** Nothing is left but what was passed over. What a model refused would be refused there too. */
  #return({ attempt, failure }: AttemptEnd): NextAttempt | null {
    if (failure === null || faultOf(failure) === 'refused') return null;
    return attempt.record.grant === null ? this.#returnToSpilled() : this.#returnToPassed();
  }

  /** Another attempt for an answer that the client has the beginning of. */
  #continue(end: AttemptEnd): NextAttempt | null {
    const { attempt, failure } = end;
    const { target, at, mode } = attempt.settings;
    if (!canGoOn(this.#run)) return null;
    if (mode === 'continued' && failure?.kind === 'replica-refused' && !attempt.record.isClaimed) {
      // It does not go on from a given text: it may still say the same again.
      this.#refusers.add(target);
      if (!this.#callsLeft()) return null;
      return { ...elsewhere(this.#settle(at, 'continuation', 'repeated')), tries: this.#triesHere };
    }
    if (attempt.record.hasDiverged) {
      const next = this.#run.request.attempts.findIndex(({ continues }, index) => index > at && continues);
      if (next === -1 || !this.#callsLeft()) return null;
      return elsewhere(this.#settle(next, 'continuation', 'continued'));
    }
    const step = this.#step(end, false);
    if (step === null || step.kind === 'end') return null;
    const settle = (place: number): AttemptSettings =>
      this.#settle(place, 'continuation', this.#modeOf(this.#target(place)));
    return step.kind === 'again' ? this.#again(step, at, settle) : elsewhere(settle(step.at));
  }

  /** The same target again; while another one is left, its slot is waited for no longer than a moment. */
  #again(step: AgainStep, at: number, settle: (place: number) => AttemptSettings): NextAttempt {
    const { delayMs, otherwise } = step;
    const settings = settle(at);
    return {
      settings: otherwise === null ? settings : { ...settings, slotMs: RETRY_SLOT_MS },
      delayMs,
      tries: this.#triesHere + 1,
      kept: keptBy(step),
      otherwise: otherwise === null ? null : elsewhere(settle(otherwise)),
    };
  }

  #step({ attempt, failure }: AttemptEnd, hasSpilled: boolean) {
    const fault: AttemptFault | null = failure === null ? null : faultOf(failure);
    if (fault === null) return null;
    const { request, policy, limits, ports, record } = this.#run;
    return planNextAttempt({
      targets: request.attempts,
      policy,
      at: attempt.settings.at,
      fault,
      retryAfterMs: failure?.kind === 'replica-busy' ? failure.retryAfterMs : null,
      callsHere: this.#triesHere,
      calls: record.leases,
      leftMs: request.startedMs + limits.totalMs - ports.now(),
      hasSpilled,
      draw: ports.random?.() ?? Math.random(),
    });
  }

  /** Back to the end of the queue that was left, when the substitute has no slot either. */
  #returnToSpilled(): NextAttempt | null {
    const at = this.#spilledAt;
    if (at === null) return null;
    this.#spilledAt = null;
    return elsewhere({ ...this.#settle(at, 'spill', null), slotMs: null, isLastResort: true });
  }

  /** What took the place of a target has failed: a pool that seemed ill, or was too full, is better than none. Once. */
  #returnToPassed(): NextAttempt | null {
    const at = this.#passedAt;
    this.#passedAt = -1;
    if (at === null || at === -1 || !this.#callsLeft()) return null;
    return elsewhere({ ...this.#settle(at, 'fallback', null), slotMs: null, isLastResort: true });
  }

  #callsLeft(): boolean {
    return this.#run.record.leases < this.#run.policy.callsMax;
  }

  #modeOf(target: AttemptTarget): SegmentMode {
    const { text, tokens } = this.#run.record;
    if (target.continues !== true || this.#refusers.has(target)) return 'repeated';
    return continueBody(target.body, text, tokens) === null ? 'repeated' : 'continued';
  }

  #settle(at: number, kind: AttemptKind, mode: SegmentMode | null): AttemptSettings {
    const spillsTo = this.#run.request.attempts.find(({ afterWaitMs }, index) => {
      return index > at && afterWaitMs !== undefined;
    });
    const patienceMs = this.#isFollowed(at) ? (this.#run.policy.slotMsMax ?? null) : null;
    const slotMs = (mode === null ? spillsTo?.afterWaitMs : null) ?? patienceMs;
    return { target: this.#target(at), at, kind, mode, slotMs, avoid: this.#failedReplicas() };
  }

  /** Whether another target takes over from one without a slot. */
  #isFollowed(at: number): boolean {
    return this.#run.request.attempts.some(
      ({ on }, index) => index > at && (on?.includes('capacity') ?? true),
    );
  }

  /** No attempt is to meet again what has failed for this request; the pool and the slots at hand may not know of it yet. */
  #failedReplicas(): readonly string[] {
    const failed = this.#run.record.reports.filter(({ isReplicasFault }) => isReplicasFault);
    return [...new Set(failed.flatMap(({ replicaId }) => replicaId ?? []))];
  }

  #target(at: number): AttemptTarget {
    return must(this.#run.request.attempts[at], 'a request without a target');
  }
}

/** Only a text that is known whole can be gone on from, and only one that the model has not ended. */
function canGoOn({ policy, record, request }: Run): boolean {
  const hasEnded = record.attempts.some(({ isClaimed, isFinished }) => isClaimed && isFinished);
  const isText = record.isTextAll && record.text !== '';
  return request.stream && policy.midStream === 'continue' && isText && !hasEnded;
}

/** What was read of an answer that is handed on as a whole, and broke off: another may take its place as if it had never begun. */
function forgetShown(record: RunRecord): void {
  for (const attempt of record.attempts) attempt.isClaimed = false;
  Object.assign(record, { firstContentMs: null, text: '', tokens: 0, isTextAll: true });
}

/** Another target, or what nothing can take the place of. */
function elsewhere(settings: AttemptSettings): NextAttempt {
  return { settings, delayMs: 0, tries: 1, kept: 0, otherwise: null };
}

function mayPay({ ports, record }: Run, { settings, kept }: NextAttempt): boolean {
  const { kind, target } = settings;
  // Where no replica was called yet, no attempt is an extra one.
  if (kind === 'first' || kind === 'spill' || kind === 'hedge' || record.leases === 0) return true;
  return ports.budget?.take(kind, target.pool, kept) ?? true;
}

/** Ends early when the request is given up. */
function pause(watch: Watch, ms: number): Promise<void> {
  if (ms <= 0 || watch.stopped() !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      watch.signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    watch.signal.addEventListener('abort', done, { once: true });
  });
}
