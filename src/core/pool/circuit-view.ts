// What the admin API and the dashboard show of a circuit: whether it is closed, since when and why, and how it came there.
import { neverMs, type Circuit, type CircuitPhase, type Transition } from '../resilience/breaker.ts';

export interface CircuitView {
  readonly phase: CircuitPhase;
  readonly sinceMs: number;
  /** Why it is not closed. */
  readonly cause: string | null;
  /** When the next probe is due; null while it is closed, and where an operator opened it. */
  readonly probeDueMs: number | null;
  /** Its last changes, the newest last. */
  readonly history: readonly Transition[];
}

export function viewCircuit({ phase, sinceMs, cause, probe, history }: Circuit): CircuitView {
  const isProbed = phase !== 'closed' && probe.dueMs < neverMs;
  return { phase, sinceMs, cause, probeDueMs: isProbed ? probe.dueMs : null, history };
}
