// A run as its tenant sees it. Owns the wire form of a run and of its log entries; no decision. Pure.
import type { Json } from './json.ts';
import { deadlineMs } from './decide-run.ts';
import type { LogEntry, RunState, RunStatus } from './run-state.ts';

/** The JSON of `GET /v1/runs/{id}`, and of every answer that is a run. Times are epoch milliseconds. */
export interface RunView {
  readonly id: string;
  readonly object: 'function.run';
  readonly function: string;
  readonly version: number;
  readonly status: RunStatus['kind'];
  readonly output: Json;
  readonly draft: Json;
  readonly reason: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly parent: string | null;
  readonly created_ms: number;
  readonly deadline_ms: number;
  readonly ended_ms: number | null;
  readonly last_event: number;
  readonly usage: { readonly steps: number; readonly tokens: number; readonly cost_micros: number };
  readonly budget: {
    readonly steps: number;
    readonly tokens: number;
    readonly cost_micros: number;
    readonly total_ms: number;
  };
  readonly steps: readonly StepView[];
}

export interface StepView {
  readonly step: number;
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly attempt: number;
  readonly error: string | null;
  readonly ms: number | null;
}

export function viewRun({ spec, progress, steps }: RunState): RunView {
  const { status, spent } = progress;
  return {
    id: spec.id,
    object: 'function.run',
    function: spec.function,
    version: spec.version,
    status: status.kind,
    output: status.kind === 'completed' ? status.output : null,
    draft: status.kind === 'incomplete' ? status.draft : null,
    reason: status.kind === 'incomplete' ? status.reason : null,
    error: status.kind === 'failed' ? { code: status.error.code, message: status.error.message } : null,
    parent: spec.parent,
    created_ms: spec.createdMs,
    deadline_ms: deadlineMs(spec),
    ended_ms: progress.endedMs,
    last_event: progress.tailSeq,
    usage: { steps: spent.steps, tokens: spent.tokens, cost_micros: spent.micros },
    budget: {
      steps: spec.budget.steps,
      tokens: spec.budget.tokens,
      cost_micros: spec.budget.micros,
      total_ms: spec.budget.totalMs,
    },
    steps: steps.map(({ n, kind, name, status: each, attempt, askedMs }) => ({
      step: n,
      kind,
      name,
      status: each.kind,
      attempt,
      error: each.kind === 'settled' && !each.outcome.ok ? each.outcome.error.code : null,
      ms: each.kind === 'settled' ? each.atMs - askedMs : null,
    })),
  };
}

/** One server-sent event. JSON has no raw line breaks, so nothing in it can end the event or begin another. */
export function renderLogEntry({ seq, type, data }: LogEntry): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, ...data })}\n\n`;
}
