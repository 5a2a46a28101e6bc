// Which replicas of a pool are so much worse than the others that they are to be left out, though their own circuits hold; and how many
// may be left out at all. Owns the comparison and the floor. Pure.
import type { OpenCause, Trip } from './breaker-policy.ts';
import type { Circuit } from './breaker.ts';
import { lastMedianMs, median, type FirstTokens } from './first-tokens.ts';
import { countOf, runMax } from './outcome-class.ts';

export interface ReplicaHealth {
  readonly circuit: Circuit;
  readonly firstTokens: FirstTokens;
}

/** A replica is left out when its first tokens take this many times as long as the others' ... */
const slowFactor = 3;
/** ... and at least this much longer, or nobody would notice ... */
const slowerMs = 100;
/** ... by the median of at least this many. */
const timesMin = 6;
/** Failures among its last outcomes, one fewer than open any circuit, where the others have at most a third of its share. */
const failuresMin = 4;
const outcomesMin = 10;

/** Those to eject, each with its reason. One that is alone is never an outlier. */
export function findOutliers(
  replicas: readonly ReplicaHealth[],
): readonly (Trip & { readonly id: string })[] {
  const serving = replicas.filter(({ circuit }) => circuit.phase === 'closed');
  return serving.flatMap((replica) => {
    const others = serving.filter((each) => each !== replica);
    const trip = others.length === 0 ? null : (slowBeside(replica, others) ?? failsBeside(replica, others));
    return trip === null ? [] : [{ id: replica.circuit.id, ...trip }];
  });
}

function slowBeside(replica: ReplicaHealth, others: readonly ReplicaHealth[]): Trip | null {
  const own = lastMedianMs(replica.firstTokens, timesMin);
  const theirs = others.flatMap(({ firstTokens }) => lastMedianMs(firstTokens, timesMin) ?? []);
  if (own === null || theirs.length === 0) return null;
  const usual = median(theirs);
  if (own < slowFactor * usual || own < usual + slowerMs) return null;
  return {
    cause: 'outlier-slow',
    detail: `first token ${Math.round(own)} ms, others ${Math.round(usual)} ms`,
  };
}

function failsBeside(replica: ReplicaHealth, others: readonly ReplicaHealth[]): Trip | null {
  const own = failuresOf(replica);
  if (own.failures < failuresMin || own.outcomes < outcomesMin) return null;
  const theirs = others.map(failuresOf).filter(({ outcomes }) => outcomes > 0);
  const outcomes = theirs.reduce((sum, each) => sum + each.outcomes, 0);
  const failures = theirs.reduce((sum, each) => sum + each.failures, 0);
  if (outcomes < outcomesMin || failures / outcomes > own.failures / own.outcomes / 3) return null;
  const detail = `${own.failures} of ${own.outcomes} failed, of the others ${failures} of ${outcomes}`;
  return { cause: 'outlier-errors', detail };
}

function failuresOf({ circuit }: ReplicaHealth): { readonly failures: number; readonly outcomes: number } {
  const run = circuit.run.slice(-runMax);
  return { failures: countOf(run, 'hft'), outcomes: run.length };
}

/** At most this share of a pool's replicas is left out for what they did ... */
const ejectedShareMax = 0.5;
/** ... but one that refuses connections serves nobody, and an operator has reasons. */
const certain: ReadonlySet<OpenCause | null> = new Set(['hard', 'operator']);

/**
 * The replicas that serve although their circuits are not closed, because too many are not: those that were left out last. So at least
 * half of the replicas that answer at all serve at any time.
 */
export function heldIn(replicas: readonly ReplicaHealth[]): ReadonlySet<string> {
  const answering = replicas.filter(({ circuit }) => !certain.has(circuit.cause));
  const out = answering.filter(({ circuit }) => circuit.phase !== 'closed');
  const excess = out.length - Math.floor(ejectedShareMax * answering.length);
  if (excess <= 0) return new Set();
  const latestFirst = out.toSorted((a, b) => b.circuit.openedMs - a.circuit.openedMs);
  return new Set(latestFirst.slice(0, excess).map(({ circuit }) => circuit.id));
}
