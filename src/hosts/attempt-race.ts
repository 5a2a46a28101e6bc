// One attempt, and a second one beside it when the first shows nothing for too long. Owns who of the two the client sees: the first to have
// content. The other is let go of at that moment, with its slot. Decides nothing of what comes after both have failed.
import { continueBody, makeContinueEdit, makeRepeatEdit, renderSegment } from '../core/stream/segment.ts';
import type { Failure } from '../core/api/failure.ts';
import { renderFailure } from '../core/api/render-failure.ts';
import { decideHedge, lookAgainMs, type HedgeScene } from '../core/resilience/hedge.ts';
import {
  performAttempt,
  type Attempt,
  type AttemptEnd,
  type AttemptSettings,
  type Run,
} from './attempt-lane.ts';
import { newRecord, servedBy } from './relay-record.ts';
import { makeAttemptWatch } from './relay-watch.ts';

/** A second replica is asked for speed alone: one without a free slot is of no use. */
const HEDGE_SLOT_MS = 100;
/** Asks for a second replica beside one attempt, each of which costs its pool a call. */
const RIVALS_MAX = 20;

/** `brokeOff`: why the part of the answer that the client has already came to no end. */
export async function performRace(
  run: Run,
  settings: AttemptSettings,
  brokeOff: Failure | null,
): Promise<AttemptEnd> {
  const race = new Race(run, brokeOff);
  const first = race.enter(settings);
  const { hedge } = run.policy;
  // Of a reply in one piece nothing says before its end whether it is slow.
  const isTold = run.request.stream || settings.target.isGathered === true;
  const isHedged = hedge !== null && brokeOff === null && isTold;
  const timer = isHedged ? race.whenSlow(first, hedge.afterMs) : null;
  const firstEnd = await performAttempt(first).finally(() => timer?.stop());
  const rival = race.rival();
  if (rival === null || race.winner() === first) return firstEnd;
  const rivalEnd = await rival;
  return race.winner() === rivalEnd.attempt ? rivalEnd : firstEnd;
}

class Race {
  readonly #run: Run;
  readonly #brokeOff: Failure | null;
  readonly #runners: Attempt[] = [];
  #winner: Attempt | null = null;
  #rival: Promise<AttemptEnd> | null = null;
  #rivalsAsked = 0;

  constructor(run: Run, brokeOff: Failure | null) {
    this.#run = run;
    this.#brokeOff = brokeOff;
  }

  winner(): Attempt | null {
    return this.#winner;
  }

  rival(): Promise<AttemptEnd> | null {
    return this.#rival;
  }

  enter(settings: AttemptSettings): Attempt {
    const run = this.#run;
    const { target, mode, at } = settings;
    const { text, tokens } = run.record;
    const body = mode === 'continued' ? continueBody(target.body, text, tokens) : target.body;
    const record = newRecord(target, mode, mode === 'continued' ? tokens : 0);
    run.record.attempts.push(record);
    const attempt: Attempt = {
      run,
      settings,
      body: body ?? target.body,
      watch: makeAttemptWatch(run.watch, () => run.ports.now()),
      record,
      edit: makeEdit(settings, text, tokens),
      canPassOn: run.request.attempts.some(
        ({ on }, index) => index > at && (on?.includes('content-filter') ?? true),
      ),
      admit: () => settings.kind !== 'hedge' || this.#admitRival(attempt),
      claim: () => this.#claim(attempt),
    };
    this.#runners.push(attempt);
    return attempt;
  }

  /** Starts a second attempt when the first has held its slot for so long, has shown nothing, and there is room for it. */
  whenSlow(first: Attempt, afterMs: number): { stop(): void } {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = (): void => {
      const { leasedMs } = first.record;
      if (leasedMs === null) return lookIn(afterMs);
      const elapsedMs = this.#run.ports.now() - leasedMs;
      const decision = decideHedge(this.#hedgeScene(first, afterMs, elapsedMs));
      if (decision.kind === 'hedge') this.#startRival(first, () => lookIn(lookAgainMs));
      if (decision.kind === 'wait') lookIn(decision.untilMs - elapsedMs);
    };
    const lookIn = (ms: number): void => {
      if (!isOver) timer = setTimeout(look, ms);
    };
    const stop = (): void => {
      isOver = true;
      clearTimeout(timer);
    };
    lookIn(afterMs);
    return { stop };
  }

  #hedgeScene(first: Attempt, afterMs: number, elapsedMs: number): HedgeScene {
    const { ports, request, limits } = this.#run;
    return {
      ...roomFor(first),
      after: afterMs,
      budgetLeft: ports.budget?.left?.() ?? 1,
      // A model's answer has no effect but its cost.
      repeatable: true,
      contentStarted: this.#winner !== null,
      isLeftOut: this.#isLeftOut(first),
      attempts: this.#rival === null ? 1 : 2,
      remainingMs: request.startedMs + limits.totalMs - ports.now(),
      elapsedMs,
    };
  }

