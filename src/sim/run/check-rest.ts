// What must hold of a run that has ended: its outcome is what the program comes to, its effects were done once, and everything is put away
// when its time has come. Owns the comparison with the oracle.
import { stableText, type Json } from '../../core/run/json.ts';
import {
  RUN_KEPT_MS,
  textIn,
  type LogEntry,
  type RunState,
  type RunStatus,
  type StepRecord,
} from '../../core/run/run-state.ts';
import { expectOutcome, unknowable, type Outcome } from './expect-outcome.ts';
import type { Program } from './program.ts';
import type { RunWorld } from './run-world.ts';

/** Ends that only a bug of the platform brings about here: the code is the same in every life, and awaits what it asks for. */
const BUGS = new Set([
  'journal_mismatch',
  'step_not_awaited',
  'internal_error',
  'function_error',
  'invalid_output',
  'unknown',
]);

export function checkOutcome(
  program: Program,
  state: RunState | null,
  wasCancelled: boolean,
): { readonly known: boolean; readonly violations: readonly string[] } {
  const status = state?.progress.status;
  if (state === null || status === undefined)
    return { known: false, violations: ['the run was never begun'] };
  if (status.kind === 'active') return { known: false, violations: [] };
  if (status.kind === 'failed' && BUGS.has(status.error.code))
    return { known: false, violations: [`ended ${status.error.code}: ${status.error.message}`] };
  if (status.kind === 'cancelled')
    return { known: false, violations: wasCancelled ? [] : ['cancelled, and nobody wanted it'] };
  const expected = expectOutcome(program, state.spec.budget.steps);
  if (expected === null || hasRunOut(state, status)) return { known: false, violations: [] };
  const is = render(outcomeOf(status));
  const wanted = render(
    expected.kind === 'incomplete' && expected.draft === unknowable ? withDraft(expected, status) : expected,
  );
  return { known: true, violations: is === wanted ? [] : [`came to ${is}, not ${wanted}`] };
}

export function checkRest(world: RunWorld): readonly string[] {
  const state = world.store.peek();
  const log = world.store.log(0, Number.MAX_SAFE_INTEGER);
  const found = [...checkEffects(world), ...checkWords(state?.steps ?? [], log), ...checkAuthored(log)];
  if (state === null || state.progress.status.kind === 'active') return found;
  const { endedMs } = state.progress;
  if (world.alarmMs !== (endedMs ?? 0) + RUN_KEPT_MS)
    found.push(`an ended run wakes at ${world.alarmMs ?? 'no time'}`);
  return found;
}

function checkEffects(world: RunWorld): readonly string[] {
  const found: string[] = [];
  const steps = world.store.peek()?.steps ?? [];
  for (const [place, { keys, requests, once }] of world.outside.effects) {
    if (keys.size > 1) found.push(`the effect ${place} was done under ${keys.size} keys`);
    if (once && requests > 1)
      found.push(`the effect ${place} may be tried once, and was tried ${requests} times`);
  }
  for (const { kind, name, status, n } of steps) {
    if (kind !== 'effect' || status.kind !== 'settled' || !status.outcome.ok) continue;
    if (world.outside.effects.get(name)?.keys.size !== 1)
      found.push(`the effect of step ${n} is in the journal, and was not done`);
  }
  return found;
}

/** What was shown of the attempt that counted is the answer, from its first word to its last. */
function checkWords(steps: readonly StepRecord[], log: readonly LogEntry[]): readonly string[] {
  const shown = new Map<Json | undefined, string>();
  for (const { type, data } of log) {
    const step = data['step'];
    if (type === 'segment') shown.delete(step);
    if (type === 'text' && step !== null) shown.set(step, (shown.get(step) ?? '') + textIn(data, 'text'));
  }
  return steps.flatMap(({ n, status }) => {
    const words = shown.get(n);
    if (words === undefined || status.kind !== 'settled' || !status.outcome.ok) return [];
    const { text } = status.outcome.value as { readonly text: string };
    return words === text ? [] : [`step ${n} was heard to say "${words}", and its answer is "${text}"`];
  });
}

/** No two things that a program says are the same, so none may be there twice. */
function checkAuthored(log: readonly LogEntry[]): readonly string[] {
  const said = log
    .filter(({ type, data }) => type === 'event' || type === 'draft' || data['step'] === null)
    .map(({ type, data }) => `${type} ${JSON.stringify(data)}`);
  return new Set(said).size === said.length ? [] : ['the author is in the log twice with the same words'];
}

/** Time and lives are the two budgets that crashes use up. */
function hasRunOut({ progress, spec }: RunState, status: RunStatus): boolean {
  if (status.kind === 'incomplete' && status.reason === 'budget_time')
    return (progress.endedMs ?? 0) >= spec.createdMs + spec.budget.totalMs;
  return status.kind === 'failed' && status.error.code === 'crash_loop' && progress.lives >= 20;
}

function outcomeOf(status: RunStatus): Outcome | null {
  if (status.kind === 'completed') return { kind: 'completed', output: status.output as readonly string[] };
  if (status.kind === 'failed') return { kind: 'failed', code: status.error.code };
  if (status.kind === 'incomplete') return { kind: 'incomplete', reason: status.reason, draft: status.draft };
  return null;
}

function withDraft(expected: Outcome, status: RunStatus): Outcome {
  return expected.kind === 'incomplete' && status.kind === 'incomplete'
    ? { ...expected, draft: status.draft }
    : expected;
}

function render(outcome: Outcome | null): string {
  return stableText(outcome) ?? '';
}
