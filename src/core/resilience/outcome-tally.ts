// What an isolate has seen of a pool's replicas and not yet told the pool's object: outcomes in their order and first-token times, per
// replica. Successes wait for the next beat; anything else is told at once, with the successes before it, so that the object never
// sees failures in a row that were not. Owns the bounds of what is told. Plain data, pure.
import { joinRuns, letterOf, runMax, type OutcomeClass } from './outcome-class.ts';

export interface ReplicaReport {
  readonly replicaId: string;
  /** The last outcomes in order, one letter each; see `outcome-class.ts`. */
  readonly run: string;
  /** How long ago the last of its successes was when this was told; null without one. */
  readonly okAgeMs: number | null;
  /** Some of the first-token times, in ms; for one that is overdue, how long it has been waited for. */
  readonly firstTokensMs: readonly number[];
  /** How long first tokens had been waited for when another replica, asked later, was faster: at least so long would these have taken. */
  readonly beatenMs?: readonly number[];
}

/** What is to be told of one replica. */
interface Untold extends Required<Omit<ReplicaReport, 'okAgeMs'>> {
  readonly okMs: number | null;
}

export type OutcomeTally = readonly Untold[];

export const noTally: OutcomeTally = [];

/** More replicas than one isolate talks to between two beats; beyond, the longest untouched is forgotten. */
export const tallyReplicasMax = 64;
/** First-token times told of one replica at once: enough for a median of what happened in two seconds. */
export const firstTokensMax = 20;

export interface AttemptOutcome {
  readonly replicaId: string;
  readonly outcome: OutcomeClass;
  readonly firstTokenMs?: number | null;
  /** Another replica, asked later, was faster: the time is how long this one was waited for. */
  readonly isBeaten?: boolean;
}

export function noteOutcome(tally: OutcomeTally, attempt: AttemptOutcome, nowMs: number): OutcomeTally {
  const { replicaId, outcome, firstTokenMs, isBeaten = false } = attempt;
  const before = tally.find((each) => each.replicaId === replicaId);
  const times = typeof firstTokenMs === 'number' && firstTokenMs >= 0 ? [firstTokenMs] : [];
  const untold: Untold = {
    replicaId,
    run: joinRuns(before?.run ?? '', letterOf(outcome)),
    okMs: outcome === 'ok' ? nowMs : (before?.okMs ?? null),
    firstTokensMs: withTimes(before?.firstTokensMs ?? [], isBeaten ? [] : times),
    beatenMs: withTimes(before?.beatenMs ?? [], isBeaten ? times : []),
  };
  return [...tally.filter((each) => each !== before), untold].slice(-tallyReplicasMax);
}

/** Whether the pool is to be told now rather than with the next beat. */
export function isUrgent(tally: OutcomeTally): boolean {
  return tally.some(({ run }) => /[^o]/.test(run));
}

/** What is to be told, and what is left: nothing. Should the call fail, `restoreTally` puts it back. */
export function takeReports(
  tally: OutcomeTally,
  nowMs: number,
): { readonly tally: OutcomeTally; readonly reports: readonly ReplicaReport[] } {
  const reports = tally.map(({ okMs, beatenMs, ...told }) => ({
    ...told,
    ...(beatenMs.length > 0 && { beatenMs }),
    okAgeMs: okMs === null ? null : Math.max(0, nowMs - okMs),
  }));
  return { tally: noTally, reports };
}

/** Puts back what did not arrive, before what has come since. */
export function restoreTally(since: OutcomeTally, unsent: OutcomeTally): OutcomeTally {
  const older = unsent.filter(({ replicaId }) => since.every((each) => each.replicaId !== replicaId));
  const joined = since.map((then) => {
    const first = unsent.find(({ replicaId }) => replicaId === then.replicaId);
    return first === undefined ? then : join(first, then);
  });
  return [...older, ...joined].slice(-tallyReplicasMax);
}

/** A report of what another isolate says may hold anything: it is cut to what a report can be. */
export function soundReports(reports: readonly ReplicaReport[]): readonly ReplicaReport[] {
  return reports.slice(0, tallyReplicasMax).map(soundReport);
}

function soundReport({ replicaId, run, okAgeMs, firstTokensMs, beatenMs }: ReplicaReport): ReplicaReport {
  return {
    replicaId,
    run: joinRuns('', run.slice(-runMax)),
    okAgeMs: okAgeMs !== null && okAgeMs >= 0 ? okAgeMs : null,
    firstTokensMs: soundTimes(firstTokensMs),
    ...(beatenMs !== undefined && { beatenMs: soundTimes(beatenMs) }),
  };
}

function soundTimes(times: readonly number[]): readonly number[] {
  return times.filter((ms) => ms >= 0 && ms < Infinity).slice(-firstTokensMax);
}

function join(first: Untold, then: Untold): Untold {
  return {
    replicaId: then.replicaId,
    run: joinRuns(first.run, then.run),
    okMs: then.okMs ?? first.okMs,
    firstTokensMs: withTimes(first.firstTokensMs, then.firstTokensMs),
    beatenMs: withTimes(first.beatenMs, then.beatenMs),
  };
}

function withTimes(before: readonly number[], times: readonly number[]): readonly number[] {
  return times.length === 0 ? before : [...before, ...times].slice(-firstTokensMax);
}
