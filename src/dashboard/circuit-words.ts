// A circuit in words: whether requests are let through, since when, and why not. Pure.
import type { CircuitView } from '../core/pool/circuit-view.ts';
import type { PoolView } from '../core/pool/pool-view.ts';
import { formatMs } from './format.ts';
import { formatAgo } from './run-words.ts';

type Phase = CircuitView['phase'];

export const phaseWords: Readonly<Record<Phase, string>> = {
  closed: 'closed',
  open: 'open',
  'half-open': 'probing',
};

const causes: Readonly<Record<string, string>> = {
  hard: 'nobody answers there',
  failures: 'failures in a row',
  errors: 'too many failures',
  slow: 'first tokens are slow',
  stalls: 'answers stall',
  'outlier-errors': 'it fails more than its neighbours',
  'outlier-slow': 'it is slower than its neighbours',
  'all-replicas': 'all its replicas are left out',
  operator: 'an operator has opened it',
};

export interface CircuitLine {
  /** `the pool`, or the replica's id. */
  readonly name: string;
  readonly circuit: CircuitView;
}

/** The circuits that there is something to say of: those that are not closed, or were not of late. */
export function circuitsOf({
  circuit,
  replicas,
}: Pick<PoolView, 'circuit' | 'replicas'>): readonly CircuitLine[] {
  const lines = [
    { name: 'the pool', circuit },
    ...replicas.flatMap(({ id, circuit: own }) => (own === null ? [] : [{ name: id, circuit: own }])),
  ];
  return lines.filter((line) => line.circuit.phase !== 'closed' || line.circuit.history.length > 0);
}

/** `open for 12.0 s: nobody answers there; the next probe in 400 ms`. */
export function describeCircuit({ phase, sinceMs, cause, probeDueMs }: CircuitView, nowMs: number): string {
  const lasts = `${phaseWords[phase]} for ${formatMs(Math.max(0, nowMs - sinceMs))}`;
  const why = cause === null || phase === 'closed' ? '' : `: ${causes[cause] ?? cause}`;
  if (phase !== 'open' || probeDueMs === null) return `${lasts}${why}`;
  const dueMs = probeDueMs - nowMs;
  return `${lasts}${why}; ${dueMs <= 0 ? 'the next request probes it' : `the next probe in ${formatMs(dueMs)}`}`;
}

/** What is shown of a history: the last changes, newest first. */
const transitionsShown = 5;

/** `12 s ago open: 3 failures in a row`. */
export function describeHistory({ history }: CircuitView, nowMs: number): readonly string[] {
  return history
    .slice(-transitionsShown)
    .toReversed()
    .map(({ atMs, to, detail }) => `${formatAgo(Math.max(0, nowMs - atMs))} ${phaseWords[to]}: ${detail}`);
}
