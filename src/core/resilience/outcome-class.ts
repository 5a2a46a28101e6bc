// What one attempt says about the replica or target that it was made on. Owns which failures speak against a server and which do not
// count at all, and the letters in which runs of outcomes are told and kept. Pure.
import type { Failure } from '../api/failure.ts';

/**
 * `hard`: the connection was refused or reset. `failure`: an error, a reply that is none, a stream without its end. `slow`: no first
 * token when one was overdue, whatever came later. `stall`: tokens stopped coming. Each attempt is told once; one that was told `slow`
 * and then fails is told again.
 */
export type OutcomeClass = 'ok' | 'hard' | 'failure' | 'slow' | 'stall';

const letters: Readonly<Record<OutcomeClass, string>> = {
  ok: 'o',
  hard: 'h',
  failure: 'f',
  slow: 's',
  stall: 't',
};

/** Outcomes kept and told at most: what decides about a circuit lies within its last twenty. */
export const runMax = 20;

export function letterOf(outcome: OutcomeClass): string {
  return letters[outcome];
}

/** The run with what follows it, the newest last; only the last `runMax` letters, without what is no letter of an outcome. */
export function joinRuns(run: string, more: string): string {
  return (run + more.replaceAll(/[^ohfst]/g, '')).slice(-runMax);
}

/** How many of a run's letters are among `which`. */
export function countOf(run: string, which: string): number {
  let count = 0;
  for (const letter of run) if (which.includes(letter)) count += 1;
  return count;
}

/** How many letters at a run's end are among `which`; letters of `beside` neither count nor end the row. */
export function rowAtEnd(run: string, which: string, beside = ''): number {
  let count = 0;
  for (let at = run.length - 1; at >= 0; at -= 1) {
    const letter = run.charAt(at);
    if (which.includes(letter)) count += 1;
    else if (!beside.includes(letter)) break;
  }
  return count;
}

/** Those of `Failure` that speak against the server. A kind that is not here does not count. */
const against: { readonly [K in Failure['kind']]?: OutcomeClass } = {
  'replica-unreachable': 'hard',
  'stream-cut': 'hard',
  'replica-error': 'failure',
  'replica-busy': 'failure',
  'bad-reply': 'failure',
  'first-token-timeout': 'slow',
  'idle-timeout': 'stall',
};

/**
 * What the end of an attempt says; null when it does not count: the client's fault or absence, a refusal of the request, a quota, a
 * time limit of our own. A null `failure` is an answer that was whole.
 */
export function classOfFailure(
  failure: { readonly kind: Failure['kind']; readonly status?: number } | null,
): OutcomeClass | null {
  if (failure?.kind === 'replica-busy' && failure.status === 429) return null;
  return failure === null ? 'ok' : (against[failure.kind] ?? null);
}
