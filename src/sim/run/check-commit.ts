// What one commit may change of a run, whoever wrote it: settled steps and a run that has ended stay as they are, only the newest attempt
// speaks, and no step begins beyond the budget. Pure; the standing invariants are check-run.ts's.
import type { RunWrite } from '../../core/run/run-events.ts';
import type { LogEntry, RunState, StepRecord } from '../../core/run/run-state.ts';

/** What is broken, in words that begin with the invariant's number; empty when all is well. */
export function checkCommit(
  before: RunState | null,
  after: RunState,
  writes: readonly RunWrite[],
): readonly string[] {
  const found: string[] = [];
  if (before !== null && before.progress.status.kind !== 'active') found.push('R4 a write after the end');
  const spentSteps = before?.progress.spent.steps ?? 0;
  for (const write of writes) {
    if (write.kind === 'step')
      found.push(
        ...checkStep(before?.steps[write.step.n], write.step),
        ...checkBudget(write.step, before, after),
      );
    if (write.kind === 'log' && write.entry.type === 'text') found.push(...checkText(write.entry, after));
  }
  if (after.progress.spent.steps < spentSteps) found.push('R5 steps were given back');
  return found;
}

function checkStep(before: StepRecord | undefined, after: StepRecord): readonly string[] {
  if (before === undefined) return [];
  const found: string[] = [];
  if (before.status.kind === 'settled') found.push(`R3 step ${after.n} was settled and is written again`);
  if (before.status.kind === 'dropped') found.push(`R3 step ${after.n} was given up and is written again`);
  if (after.attempt < before.attempt) found.push(`R3 step ${after.n} goes back to attempt ${after.attempt}`);
  if (before.once && after.attempt > before.attempt)
    found.push(`R3 step ${after.n} may be tried once, and is tried again`);
  return found;
}

/** A new step found room: by number, and by what had been used before it. */
function checkBudget({ n }: StepRecord, before: RunState | null, { spec }: RunState): readonly string[] {
  if (before === null || before.steps[n] !== undefined) return [];
  const { steps, tokens, micros } = spec.budget;
  const { spent } = before.progress;
  const hasRoom = n < steps && spent.tokens < tokens && spent.micros < micros;
  return hasRoom ? [] : [`budget: step ${n} began with ${JSON.stringify(spent)} of ${steps}/${tokens} used`];
}

function checkText({ seq, data }: LogEntry, { steps }: RunState): readonly string[] {
  if (data['step'] === null) return [];
  const step = steps[Number(data['step'])];
  return step?.attempt === data['attempt']
    ? []
    : [`R3 text at ${seq} is of attempt ${JSON.stringify(data['attempt'])}`];
}
