// What a pool's figures and windows follow from: prices, tier, what was measured, and what somebody asked for by name.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { buyCosts, gammaMax } from '../../../src/core/warming/exchange.ts';
import {
  brainPoolOf,
  canPark,
  figuresOf,
  restingWindows,
  retiredPool,
  withAskedWindows,
} from '../../../src/core/warming/brain-settings.ts';
import { skiWindows } from '../../../src/core/warming/idle-windows.ts';
import type { ModelVersion } from '../../../src/core/registry/model.ts';
import { makeBrainPool } from './brain-fixtures.ts';

function versionOf(patch: object = {}): ModelVersion {
  const version = { id: 'm@1', task: 'chat', launch: { kind: 'embedder' }, ...patch };
  const parsed = parseCatalogue(JSON.stringify({ versions: [version] }));
  const first = parsed.ok ? parsed.value.versions[0] : undefined;
  if (first === undefined) throw new Error('no version');
  return first;
}

const unmeasured = { loadMs: null, wakeMs: null };
const amount = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e9, noNaN: true }));
const anyPool = fc
  .record({
    hotMicrosPerSecond: amount,
    parkedMicrosPerSecond: amount,
    waitMicrosPerSecond: amount,
    loadGuessMs: fc.double({ min: 1e-3, max: 3_600_000, noNaN: true }),
    wakeGuessMs: fc.double({ min: 1e-3, max: 3_600_000, noNaN: true }),
    parking: fc.boolean(),
    hotIdleMs: fc.option(fc.nat(2_592_000_000)),
    parkedIdleMs: fc.option(fc.nat(2_592_000_000)),
  })
  .map(makeBrainPool);

describe('a pool of the brain', () => {
  test('is its version’s, with the wait that its tier is worth', () => {
    const pool = brainPoolOf(versionOf({ tier: 'premium', floor: 1 }), 'm@1~here', 10_000);
    expect(pool).toMatchObject({ pool: 'm@1~here', floor: 1, waitMicrosPerSecond: 50_000, hotIdleMs: null });
  });

  test('parks unless it is a foreign program, or asked not to', () => {
    expect(canPark(versionOf())).toBe(true);
    expect(canPark(versionOf({ parkedIdleMs: 5 }))).toBe(true);
    expect(canPark(versionOf({ parkedIdleMs: 0 }))).toBe(false);
    expect(canPark(versionOf({ launch: { kind: 'command', command: ['x'] } }))).toBe(false);
    const protocol = { kind: 'ollama', model: 'm' };
    expect(canPark(versionOf({ launch: { kind: 'command', command: ['x'], protocol } }))).toBe(true);
  });

  test('that is served no more keeps its name and is worth nothing', () => {
    const retired = retiredPool('m@1~here');
    expect(retired).toMatchObject({ pool: 'm@1~here', floor: 0, replicasMax: 0 });
    expect(figuresOf(retired, unmeasured)).toMatchObject({ gamma: 0, price: 0 });
  });
});

describe('its figures', () => {
  test('are guesses until something was measured, each alone', () => {
    const pool = makeBrainPool();
    expect(figuresOf(pool, unmeasured)).toMatchObject({ loadSeconds: 10, wakeSeconds: 1 });
    expect(figuresOf(pool, { loadMs: 3_000, wakeMs: null })).toMatchObject({
      loadSeconds: 3,
      wakeSeconds: 1,
    });
    expect(figuresOf(makeBrainPool({ parking: false }), unmeasured).wakeSeconds).toBeNull();
  });

  test('are numbers, whatever the prices, zero among them; a load that takes no time still counts', () => {
    const measured = fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }));
    fc.assert(
      fc.property(anyPool, measured, measured, (pool, loadMs, wakeMs) => {
        const figures = figuresOf(pool, { loadMs, wakeMs });
        const { hotSeconds, parkedSeconds } = buyCosts(figures);
        const { price = NaN, floor = NaN, wakeSeconds, ...rest } = figures;
        for (const value of [
          ...Object.values(rest),
          price,
          floor,
          wakeSeconds ?? 0,
          hotSeconds,
          parkedSeconds,
        ])
          expect(value).toSatisfy((each: number) => Number.isFinite(each) && each >= 0);
        expect(hotSeconds).toBeGreaterThan(0);
      }),
    );
  });

  test('price a second of waiting at what it is worth, also where a GPU costs nothing', () => {
    fc.assert(
      fc.property(anyPool, (pool) => {
        const { gamma, price = NaN } = figuresOf(pool, unmeasured);
        const { waitMicrosPerSecond: wait } = pool;
        expect(Math.abs(gamma * price - wait)).toBeLessThanOrEqual(1e-9 * wait);
        expect(gamma).toBeLessThanOrEqual(gammaMax);
      }),
    );
  });
});

describe('windows that were asked for', () => {
  test('are obeyed exactly and each alone; the other follows from the figures', () => {
    fc.assert(
      fc.property(anyPool, (pool) => {
        const derived = skiWindows(figuresOf(pool, unmeasured));
        const { hotMinMs, hotMaxMs, parkedMinMs, parkedMaxMs } = withAskedWindows(pool, derived);
        const { hotIdleMs, parkedIdleMs } = pool;
        expect([hotMinMs, hotMaxMs]).toEqual(
          hotIdleMs === null ? [derived.hotMinMs, derived.hotMaxMs] : [hotIdleMs, hotIdleMs],
        );
        expect([parkedMinMs, parkedMaxMs]).toEqual(
          parkedIdleMs === null ? [derived.parkedMinMs, derived.parkedMaxMs] : [parkedIdleMs, parkedIdleMs],
        );
      }),
    );
  });

  test('hold without a planner as well; those that nobody asked for are a day at most', () => {
    fc.assert(
      fc.property(anyPool, (pool) => {
        const resting = restingWindows(pool);
        expect(resting.hotIdleMs).toSatisfy((ms: number) => ms === pool.hotIdleMs || ms <= 86_400_000);
        expect(resting.parkedIdleMs).toSatisfy((ms: number) => ms === pool.parkedIdleMs || ms <= 86_400_000);
        if (pool.hotIdleMs !== null) expect(resting.hotIdleMs).toBe(pool.hotIdleMs);
        if (pool.parkedIdleMs !== null) expect(resting.parkedIdleMs).toBe(pool.parkedIdleMs);
      }),
    );
  });
});
