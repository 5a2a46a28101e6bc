import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTrace } from '../../../src/core/run-trace/make-trace.ts';
import { renderTrace } from '../../../src/core/run-trace/render-trace.ts';
import { layOutWaterfall, rowsMax } from '../../../src/dashboard/waterfall-rows.ts';
import { aStep, anyTiming, play, somePlan } from '../run-trace/planned-runs.ts';

describe('a trace as a waterfall', () => {
  test('every bar lies within the room', () => {
    fc.assert(
      fc.property(anyTiming, (timing) => {
        const { path, rows } = layOutWaterfall(renderTrace(makeTrace(timing)));
        for (const { startPercent, lengthPercent } of [
          ...path,
          ...rows,
          ...rows.flatMap(({ bars }) => bars),
        ]) {
          expect(startPercent).toBeGreaterThanOrEqual(0);
          expect(startPercent + lengthPercent).toBeLessThanOrEqual(100 + 1e-6);
        }
      }),
    );
  });

  test('the bars of the critical path fill the room without a gap, and those of a step fill the step', () => {
    fc.assert(
      fc.property(somePlan, (plan) => {
        const { path, rows, durationMs } = layOutWaterfall(renderTrace(makeTrace(play(plan))));
        const sum = (bars: readonly { readonly durationMs: number }[]): number =>
          bars.reduce((total, bar) => total + bar.durationMs, 0);
        expect(sum(path)).toBe(durationMs);
        for (const row of rows) expect(sum(row.bars)).toBe(row.durationMs);
        let atPercent = 0;
        for (const bar of path) {
          expect(bar.startPercent).toBeCloseTo(atPercent, 6);
          atPercent += bar.lengthPercent;
        }
        expect(atPercent).toBeCloseTo(100, 6);
      }),
    );
  });

  test('a row says what is needed to find the step: its number, kind, name, tries, pool and place', () => {
    const steps = [aStep, { ...aStep, needs: [0], retryMs: 300, coldMs: 100 }];
    const { rows } = layOutWaterfall(renderTrace(makeTrace(play({ steps, tailMs: 0 }))));
    expect(rows[1]).toMatchObject({
      id: 'step-1',
      n: 1,
      kind: 'chat',
      name: 'name-1',
      startMs: 100,
      durationMs: 500,
      attempts: 2,
      pool: 'tiny-chat@1~local',
      version: 'tiny-chat@1',
      warmth: 'cold',
      status: 'done',
      isCritical: true,
      startPercent: (100 * 100) / 600,
    });
    expect(rows[1]?.bars.map(({ kind, durationMs }) => [kind, durationMs])).toEqual([
      ['retry', 300],
      ['cold', 100],
      ['compute', 100],
    ]);
  });

  test('a run of very many steps is drawn up to a bound, and says what is left out', () => {
    const steps = Array.from({ length: rowsMax + 3 }, () => aStep);
    const { rows, hidden } = layOutWaterfall(renderTrace(makeTrace(play({ steps, tailMs: 0 }))));
    expect(rows.length).toBe(rowsMax);
    expect(hidden).toBe(3);
  });

  test('a run that has taken no time yet has bars without length', () => {
    const { rows, durationMs } = layOutWaterfall(
      renderTrace(makeTrace(play({ steps: [{ ...aStep, computeMs: 0 }], tailMs: 0 }))),
    );
    expect(durationMs).toBe(0);
    expect(rows).toMatchObject([{ startPercent: 0, lengthPercent: 0, bars: [] }]);
  });
});
