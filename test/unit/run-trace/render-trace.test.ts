import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTrace } from '../../../src/core/run-trace/make-trace.ts';
import { renderTrace } from '../../../src/core/run-trace/render-trace.ts';
import { aStep, anyTiming, play, type PlannedStep } from './planned-runs.ts';

const render = (...steps: readonly PlannedStep[]) => renderTrace(makeTrace(play({ steps, tailMs: 5 })));

describe('a trace as JSON', () => {
  test('the spans of the critical path lie end to end over the span of the run', () => {
    fc.assert(
      fc.property(anyTiming, (timing) => {
        const { spans, critical_path: path, totals } = renderTrace(makeTrace(timing));
        const byId = new Map(spans.map((span) => [span.id, span]));
        expect(byId.size).toBe(spans.length);
        const root = byId.get('run');
        let cursorMs = root?.start_ms ?? 0;
        for (const id of path) {
          const span = byId.get(id);
          expect(span).toMatchObject({ parent: 'run', start_ms: cursorMs, on_critical_path: true });
          cursorMs += span?.duration_ms ?? 0;
        }
        expect(cursorMs - (root?.start_ms ?? 0)).toBe(totals.end_to_end_ms);
      }),
    );
  });

  test('every span lies within its parent', () => {
    fc.assert(
      fc.property(anyTiming, (timing) => {
        const { spans } = renderTrace(makeTrace(timing));
        const byId = new Map(spans.map((span) => [span.id, span]));
        for (const { parent, start_ms: startMs, duration_ms: durationMs } of spans) {
          const above = parent === null ? undefined : byId.get(parent);
          expect(parent === null || above !== undefined).toBe(true);
          if (above === undefined) continue;
          expect(startMs).toBeGreaterThanOrEqual(above.start_ms);
          expect(startMs + durationMs).toBeLessThanOrEqual(above.start_ms + above.duration_ms);
        }
      }),
    );
  });

  test.each([
    [
      'chat',
      'chat name-0',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'name-0',
        'gen_ai.response.model': 'tiny-chat@1',
      },
    ],
    [
      'embed',
      'embeddings name-0',
      { 'gen_ai.operation.name': 'embeddings', 'gen_ai.request.model': 'name-0' },
    ],
    ['rerank', 'rerank name-0', { 'gen_ai.operation.name': 'rerank', 'gen_ai.request.model': 'name-0' }],
    [
      'search',
      'retrieval name-0',
      { 'gen_ai.operation.name': 'retrieval', 'gen_ai.data_source.id': 'name-0' },
    ],
    [
      'call',
      'invoke_workflow name-0',
      { 'gen_ai.operation.name': 'invoke_workflow', 'gen_ai.agent.name': 'name-0' },
    ],
    [
      'effect',
      'execute_tool name-0',
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'name-0' },
    ],
  ] as const)('a step of kind %s carries the names of the conventions', (kind, name, attributes) => {
    const span = render({ ...aStep, kind }).spans.find(({ id }) => id === 'step-0');
    expect(span).toMatchObject({ name, kind: 'step', attributes });
    expect(span?.attributes).toMatchObject({ 'pilotlight.pool': aStep.pool, 'pilotlight.warmth': 'hot' });
  });

  test('a sleep is no operation of a model', () => {
    const span = render({ ...aStep, kind: 'sleep' }).spans.find(({ id }) => id === 'step-0');
    expect(span?.name).toBe('sleep name-0');
    expect(Object.keys(span?.attributes ?? {}).filter((name) => name.startsWith('gen_ai'))).toEqual([]);
  });

  test('parts, totals, cold delay and culprit of a small run', () => {
    const trace = render(
      { ...aStep, coldMs: 400 },
      { ...aStep, needs: [0], codeMs: 10, queueMs: 20, routeMs: 2 },
    );
    expect(trace.object).toBe('function.run.trace');
    expect(trace.critical_path).toEqual(['step-0', 'code-1', 'step-1', 'code-3']);
    expect(trace.spans.map(({ id }) => id)).toEqual([
      'run',
      'code-1',
      'code-3',
      'step-0',
      'step-0.cold',
      'step-0.compute',
      'step-1',
      'step-1.route',
      'step-1.queue',
      'step-1.compute',
    ]);
    expect(trace.totals).toEqual({
      queue_ms: 20,
      cold_ms: 400,
      compute_ms: 200,
      code_ms: 17,
      end_to_end_ms: 637,
      retry_ms: 0,
      sleep_ms: 0,
      critical_path_ms: 620,
      overhead_ms: 17,
    });
    expect(trace.cold_by_pool).toEqual([
      { pool: 'tiny-chat@1~local', cold_ms: 400, critical_cold_ms: 400, steps: 1 },
    ]);
    expect(trace.culprit).toMatchObject({
      span: 'step-0',
      step: 0,
      part: 'cold',
      duration_ms: 500,
      part_ms: 400,
    });
  });
});
