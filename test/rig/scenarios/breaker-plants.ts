// Bugs of circuits: each takes one of their rules out of a copy of the source, or bends it.
import type { RigPlant } from '../scenario.ts';

const OUTCOMES = 'src/core/resilience/outcome-class.ts';

export const breakerPlants: Readonly<Record<string, RigPlant>> = {
  /** Nobody is ever called broken. */
  'no-breaker': {
    edits: [{ file: OUTCOMES, find: '(against[failure.kind] ?? null)', replace: "'ok'" }],
    breaks: ['breaker.failuresToOpen', 'breaker.half.openMs', 'breaker.slow.openMs'],
  },
  /** Whoever asks may probe, whether or not another probe is out, and isolates hear that one is due: else they would not ask meanwhile. */
  'two-probes': {
    edits: [
      {
        file: 'src/core/resilience/breaker.ts',
        find: "if (circuit.phase !== 'open' || circuit.probe.dueMs > nowMs) return null;",
        replace: "if (circuit.phase === 'closed') return null;",
      },
      {
        file: 'src/core/resilience/pool-health.ts',
        find: "return phase === 'open' && probe.dueMs <= nowMs;",
        replace: "return phase === 'half-open' || (phase === 'open' && probe.dueMs <= nowMs);",
      },
      {
        file: 'src/core/resilience/pool-health.ts',
        find: "probeDueMs: target.phase === 'closed' ? null : targetProbeMs(health),",
        replace: "probeDueMs: target.phase === 'closed' ? null : target.probe.dueMs,",
      },
    ],
    breaks: ['breaker.hard.probesAtOnce', 'breaker.hang.probesAtOnce'],
  },
  /** A circuit that has opened is not probed for a quarter of a minute. */
  'late-probe': {
    edits: [
      {
        file: 'src/core/resilience/breaker-policy.ts',
        find: '  probeFirstMs: 200,\n  probeMsMax: 800,',
        replace: '  probeFirstMs: 15_000,\n  probeMsMax: 15_000,',
      },
    ],
    breaks: ['breaker.closeSeconds', 'breaker.hard.probes', 'breaker.hang.probes'],
  },
  /** Refused requests and clients that leave speak against the server. */
  'count-client-errors': {
    edits: [
      {
        file: OUTCOMES,
        find: "  'replica-error': 'failure',",
        replace:
          "  'replica-error': 'failure',\n  'replica-refused': 'failure',\n  'client-gone': 'failure',",
      },
    ],
    breaks: ['breaker.clientErrors', 'breaker.cancels'],
  },
  /** Ten failures in a row are needed. */
  'late-trip': {
    edits: [
      {
        file: 'src/core/resilience/breaker-policy.ts',
        find: '  failuresInRow: 3,\n  failuresOfRun: 5,',
        replace: '  failuresInRow: 20,\n  failuresOfRun: 20,',
      },
    ],
    breaks: ['breaker.failuresToOpen', 'breaker.half.openMs'],
  },
  /** Slowness does not count, neither where an isolate calls it that nor where the times that it tells say so. */
  'slow-ignored': {
    edits: [
      { file: OUTCOMES, find: "  slow: 's',", replace: "  slow: 'o'," },
      {
        file: 'src/core/resilience/decide-health.ts',
        find: "return isLate ? run.replaceAll('o', 's') : run;",
        replace: 'return isLate ? run : run;',
      },
    ],
    breaks: ['breaker.slow.openMs', 'breaker.hang.openMs', 'breaker.bad'],
  },
};
