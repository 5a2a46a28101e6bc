// What becomes of one step: asked for, at first or at replay; tried, retried, settled, dropped. Owns the fence (only the newest attempt
// counts), the budget's check before each new step, and the agreement of code and journal. Changes a draft; pure otherwise.
import { makeRng } from '../base/rng.ts';
import type { RunDraft } from './draft-run.ts';
import { hashText } from './hash-text.ts';
import { exceedsBytes, stableText } from './json.ts';
import { retryDelayMs } from './retry-delay.ts';
import { addSpent, findUsedUp } from './run-budget.ts';
import type { AttemptEnd, AttemptRef, StepAsk, StepProgress } from './run-events.ts';
import {
  CODE_CHARS_MAX,
  EMIT_CHARS_MAX,
  MESSAGE_CHARS_MAX,
  VALUE_BYTES_MAX,
  VALUE_CHARS_MAX,
  VALUES_CHARS_MAX,
  type StepError,
  type StepMeasure,
  type StepOutcome,
  type StepRecord,
} from './run-state.ts';

const nothingMeasured: StepMeasure = {
  pool: null,
  version: null,
  warmth: null,
  queueMs: 0,
  coldMs: 0,
  tokens: 0,
  micros: 0,
};

/** The code asks for step n: from the journal when it is there, else as a new step. */
export function decideAsk(draft: RunDraft, ask: StepAsk): void {
  const known = draft.steps[ask.n];
  if (known === undefined) return beginStep(draft, ask);
  const complaint = compare(known, ask);
  if (complaint !== null) return draft.endFailed({ code: 'journal_mismatch', message: complaint });
  switch (known.status.kind) {
    case 'settled':
      return deliver(draft, known);
    case 'dropped':
      return;
    case 'waiting':
      return known.status.dueMs <= draft.nowMs ? retryDue(draft, known) : undefined;
    case 'running':
      return tryAfterCrash(draft, known);
    default:
      return known.status satisfies never;
  }
}

/** Text of a streaming step that is about to be shown. */
export function decideProgress(draft: RunDraft, ref: AttemptRef, { doing, total }: StepProgress): void {
  const step = current(draft, ref);
  if (step !== null) draft.log('step.progress', { step: step.n, attempt: step.attempt, doing, total });
}

export function decideText(draft: RunDraft, ref: AttemptRef, text: string): void {
  const step = current(draft, ref);
  if (step === null || text === '') return;
  draft.putStep({ ...step, shownChars: step.shownChars + text.length });
  for (const part of splitText(text.toWellFormed()))
    draft.log('text', { step: step.n, attempt: step.attempt, text: part }, part.length);
}

/** A model may say a megabyte at once; an entry of the log is a row. */
function splitText(text: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + EMIT_CHARS_MAX);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

export function decideSettle(
  draft: RunDraft,
  ref: AttemptRef,
  { end, measure }: { readonly end: AttemptEnd; readonly measure: StepMeasure },
): void {
  const step = current(draft, ref);
  if (step === null) return;
  const failures = step.failures + 1;
  if (end.ok || !end.retryable || failures >= step.attemptsMax) return settle(draft, step, end, measure);
  // What a failed attempt used is used.
  draft.advance({
    spent: addSpent(draft.progress.spent, { steps: 0, tokens: measure.tokens, micros: measure.micros }),
  });
  const chance = makeRng(
    Number.parseInt(hashText(`${draft.spec.id}/${step.n}/${failures}`).slice(0, 8), 16),
  )();
  const afterMs = retryDelayMs(failures, end.retryAfterMs, chance);
  draft.putStep({ ...step, failures, status: { kind: 'waiting', dueMs: draft.nowMs + afterMs } });
  const { code } = boundError(end.error);
  draft.log('step.retry', { step: step.n, attempt: step.attempt, code, after_ms: afterMs });
}

/** A waiting step whose time has come: the next attempt, or the end of a sleep. */
export function retryDue(draft: RunDraft, step: StepRecord): void {
  if (step.kind === 'sleep') return settle(draft, step, { ok: true, value: null }, nothingMeasured);
  tryAgain(draft, step, 'failed');
}

/** A branch was given up: its steps end, and their outcomes reach nobody. */
export function decideDrop(draft: RunDraft, steps: readonly number[]): void {
  const dropped: number[] = [];
  for (const n of steps) {
    const step = draft.steps[n];
    if (step === undefined || (step.status.kind !== 'running' && step.status.kind !== 'waiting')) continue;
    draft.putStep({ ...step, status: { kind: 'dropped', atMs: draft.nowMs } });
    dropped.push(n);
  }
  if (dropped.length > 0) draft.want({ kind: 'abort', steps: dropped });
}

