// A trace as rows of bars: what lies where, in percent of the run's length. No drawing. Pure.
import type { SpanJson, TraceJson } from '../core/run-trace/render-trace.ts';

export type BarKind = Exclude<SpanJson['kind'], 'run' | 'step'>;

export interface Bar {
  readonly kind: BarKind;
  readonly durationMs: number;
  readonly startPercent: number;
  readonly lengthPercent: number;
}

export interface WaterfallRow {
  readonly id: string;
  readonly n: number;
  readonly kind: string;
  readonly name: string;
  /** From the run's start. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly startPercent: number;
  readonly lengthPercent: number;
  readonly bars: readonly Bar[];
  readonly isCritical: boolean;
  readonly status: string;
  readonly attempts: number;
  readonly warmth: string | null;
  readonly pool: string | null;
  readonly version: string | null;
}

export interface Waterfall {
  readonly durationMs: number;
  /** The critical path as one row: where the time between start and end went. */
  readonly path: readonly Bar[];
  readonly rows: readonly WaterfallRow[];
  /** Steps beyond what the page draws. */
  readonly hidden: number;
}

/** Rows that a person still reads; the trace itself has all of them. */
export const rowsMax = 200;

export function layOutWaterfall(trace: TraceJson): Waterfall {
  const root = trace.spans.find(({ kind }) => kind === 'run');
  const durationMs = root?.duration_ms ?? 0;
  const place = placer(root?.start_ms ?? 0, durationMs);
  const inside = new Map<string, SpanJson[]>();
  for (const span of trace.spans) {
    if (span.parent === null) continue;
    const known = inside.get(span.parent);
    if (known === undefined) inside.set(span.parent, [span]);
    else known.push(span);
  }
  const byId = new Map(trace.spans.map((span) => [span.id, span]));
  const barsOf = (span: SpanJson): readonly Bar[] =>
    [span, ...(inside.get(span.id) ?? [])].flatMap((each) => toBar(each, place));
  const path = trace.critical_path.flatMap((id) => {
    const span = byId.get(id);
    return span === undefined ? [] : barsOf(span);
  });
  const steps = trace.spans.filter(({ kind }) => kind === 'step');
  const rows = steps.slice(0, rowsMax).map((span) => toRow(span, barsOf(span), place));
  return { durationMs, path, rows, hidden: steps.length - rows.length };
}

type Place = (span: SpanJson) => Pick<WaterfallRow, 'startMs' | 'startPercent' | 'lengthPercent'>;

function placer(originMs: number, wholeMs: number): Place {
  const percent = (ms: number): number => (wholeMs === 0 ? 0 : (100 * ms) / wholeMs);
  return ({ start_ms: startMs, duration_ms: durationMs }) => ({
    startMs: startMs - originMs,
    startPercent: percent(startMs - originMs),
    lengthPercent: percent(durationMs),
  });
}

function toBar(span: SpanJson, place: Place): readonly Bar[] {
  const { kind } = span;
  if (kind === 'run' || kind === 'step') return [];
  const { startPercent, lengthPercent } = place(span);
  return [{ kind, durationMs: span.duration_ms, startPercent, lengthPercent }];
}

function toRow(span: SpanJson, bars: readonly Bar[], place: Place): WaterfallRow {
  const text = (name: string): string | null => {
    const value = span.attributes[name];
    return value === undefined ? null : String(value);
  };
  return {
    id: span.id,
    n: Number(span.attributes['pilotlight.step'] ?? 0),
    kind: text('pilotlight.step.kind') ?? '',
    name: text('pilotlight.step.name') ?? span.name,
    durationMs: span.duration_ms,
    ...place(span),
    bars,
    isCritical: span.on_critical_path,
    status: text('pilotlight.step.status') ?? '',
    attempts: Number(span.attributes['pilotlight.step.attempts'] ?? 1),
    warmth: text('pilotlight.warmth'),
    pool: text('pilotlight.pool'),
    version: text('gen_ai.response.model'),
  };
}

export const barWords: Readonly<Record<BarKind, string>> = {
  code: 'code',
  route: 'routing',
  retry: 'failed tries',
  queue: 'queue',
  cold: 'cold start',
  compute: 'computing',
  sleep: 'asleep',
};

/** What people need to tell apart; the rest is shades of these. */
export const legend: readonly BarKind[] = ['queue', 'cold', 'compute', 'code', 'retry', 'sleep'];
