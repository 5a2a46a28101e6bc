// All attempts of one request, one after the other, until one is answered or nothing is left to try. Owns the walk along the targets, the
// pauses and the budget; what comes next is decided in attempt-plan.ts, and what an answer that breaks off may go on with here.
import type { Failure } from '../core/api/failure.ts';
import type { SegmentMode } from '../core/stream/segment.ts';
import { continueBody } from '../core/stream/segment.ts';
import { must } from '../core/base/assert.ts';
import { faultOf, type AttemptFault } from './attempt-fault.ts';
import type { AttemptEnd, AttemptSettings, Run } from './attempt-lane.ts';
import { planNextAttempt } from './attempt-plan.ts';
import { performRace } from './attempt-race.ts';
import type { AttemptKind, AttemptTarget } from './attempt-target.ts';
import type { Watch } from './relay-watch.ts';

/** Null when the answer is whole. What is told of several failures: the last one, or why the part that the client has broke off. */
export async function performAttempts(run: Run): Promise<Failure | null> {
  const walk = new Walk(run);
  let settings = walk.begin();
  let brokeOff: Failure | null = null;
  for (;;) {
    const end = await performRace(run, settings, brokeOff);
    if (end.failure === null) return null;
    if (run.watch.stopped() !== null) return end.failure;
    if (run.record.attempts.some(({ isClaimed }) => isClaimed)) brokeOff ??= end.failure;
    const told = brokeOff ?? end.failure;
    const next = walk.plan(end, brokeOff !== null);
    if (next === null) return told;
    await pause(run.watch, next.delayMs);
    const stopped = run.watch.stopped();
    if (stopped !== null) return stopped;
    if (!mayPay(run, next.settings)) return told;
    settings = next.settings;
  }
}

interface NextAttempt {
  readonly settings: AttemptSettings;
  readonly delayMs: number;
}

class Walk {
  readonly #run: Run;
  /** Attempts of the present target. */
  #triesHere = 1;
  /** Servers that would not go on from a given text. */
  readonly #refusers = new Set<AttemptTarget>();
  /** The target that lost its turn because the wait for its slot was too long. */
  #spilledAt: number | null = null;

  constructor(run: Run) {
    this.#run = run;
  }

  begin(): AttemptSettings {
    return this.#settle(0, 'first', null);
  }

  plan(end: AttemptEnd, hasBrokenOff: boolean): NextAttempt | null {
    if (hasBrokenOff) return this.#goOn(end);
    const { attempt, failure } = end;
    const { at } = attempt.settings;
    const hasSpilled = attempt.record.grant === null && attempt.watch.stopped()?.kind === 'wait-timeout';
    if (hasSpilled) this.#spilledAt = at;
    const step = this.#step(end, hasSpilled);
    if (step === null) return null;
    switch (step.kind) {
      case 'again':
        this.#triesHere += 1;
        return { settings: this.#settle(at, 'retry', null), delayMs: step.delayMs };
      case 'next':
        this.#triesHere = 1;
        return { settings: this.#settle(step.at, hasSpilled ? 'spill' : 'fallback', null), delayMs: 0 };
      case 'end':
        return failure !== null && faultOf(failure) === 'no-slot' ? this.#returnToSpilled() : null;
    }
  }

  /** Another attempt for an answer that the client has the beginning of. */
  #goOn(end: AttemptEnd): NextAttempt | null {
    const { attempt, failure } = end;
    const { target, at, mode } = attempt.settings;
    if (!canGoOn(this.#run)) return null;
    if (mode === 'continued' && failure?.kind === 'replica-refused' && !attempt.record.isClaimed) {
      // It does not go on from a given text: it may still say the same again.
      this.#refusers.add(target);
      return this.#callsLeft()
        ? { settings: this.#settle(at, 'continuation', 'repeated'), delayMs: 0 }
        : null;
    }
    if (attempt.record.hasDiverged) {
      const next = this.#run.request.attempts.findIndex(({ continues }, index) => index > at && continues);
      if (next === -1 || !this.#callsLeft()) return null;
      return { settings: this.#settle(next, 'continuation', 'continued'), delayMs: 0 };
    }
    const step = this.#step(end, false);
    if (step === null || step.kind === 'end') return null;
    this.#triesHere = step.kind === 'again' ? this.#triesHere + 1 : 1;
    const place = step.kind === 'again' ? at : step.at;
    return {
      settings: this.#settle(place, 'continuation', this.#modeOf(this.#target(place))),
      delayMs: step.kind === 'again' ? step.delayMs : 0,
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
    this.#triesHere = 1;
    return { settings: { ...this.#settle(at, 'spill', null), slotMs: null }, delayMs: 0 };
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
    const slotMs = mode === null ? (spillsTo?.afterWaitMs ?? null) : null;
    return { target: this.#target(at), at, kind, mode, slotMs, avoid: [] };
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

function mayPay({ ports, record }: Run, { kind, target }: AttemptSettings): boolean {
  // Where no replica was called yet, no attempt is an extra one.
  if (kind === 'first' || kind === 'spill' || kind === 'hedge' || record.leases === 0) return true;
  return ports.budget?.take(kind, target.pool) ?? true;
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
