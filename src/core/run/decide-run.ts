// The state machine of a run: (state, event, now) -> (state, rows to write, effects). Owns the life of a run as a whole; what becomes of a
// step is decided in decide-step.ts. Pure: no clock, no storage; the code of the function runs in the host.
import { unreachable } from '../base/assert.ts';
import {
  boundError,
  decideAsk,
  decideDrop,
  decideProgress,
  decideSettle,
  decideText,
  retryDue,
} from './decide-step.ts';
import { RunDraft } from './draft-run.ts';
import { exceedsBytes, stableText } from './json.ts';
import { NOTHING_SPENT } from './run-budget.ts';
import type { Emission, RunEvent, RunStep } from './run-events.ts';
import {
  BARREN_LIVES_MAX,
  EMIT_CHARS_MAX,
  INPUT_BYTES_MAX,
  OUTPUT_CHARS_MAX,
  RUN_KEPT_MS,
  RUN_WATCH_MS,
  type RunProgress,
  type RunSpec,
  type RunState,
} from './run-state.ts';

/** One step. The same state, event and time give the same step on every machine. */
export function decideRun(state: RunState | null, event: RunEvent, nowMs: number): RunStep {
  if (event.kind === 'create') return decideCreate(state, event.spec);
  if (state === null) return { state, writes: [], effects: [] };
  const draft = new RunDraft(state, nowMs);
  if (draft.isActive) change(draft, event);
  else if (event.kind === 'tick' && nowMs >= expiresMs(state)) draft.want({ kind: 'erase' });
  return draft.done();
}

/** When the run wants to be woken, if its code has asked for `asked` steps so far. An ended run wants it once more, to be erased. */
export function nextWakeMs(state: RunState | null, asked: number): number | null {
  if (state === null) return null;
  if (state.progress.status.kind !== 'active') return expiresMs(state);
  let wakeMs = Math.min(deadlineMs(state.spec), state.progress.watchMs);
  for (const { status } of state.steps.slice(0, asked))
    if (status.kind === 'waiting') wakeMs = Math.min(wakeMs, status.dueMs);
  return wakeMs;
}

export function deadlineMs(spec: RunSpec): number {
  return spec.createdMs + spec.budget.totalMs;
}

function expiresMs(state: RunState): number {
  return (state.progress.endedMs ?? state.spec.createdMs) + RUN_KEPT_MS;
}

function decideCreate(state: RunState | null, spec: RunSpec): RunStep {
  if (state !== null) {
    const same = state.spec.inputHash === spec.inputHash && state.spec.function === spec.function;
    const refusal = { kind: 'refuse', failure: { kind: 'idempotency-mismatch' } } as const;
    return { state, writes: [], effects: same ? [] : [refusal] };
  }
  if (exceedsBytes(JSON.stringify(spec.input), INPUT_BYTES_MAX)) {
    const failure = { kind: 'too-large', bytesMax: INPUT_BYTES_MAX } as const;
    return { state, writes: [], effects: [{ kind: 'refuse', failure }] };
  }
  const progress: RunProgress = {
    status: { kind: 'active' },
    endedMs: null,
    spent: NOTHING_SPENT,
    settled: 0,
    emitted: 0,
    tailSeq: 0,
    logChars: 0,
    valueChars: 0,
    draft: null,
    lives: 1,
    barrenLives: 0,
    watchMs: spec.createdMs + RUN_WATCH_MS,
  };
  const draft = new RunDraft({ spec, progress, steps: [] }, spec.createdMs);
  draft.log('run.started', { run: spec.id, function: spec.function, version: spec.version });
  draft.want({ kind: 'execute' });
  const step = draft.done();
  return { ...step, writes: [{ kind: 'spec', spec }, ...step.writes] };
}

