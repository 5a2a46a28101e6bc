// What an operator sees is what the brain decides by, and what it cost beside the best fixed keep-alive.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DemandReport } from '../../../src/core/pool/demand-report.ts';
import { retiredPool } from '../../../src/core/warming/brain-settings.ts';
import { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import { keepAliveSeconds } from '../../../src/core/warming/regret-meter.ts';
import { viewPlanner, viewWarmth } from '../../../src/core/warming/view-warmth.ts';
import type { WarmthView } from '../../../src/core/warming/warmth-view.ts';
import {
  makeBrain,
  makeBrainPool,
  makeReport,
  makeUsedBrain,
  monday,
  tickMs,
  visit,
} from './brain-fixtures.ts';
import { BrainStream, moves } from './brain-stream.ts';

const a = 'a@1~here';
const nowMs = monday + tickMs;

function viewOf(brain: PlannerBrain, atMs = nowMs): WarmthView {
  const view = viewWarmth(brain, a, atMs);
  if (view === null) throw new Error('no view');
  return view;
}

test('a pool that is not known has no view', () => {
  expect(viewWarmth(makeBrain(), 'gone@1~here', nowMs)).toBeNull();
});

test('a pool is shown with the plan that it would be told now, its figures, and its levels', () => {
  const brain = makeUsedBrain([{ floor: 1 }]);
  expect(viewOf(brain)).toMatchObject({
    pool: a,
    by: 'forecast',
    plan: brain.plan(a, nowMs),
    figures: { loadSeconds: 10, wakeSeconds: 1, parkedShare: 0.1, floor: 1 },
    levels: brain.explain(0, nowMs),
    cut: 0,
  });
});

test('a pool that is shown is asked for nothing', () => {
  const brain = makeUsedBrain([{ parking: false }]);
  expect(viewOf(brain).plan?.warmTo).toBe(1);
  expect(brain.pool(0).issued.starts).toBe(0);
});

describe('who decides', () => {
  test('are windows where they were asked for, whatever the forecast and its guard say', () => {
    const brain = makeUsedBrain([{ hotIdleMs: 60_000 }]);
    expect(viewOf(brain).by).toBe('windows');
    brain.warmer.model.hazard = () => NaN;
    expect(viewOf(brain).by).toBe('windows');
  });

  test('is the guard or nobody’s forecast, where it is so', () => {
    const brain = makeUsedBrain([{ waitMicrosPerSecond: 10_000 }]);
    brain.warmer.model.hazard = () => NaN;
    expect(viewOf(brain).by).toBe('broken');
    brain.hear(
      a,
      makeReport(nowMs, { speculation: { speculatedMs: 0, groundedMs: 1e12, useful: 0, wasted: 0 } }),
    );
    brain.tick(nowMs);
    expect(viewOf(brain).by).toBe('guard');
    expect(viewPlanner(brain, nowMs).guard).toMatchObject({ isTrusting: false, trips: 1 });
  });
});

describe('the week', () => {
  /** A pool without parking that is asked every five minutes for ten seconds, and pays for what a window of 600 s costs. */
  const regular = (paidShare: number): PlannerBrain => {
    const brain = makeBrain([{ parking: false, waitMicrosPerSecond: 10_000 }]);
    for (let at = 0; at < 50; at += 1) {
      const atMs = nowMs + at * 300_000;
      // The first replica loads for ten seconds; since then it has idled between the requests.
      const spentMs = 10_000 + paidShare * at * 290_000;
      const came = visit(atMs, atMs).slice(0, 2);
      brain.hear(a, makeReport(atMs, { busy: 1, events: came, ...(at === 0 ? nothing : booked(spentMs)) }));
      const left = visit(atMs + 5_000, atMs + 10_000).slice(2);
      brain.hear(a, makeReport(atMs + 10_000, { events: left, ...booked(spentMs) }));
    }
    return brain;
  };
  const booked = (groundedMs: number): Partial<DemandReport> => ({
    speculation: { speculatedMs: 0, groundedMs, useful: 2, wasted: 1 },
    levels: { colds: 1, waitMs: 10_000 },
  });
  const nothing = { ...booked(0), levels: { colds: 0, waitMs: 0 } };
  const endMs = nowMs + 49 * 300_000 + 10_000;

  test('is compared with the keep-alive that would have been cheapest, chosen afterwards', () => {
    const brain = regular(1);
    const bills = brain.pool(0).bills(endMs);
    const { regret } = viewOf(brain, endMs);
    const cheapest = Math.min(...bills.map(({ costSeconds }) => costSeconds));
    expect(regret.bestFixedMicros).toBe(Math.round(200 * cheapest));
    expect(regret.bestKeepAliveSeconds).toBe(300);
    expect(regret).toMatchObject({ coldsSuffered: 1, coldsOfBestFixed: 1, sinceMs: nowMs });
    expect(regret.savedMicros).toBe(regret.bestFixedMicros - regret.paidMicros);
  });

  test('saves what is paid less, and the account of all pools is the sum of theirs', () => {
    const [dear, cheap] = [regular(1), regular(0.5)];
    expect(viewOf(cheap, endMs).regret.savedMicros).toBeGreaterThan(viewOf(dear, endMs).regret.savedMicros);
    expect(viewPlanner(cheap, endMs).regret).toEqual(viewOf(cheap, endMs).regret);
  });

  test('begins at nothing on Monday, for what was paid and for what it is compared with', () => {
    const brain = regular(1);
    const { regret } = viewPlanner(brain, monday + 7 * 86_400_000);
    expect(regret).toMatchObject({ paidMicros: 0, bestFixedMicros: 0, savedMicros: 0, coldsSuffered: 0 });
  });

  test('leaves out pools that are served no more', () => {
    const snapshot = regular(1).snapshot();
    const brain = new PlannerBrain({
      pools: [retiredPool(a), makeBrainPool({ pool: 'b' })],
      tickMs,
      gpuBudget: null,
    });
    expect(brain.restore(snapshot)).toBe(true);
    expect(viewPlanner(brain, endMs).regret).toMatchObject({ paidMicros: 0, bestFixedMicros: 0 });
  });
});

test('before anything has come there is nothing to regret, since now', () => {
  const { regret, ticks, gpuBudget } = viewPlanner(makeBrain([{}], { gpuBudget: 4 }), nowMs);
  expect(regret).toMatchObject({ paidMicros: 0, savedMicros: 0, bestFixedMicros: 0, prewarmsUseful: 0 });
  expect([ticks, gpuBudget]).toEqual([0, 4]);
});

test('every number of a view survives JSON, whatever comes and whatever the prices', () => {
  const price = fc.constantFrom(0, 200, 1e9);
  fc.assert(
    fc.property(moves(2), price, price, (drawn, hotMicrosPerSecond, waitMicrosPerSecond) => {
      const brain = makeBrain([{ hotMicrosPerSecond, waitMicrosPerSecond }, {}]);
      const stream = new BrainStream(brain);
      stream.feedAll(drawn);
      for (const view of [viewOf(brain, stream.nowMs), viewPlanner(brain, stream.nowMs)]) {
        expect(JSON.parse(JSON.stringify(view))).toEqual(view);
        expect(keepAliveSeconds).toContain(view.regret.bestKeepAliveSeconds);
      }
    }),
  );
});
