// A trace as GET /v1/runs/{id}/trace answers it: spans with OpenTelemetry's names for generative AI (semantic-conventions-genai v0.1.0).
// The conventions have no name for reranking, sleeping and waiting: those carry names of our own. No prompt and no answer. Pure.
import type { StepTiming } from './run-timing.ts';
import type { Culprit, RunTrace, TracedStep, TracePart } from './run-trace.ts';

export interface SpanJson {
  readonly id: string;
  readonly parent: string | null;
  readonly name: string;
  readonly kind: 'run' | 'code' | 'step' | TracePart['kind'];
  /** Epoch milliseconds. */
  readonly start_ms: number;
  readonly duration_ms: number;
  readonly on_critical_path: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export interface CulpritJson {
  /** The span to look at; null when the time lay between steps. */
  readonly span: string | null;
  readonly step: number | null;
  readonly kind: string;
  readonly name: string | null;
  readonly pool: string | null;
  readonly part: Culprit['part'];
  readonly duration_ms: number;
  readonly part_ms: number;
  readonly share: number;
  readonly sentence: string;
}

export interface TraceJson {
  readonly id: string;
  readonly object: 'function.run.trace';
  readonly function: string;
  readonly status: string;
  readonly spans: readonly SpanJson[];
  /** Children of the run's span in time order, end to end: their lengths add up to its length. */
  readonly critical_path: readonly string[];
  readonly totals: {
    readonly queue_ms: number;
    readonly cold_ms: number;
    readonly compute_ms: number;
    readonly code_ms: number;
    readonly end_to_end_ms: number;
    readonly retry_ms: number;
    readonly sleep_ms: number;
    readonly critical_path_ms: number;
    readonly overhead_ms: number;
  };
  readonly cold_by_pool: readonly {
    readonly pool: string;
    readonly cold_ms: number;
    readonly critical_cold_ms: number;
    readonly steps: number;
  }[];
  readonly culprit: CulpritJson | null;
}

const rootId = 'run';

/** At most seven spans a step, and no run has more than a thousand steps: see run-budget.ts. */
export function renderTrace(trace: RunTrace): TraceJson {
  const { run, status, path, totals, coldByPool, culprit } = trace;
  const codeSpans = path.flatMap((entry, at) =>
    entry.kind === 'code' ? [renderCode(entry.startMs, entry.durationMs, at)] : [],
  );
  return {
    id: run,
    object: 'function.run.trace',
    function: trace.function,
    status,
    spans: [renderRoot(trace), ...codeSpans, ...trace.steps.flatMap(renderStep)],
    critical_path: path.map((entry, at) =>
      entry.kind === 'code' ? codeId(at) : stepId(entry.step.timing.n),
    ),
    totals: {
      queue_ms: totals.queueMs,
      cold_ms: totals.coldMs,
      compute_ms: totals.computeMs,
      code_ms: totals.codeMs,
      end_to_end_ms: totals.endToEndMs,
      retry_ms: totals.retryMs,
      sleep_ms: totals.sleepMs,
      critical_path_ms: totals.criticalPathMs,
      overhead_ms: totals.overheadMs,
    },
    cold_by_pool: coldByPool.map(({ pool, coldMs, criticalColdMs, steps }) => ({
      pool,
      cold_ms: coldMs,
      critical_cold_ms: criticalColdMs,
      steps,
    })),
    culprit: culprit === null ? null : renderCulprit(culprit),
  };
}

function renderRoot({ run, function: name, status, startMs, durationMs }: RunTrace): SpanJson {
  return {
    id: rootId,
    parent: null,
    name: `invoke_workflow ${name}`,
    kind: 'run',
    start_ms: startMs,
    duration_ms: durationMs,
    on_critical_path: true,
    attributes: {
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.provider.name': 'pilotlight',
      'gen_ai.agent.name': name,
      'pilotlight.run.id': run,
      'pilotlight.run.status': status,
    },
  };
}

function renderCode(startMs: number, durationMs: number, at: number): SpanJson {
  return {
    id: codeId(at),
    parent: rootId,
    name: 'code',
    kind: 'code',
    start_ms: startMs,
    duration_ms: durationMs,
    on_critical_path: true,
    attributes: {},
  };
}

function renderStep({ timing, startMs, durationMs, parts, isCritical }: TracedStep): readonly SpanJson[] {
  const id = stepId(timing.n);
  const step: SpanJson = {
    id,
    parent: rootId,
    name: `${operations[timing.kind]} ${timing.name}`,
    kind: 'step',
    start_ms: startMs,
    duration_ms: durationMs,
    on_critical_path: isCritical,
    attributes: { ...genAiAttributes(timing), ...ownAttributes(timing) },
  };
  const inside = parts.map((part): SpanJson => ({
    id: `${id}.${part.kind}`,
    parent: id,
    name: part.kind,
    kind: part.kind,
    start_ms: part.startMs,
    duration_ms: part.durationMs,
    on_critical_path: isCritical,
    attributes: timing.pool === null ? {} : { 'pilotlight.pool': timing.pool },
  }));
  return [step, ...inside];
}

const operations: Readonly<Record<StepTiming['kind'], string>> = {
  chat: 'chat',
  embed: 'embeddings',
  rerank: 'rerank',
  search: 'retrieval',
  call: 'invoke_workflow',
  effect: 'execute_tool',
  sleep: 'sleep',
};

function genAiAttributes({ kind, name, version }: StepTiming): SpanJson['attributes'] {
  if (kind === 'sleep') return {};
  const common = { 'gen_ai.operation.name': operations[kind], 'gen_ai.provider.name': 'pilotlight' };
  switch (kind) {
    case 'chat':
    case 'embed':
    case 'rerank':
      return {
        ...common,
        'gen_ai.request.model': name,
        ...(version === null ? {} : { 'gen_ai.response.model': version }),
      };
    case 'search':
      return { ...common, 'gen_ai.data_source.id': name };
    case 'call':
      return { ...common, 'gen_ai.agent.name': name };
    case 'effect':
      return { ...common, 'gen_ai.tool.name': name, 'gen_ai.tool.type': 'function' };
    default:
      return kind satisfies never;
  }
}

function ownAttributes({
  n,
  kind,
  name,
  status,
  attempts,
  warmth,
  pool,
}: StepTiming): SpanJson['attributes'] {
  return {
    'pilotlight.step': n,
    'pilotlight.step.kind': kind,
    'pilotlight.step.name': name,
    'pilotlight.step.status': status,
    'pilotlight.step.attempts': attempts,
    ...(warmth === null ? {} : { 'pilotlight.warmth': warmth }),
    ...(pool === null ? {} : { 'pilotlight.pool': pool }),
  };
}

function renderCulprit({ step, part, durationMs, partMs, share, sentence }: Culprit): CulpritJson {
  return {
    span: step === null ? null : stepId(step.n),
    step: step?.n ?? null,
    kind: step?.kind ?? 'code',
    name: step?.name ?? null,
    pool: step?.pool ?? null,
    part,
    duration_ms: durationMs,
    part_ms: partMs,
    share,
    sentence,
  };
}

function stepId(n: number): string {
  return `step-${n}`;
}

/** By its place on the path. */
function codeId(at: number): string {
  return `code-${at}`;
}