function change(draft: RunDraft, event: Exclude<RunEvent, { kind: 'create' }>): void {
  switch (event.kind) {
    case 'revive':
      return revive(draft);
    case 'ask':
      return decideAsk(draft, event.ask);
    case 'text':
      return decideText(draft, event, event.text);
    case 'progress':
      return decideProgress(draft, event, event.progress);
    case 'settle':
      return decideSettle(draft, event, event);
    case 'drop':
      return decideDrop(draft, event.steps);
    case 'emit':
      return emit(draft, event.k, event.emission);
    case 'finish':
      return finish(draft, event);
    case 'throw':
      // A step that the run's deadline cuts off fails in the moment in which the run's time ends: which of the two is seen first says nothing.
      return draft.nowMs >= deadlineMs(draft.spec)
        ? draft.endIncomplete('budget_time')
        : draft.endFailed(boundError(event.error));
    case 'disagree':
      return draft.endFailed({ code: 'journal_mismatch', message: event.message });
    case 'cancel':
      return draft.endCancelled();
    case 'tick':
      return tick(draft, event.asked);
    default:
      return unreachable(event);
  }
}

function revive(draft: RunDraft): void {
  const { lives, barrenLives } = draft.progress;
  if (barrenLives + 1 > BARREN_LIVES_MAX) {
    const message = `The run's object died ${BARREN_LIVES_MAX} times in a row before it got any further; it is not tried again.`;
    return draft.endFailed({ code: 'crash_loop', message });
  }
  draft.advance({ lives: lives + 1, barrenLives: barrenLives + 1, watchMs: draft.nowMs + RUN_WATCH_MS });
  draft.want({ kind: 'execute' });
}

/** What the author says goes into the log once: at replay the first `emitted` of it are there already. */
function emit(draft: RunDraft, k: number, emission: Emission): void {
  const { emitted } = draft.progress;
  if (k < emitted) return;
  const value =
    emission.kind === 'event'
      ? [emission.type, emission.data]
      : emission.kind === 'say'
        ? emission.text
        : emission.output;
  const chars = stableText(value)?.length ?? 0;
  const max = emission.kind === 'draft' ? OUTPUT_CHARS_MAX : EMIT_CHARS_MAX;
  if (chars > max) {
    const message = `An event of the function has ${chars} characters, at most ${max} are allowed.`;
    return draft.endFailed({ code: 'event_too_large', message });
  }
  draft.advance({ emitted: emitted + 1 });
  switch (emission.kind) {
    case 'event':
      return draft.log('event', { type: emission.type, data: emission.data }, chars);
    case 'say':
      return draft.log('text', { step: null, attempt: 0, text: emission.text.toWellFormed() }, chars);
    case 'draft':
      draft.advance({ draft: emission.output });
      return draft.log('draft', { output: emission.output }, chars);
    default:
      return unreachable(emission);
  }
}

function finish(
  draft: RunDraft,
  { output, asked }: { readonly output: unknown; readonly asked: number },
): void {
  const { steps } = draft;
  if (asked < steps.length) {
    const next = steps[asked];
    const message = `The code ended after ${asked} steps, but its journal goes on with step ${asked} (${next?.kind ?? ''} "${next?.name ?? ''}"): the function has changed since the run began, or does not behave the same twice.`;
    return draft.endFailed({ code: 'journal_mismatch', message });
  }
  const open = steps.find(({ status }) => status.kind === 'running' || status.kind === 'waiting');
  if (open !== undefined) {
    const message = `The function returned while step ${open.n} (${open.kind} "${open.name}") was still running: await every step, and use ctx.race for those that may be given up.`;
    return draft.endFailed({ code: 'step_not_awaited', message });
  }
  const text = stableText(output);
  if (text === null) {
    return draft.endFailed({
      code: 'invalid_output',
      message: 'The function returned what JSON cannot hold.',
    });
  }
  if (text.length > OUTPUT_CHARS_MAX) {
    const message = `The output has ${text.length} characters, at most ${OUTPUT_CHARS_MAX} are allowed.`;
    return draft.endFailed({ code: 'output_too_large', message });
  }
  draft.endCompleted(JSON.parse(text));
}

function tick(draft: RunDraft, asked: number): void {
  if (draft.nowMs >= deadlineMs(draft.spec)) return draft.endIncomplete('budget_time');
  for (const step of draft.steps.slice(0, asked)) {
    if (step.status.kind === 'waiting' && step.status.dueMs <= draft.nowMs) retryDue(draft, step);
  }
  if (draft.nowMs < draft.progress.watchMs) return;
  // A life that has seen its watch through does not die of what the run does first: a long sleep is no crash loop.
  draft.advance({ watchMs: draft.nowMs + RUN_WATCH_MS, barrenLives: 0 });
}