  /** `onUnmet`: it found no slot, or nothing to pay with. Either may be had a moment later. */
  #startRival(first: Attempt, onUnmet: () => void): void {
    const run = this.#run;
    const { policy, record, ports } = run;
    if (this.#winner !== null || first.watch.stopped() !== null || record.leases >= policy.callsMax) return;
    if (this.#rivalsAsked >= RIVALS_MAX) return;
    this.#rivalsAsked += 1;
    const { grant } = first.record;
    const rival = this.enter({
      target: policy.hedge?.target ?? first.settings.target,
      at: first.settings.at,
      kind: 'hedge',
      mode: null,
      slotMs: HEDGE_SLOT_MS,
      avoid: grant === null ? [] : [grant.replicaId],
    });
    this.#rival = performAttempt(rival).finally(() => {
      if (rival.record.calledMs !== null || this.#winner !== null) return;
      this.#forget(rival);
      onUnmet();
    });
    // The request may be over, and its response complete, before the slower of the two has ended.
    ports.waitUntil(this.#rival);
  }

  /** As if it had never been asked for. */
  #forget(rival: Attempt): void {
    this.#rival = null;
    this.#runners.splice(this.#runners.indexOf(rival), 1);
    const { attempts } = this.#run.record;
    attempts.splice(attempts.indexOf(rival.record), 1);
  }

  #isLeftOut({ record }: Attempt): boolean {
    const { health } = this.#run.ports;
    return record.grant !== null && (health?.isLeftOut?.(record.grant) ?? false);
  }

  /** The pool may have no other replica; and the budget is asked last, so that nothing is taken from it in vain. */
  #admitRival(rival: Attempt): boolean {
    const { settings, record } = rival;
    if (this.#winner !== null) return false;
    if (settings.avoid.includes(record.grant?.replicaId ?? '')) return false;
    // Beside a replica that is left out it is what follows a failure.
    const [first] = this.#runners;
    const kind = first !== undefined && this.#isLeftOut(first) ? 'retry' : 'hedge';
    return this.#run.ports.budget?.take(kind, settings.target.pool) ?? true;
  }

  #claim(attempt: Attempt): string | null {
    if (this.#winner !== null) return this.#winner === attempt ? '' : null;
    this.#winner = attempt;
    for (const other of this.#runners) if (other !== attempt) other.watch.supersede();
    const { record, settings } = attempt;
    record.isClaimed = true;
    if (settings.kind === 'hedge') this.#run.onServed(servedBy(this.#run.record, record));
    return this.#open(attempt);
  }

  /** The boundary that a client must see before the first words of another attempt. */
  #open({ settings }: Attempt): string {
    const { mode, target } = settings;
    if (mode === null || this.#brokeOff === null) return '';
    const { record, request, ports } = this.#run;
    record.segments += 1;
    const segment = {
      index: record.segments,
      reason: renderFailure(this.#brokeOff).body.error.code,
      mode,
      model: target.version,
      afterChars: record.text.length,
    };
    request.onSegment?.(segment);
    return renderSegment(segment, { id: request.requestId, created: Math.floor(ports.now() / 1000) });
  }
}

/** What is known of the pool that the second attempt would go to. What is not is for the pool to say: it may refuse. */
function roomFor({
  run,
  settings,
}: Attempt): Pick<HedgeScene, 'firstTokenMsP95' | 'firstTokenMsP50' | 'poolFill' | 'replicas'> {
  const { version } = run.policy.hedge?.target ?? settings.target;
  const sight = run.ports.sight?.(version);
  const isSamePool = version === settings.target.version;
  return {
    firstTokenMsP95: sight?.firstTokenMsP95 ?? null,
    firstTokenMsP50: sight?.firstTokenMsP50 ?? null,
    poolFill: sight?.fill ?? 0,
    replicas: isSamePool ? (sight?.replicas ?? 2) : 2,
  };
}

function makeEdit({ mode }: AttemptSettings, text: string, tokens: number): Attempt['edit'] {
  if (mode === null) return undefined;
  return mode === 'repeated' ? makeRepeatEdit(text) : makeContinueEdit(tokens);
}
