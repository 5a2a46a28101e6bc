// Says in one sentence what a run spent its time on. Pure.
import type { Culprit, PartKind, PathEntry, TracedStep } from './run-trace.ts';
import type { StepTiming } from './run-timing.ts';

type CulpritPart = Culprit['part'];

interface Suspect {
  readonly step: StepTiming | null;
  readonly durationMs: number;
  readonly part: CulpritPart;
  readonly partMs: number;
}

/** The step with the largest share of the critical path; or the code, when all of it together took more than any step. */
export function nameCulprit(path: readonly PathEntry[], endToEndMs: number): Culprit | null {
  if (endToEndMs <= 0) return null;
  const codeMs = path.reduce((sum, entry) => sum + (entry.kind === 'code' ? entry.durationMs : 0), 0);
  let worst: Suspect = { step: null, durationMs: codeMs, part: 'code', partMs: codeMs };
  for (const entry of path) {
    if (entry.kind === 'code' || entry.step.durationMs < worst.durationMs) continue;
    // Of two alike the first is named; a step rather than the code.
    if (entry.step.durationMs === worst.durationMs && worst.step !== null) continue;
    worst = suspect(entry.step);
  }
  const share = worst.durationMs / endToEndMs;
  return { ...worst, share, sentence: accuse(worst, share, endToEndMs) };
}

function suspect({ timing, durationMs, parts }: TracedStep): Suspect {
  const most = parts.reduce<{ kind: PartKind; durationMs: number }>(
    (best, part) => (part.durationMs > best.durationMs ? part : best),
    { kind: 'compute', durationMs: 0 },
  );
  return { step: timing, durationMs, part: most.kind, partMs: most.durationMs };
}

function accuse({ step, durationMs, part, partMs }: Suspect, share: number, endToEndMs: number): string {
  const who =
    step === null
      ? "the function's own code and the platform between its steps"
      : `step ${step.n} ${step.kind} \`${step.name}\``;
  const taken = `${who} took ${Math.round(100 * share)} % of the run: ${seconds(durationMs)} of ${seconds(endToEndMs)}`;
  if (step === null) return taken;
  // When one part is nearly all of it, its length need not be said again.
  const doing = describe(part, step);
  return partMs >= 0.95 * durationMs ? `${taken} ${doing}` : `${taken}, ${seconds(partMs)} of them ${doing}`;
}

function describe(part: CulpritPart, { kind, status, pool, attempts }: StepTiming): string {
  switch (part) {
    case 'cold':
      return `waiting for a cold start of ${pool ?? 'a pool'}`;
    case 'queue':
      return `waiting for a slot of ${pool ?? 'a pool'}`;
    case 'retry':
      return `in tries that failed (${attempts} tries)`;
    case 'route':
      return 'before the attempt began';
    case 'sleep':
      return 'asleep, as the function asked';
    case 'code':
      return 'in code';
    case 'compute':
      // What an attempt waited for is known when it has settled, not before.
      if (status === 'running') return 'so far';
      if (status === 'cancelled') return 'until it was given up';
      return kind === 'call' ? 'in the run that it called' : 'computing';
    default:
      return part satisfies never;
  }
}

/** `84 ms`, `4.9 s`. */
function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