function beginStep(draft: RunDraft, ask: StepAsk): void {
  const usedUp = findUsedUp(draft.spec.budget, draft.progress.spent);
  if (usedUp !== null) return draft.endIncomplete(`budget_${usedUp}`);
  draft.advance({ spent: addSpent(draft.progress.spent, { steps: 1, tokens: 0, micros: 0 }) });
  const { n, kind, name, hash, once, attemptsMax, seen, sleepMs } = ask;
  const { nowMs } = draft;
  const step: StepRecord = {
    n,
    kind,
    name,
    hash,
    once,
    attemptsMax: once ? 1 : attemptsMax,
    askedMs: nowMs,
    seen,
    attempt: 1,
    attemptMs: nowMs,
    failures: 0,
    shownChars: 0,
    status: sleepMs === null ? { kind: 'running' } : { kind: 'waiting', dueMs: nowMs + sleepMs },
  };
  draft.putStep(step);
  draft.log('step.started', { step: n, kind, name, attempt: 1 });
  if (sleepMs === null) draft.want({ kind: 'perform', n, attempt: 1 });
}

/** The object died while this step was being tried; nobody knows how far it came. */
function tryAfterCrash(draft: RunDraft, step: StepRecord): void {
  if (!step.once) return tryAgain(draft, step, 'interrupted');
  const message = `The run's object died while "${step.name}" was being tried; whether it happened is not known, and it is not tried twice.`;
  settle(draft, step, { ok: false, error: { code: 'step_indeterminate', message } }, nothingMeasured);
}

function tryAgain(draft: RunDraft, step: StepRecord, reason: 'failed' | 'interrupted'): void {
  const attempt = step.attempt + 1;
  draft.putStep({ ...step, attempt, attemptMs: draft.nowMs, shownChars: 0, status: { kind: 'running' } });
  // Whoever has seen the beginning of the last attempt must not take this one for its continuation.
  if (step.shownChars > 0) draft.log('segment', { step: step.n, attempt, reason });
  draft.log('step.started', { step: step.n, kind: step.kind, name: step.name, attempt });
  draft.want({ kind: 'perform', n: step.n, attempt });
}

function settle(
  draft: RunDraft,
  step: StepRecord,
  end:
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly error: { code: string; message: string } },
  measure: StepMeasure,
): void {
  const { progress, nowMs } = draft;
  const { outcome, chars } = boundOutcome(end);
  const order = progress.settled + 1;
  draft.advance({
    settled: order,
    barrenLives: 0,
    valueChars: progress.valueChars + chars,
    spent: addSpent(progress.spent, { steps: 0, tokens: measure.tokens, micros: measure.micros }),
  });
  const settled: StepRecord = { ...step, status: { kind: 'settled', order, outcome, atMs: nowMs, measure } };
  draft.putStep(settled);
  const ended = { step: step.n, ok: outcome.ok, ms: nowMs - step.askedMs, warmth: measure.warmth };
  draft.log('step.done', outcome.ok ? ended : { ...ended, code: outcome.error.code });
  if (progress.valueChars + chars > VALUES_CHARS_MAX) return draft.endIncomplete('values_too_large');
  deliver(draft, settled);
}

function deliver(draft: RunDraft, step: StepRecord): void {
  if (step.status.kind !== 'settled') return;
  const { order, outcome, atMs } = step.status;
  draft.want({ kind: 'deliver', n: step.n, order, outcome, atMs });
}

function boundOutcome(
  end:
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly error: { code: string; message: string } },
): { readonly outcome: StepOutcome; readonly chars: number } {
  if (!end.ok) {
    const error = boundError(end.error);
    return { outcome: { ok: false, error }, chars: error.message.length };
  }
  const text = stableText(end.value ?? null);
  if (text === null) return refuseValue('invalid_value', 'The step gave a value that JSON cannot hold.');
  if (text.length > VALUE_CHARS_MAX || exceedsBytes(text, VALUE_BYTES_MAX)) {
    const message = `The step gave ${text.length} characters, at most ${VALUE_CHARS_MAX} (or ${VALUE_BYTES_MAX} bytes) are kept.`;
    return refuseValue('value_too_large', message);
  }
  return { outcome: { ok: true, value: JSON.parse(text) }, chars: text.length };
}

/** A row and an entry of the log hold 2 MB, whatever an author throws. */
export function boundError({ code, message }: StepError): StepError {
  return {
    code: code.slice(0, CODE_CHARS_MAX).toWellFormed(),
    message: message.slice(0, MESSAGE_CHARS_MAX).toWellFormed(),
  };
}

function refuseValue(
  code: string,
  message: string,
): { readonly outcome: StepOutcome; readonly chars: number } {
  return { outcome: { ok: false, error: { code, message } }, chars: message.length };
}

function compare(known: StepRecord, ask: StepAsk): string | null {
  if (known.kind === ask.kind && known.name === ask.name && known.hash === ask.hash) return null;
  const was = `${known.kind} "${known.name}"`;
  const is = `${ask.kind} "${ask.name}"`;
  const what = was === is ? `${was} with another request` : `${is} where its journal has ${was}`;
  return `At step ${ask.n} the code asks for ${what}: the function has changed since the run began (raise its version), or does not behave the same twice (use ctx.now, ctx.random, ctx.step).`;
}

function current(draft: RunDraft, ref: AttemptRef): StepRecord | null {
  const step = draft.steps[ref.n];
  return step !== undefined && step.attempt === ref.attempt && step.status.kind === 'running' ? step : null;
}
