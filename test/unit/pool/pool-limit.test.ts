// Fewer requests at once than there are slots, where the replicas show that they cannot do so many.
import { describe, expect, test } from 'vitest';
import {
  limitSlots,
  inFlightMax,
  noLimit,
  notePhases,
  type PoolLimit,
} from '../../../src/core/pool/pool-limit.ts';
import type { PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import { noPhases, type PhaseReport } from '../../../src/core/resilience/phase-meter.ts';
import { decide, effectsOf, makeReplica, makeState, t0 } from './pool-fixtures.ts';

const slots = 16;
const overMs = 2_000;

/** Two seconds in which so many were in flight, so many of them without a first token, and twenty first tokens a second came. */
function flow(inFlight: number, awaiting: number, firstMs: number, share = 1): PhaseReport {
  const firstTokens = 40 * share;
  return {
    ms: overMs,
    inFlightMs: inFlight * overMs * share,
    awaitingMs: awaiting * overMs * share,
    firstTokens,
    firstTokensMs: firstTokens * firstMs,
    gaps: 400 * share,
    gapsMs: 400 * share * 20,
    ended: firstTokens,
  };
}

const easy = flow(5, 1, 50);
/** Four are worked on; the others wait inside the server. */
const drowned = flow(16, 12, 600);

function after(reports: readonly PhaseReport[], isolates = 1): PoolLimit {
  let limit = limitSlots(noLimit, slots);
  reports.forEach((phases, at) => {
    for (let isolate = 0; isolate < isolates; isolate += 1)
      limit = notePhases(limit, { isolate: `i${isolate}`, phases }, t0 + at * overMs + isolate);
  });
  return limit;
}

const repeat = (phases: PhaseReport, times: number): readonly PhaseReport[] =>
  Array.from({ length: times }, () => phases);

describe('the limit', () => {
  test('is what is configured while nothing is known, and while there is room', () => {
    expect(inFlightMax(noLimit, 7)).toBe(7);
    expect(inFlightMax(after(repeat(easy, 20)), slots)).toBe(slots);
  });

  test('comes down to what the replicas work on when first tokens wait behind each other', () => {
    const limit = after([...repeat(easy, 5), ...repeat(drowned, 6)]);
    expect(inFlightMax(limit, slots)).toBeGreaterThanOrEqual(3);
    expect(inFlightMax(limit, slots)).toBeLessThanOrEqual(8);
  });

  test('stays for one bad moment, however bad, and for as many as there are while there was room for more', () => {
    const moments = [...repeat(easy, 5), drowned, ...repeat(easy, 3), drowned, easy];
    expect(inFlightMax(after(moments), slots)).toBe(slots);
    const slowWithRoom = flow(12, 8, 600);
    expect(inFlightMax(after([...repeat(easy, 5), ...repeat(slowWithRoom, 20)]), slots)).toBe(slots);
  });

  test('comes back within minutes where first tokens are slower than usual, though not plainly too late', () => {
    const shrunk = [...repeat(easy, 5), ...repeat(drowned, 6)];
    const slower = flow(8, 1.9, 95);
    expect(inFlightMax(after(shrunk), slots)).toBeLessThanOrEqual(8);
    expect(inFlightMax(after([...shrunk, ...repeat(slower, 90)]), slots)).toBeGreaterThanOrEqual(slots - 2);
  });

  test('is the same whether one isolate tells or several tell their parts', () => {
    const parts = (phases: PhaseReport): PhaseReport => ({
      ...noPhases,
      ...Object.fromEntries(Object.entries(phases).map(([name, value]) => [name, (value as number) / 4])),
      ms: overMs,
    });
    const whole = after([...repeat(easy, 5), ...repeat(drowned, 6)]);
    const split = after([...repeat(parts(easy), 5), ...repeat(parts(drowned), 6)], 4);
    expect(Math.abs(inFlightMax(split, slots) - inFlightMax(whole, slots))).toBeLessThanOrEqual(2);
  });

  test('does not move for what cannot be true', () => {
    const absurd = { ...drowned, firstTokensMs: Number.NaN };
    expect(after([...repeat(easy, 5), ...repeat(absurd, 9)]).limit).toEqual(after(repeat(easy, 5)).limit);
  });
});

test('a pool at its limit gives no more slots, though it has some', () => {
  const feed = (decision: PoolDecision, phases: PhaseReport, at: number): PoolDecision =>
    decide(
      { ...decision.state, reconcileDueMs: t0 + 99_000 },
      { kind: 'reports', reports: [], flow: { isolate: 'i', phases } },
      { atMs: t0 + at * overMs, settings },
    );
  const settings = { slots, replicasMax: 1, queueMax: 20, hotIdleMs: 600_000 };
  const hot = decide(makeState([makeReplica('hot')]), { kind: 'woke' }, { settings });
  const limited = [...repeat(easy, 5), ...repeat(drowned, 6)].reduce(feed, hot);
  let { state } = limited;
  let granted = 0;
  for (let asked = 0; asked < slots; asked += 1) {
    const waiter = { id: `q${asked}`, tenant: 'a', deadlineMs: t0 + 99_000 };
    const decision = decide(state, { kind: 'acquire', waiter }, { atMs: t0 + 30_000, settings });
    granted += effectsOf(decision, 'grant').length;
    ({ state } = decision);
  }
  expect(granted).toBe(inFlightMax(limited.state.limit, slots));
  expect(granted).toBeLessThan(slots / 2);
});
