// What the brain makes of one pool's reports: what was paid since it first heard of it, this week, and never twice.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrainPoolState, type BrainPoolSnapshot } from '../../../src/core/warming/brain-pool.ts';
import type { DemandReport } from '../../../src/core/pool/demand-report.ts';
import { makeBrainPool, makeReport, monday } from './brain-fixtures.ts';

const dayMs = 86_400_000;
const config = makeBrainPool({ waitMicrosPerSecond: 10_000 });

/** A report `seconds` after Monday with these sums. */
function sums(
  seconds: number,
  { grounded = 0, speculated = 0, waited = 0, colds = 0 },
  patch: Partial<DemandReport> = {},
): DemandReport {
  return makeReport(monday + seconds * 1_000, {
    speculation: { groundedMs: grounded * 1_000, speculatedMs: speculated * 1_000, useful: 0, wasted: 0 },
    levels: { colds, waitMs: waited * 1_000 },
    ...patch,
  });
}

describe('what a pool has paid', () => {
  test('counts from the first report on: what was paid before is nobody’s here', () => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(1, { grounded: 500, waited: 9, colds: 3 }));
    expect([pool.paidMicros, pool.week(monday + 1_000)]).toEqual([
      0,
      { paidMicros: 0, colds: 0, useful: 0, wasted: 0 },
    ]);
    pool.hear(sums(2, { grounded: 510, speculated: 1, waited: 10, colds: 4 }));
    expect(pool.paidMicros).toBe(11 * 200 + 10_000);
    expect(pool.week(monday + 2_000)).toMatchObject({ paidMicros: 12_200, colds: 1 });
  });

  test('does not count twice what moves from one side of the books to the other', () => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(1, { speculated: 100 }));
    pool.hear(sums(2, { grounded: 101 }));
    expect(pool.paidMicros).toBe(200);
  });

  test('never shrinks, whatever is reported, and repeated reports add nothing', () => {
    const amount = fc.nat(1_000);
    fc.assert(
      fc.property(fc.array(fc.record({ grounded: amount, speculated: amount, waited: amount })), (rows) => {
        const pool = new BrainPoolState(config);
        let before = 0;
        for (const [at, row] of rows.entries()) {
          pool.hear(sums(at, row));
          expect(pool.paidMicros).toBeGreaterThanOrEqual(before);
          before = pool.paidMicros;
          pool.hear(sums(at, row));
          expect(pool.paidMicros).toBe(before);
        }
      }),
    );
  });

  test('goes on where its books begin anew, whether they hold less or more than at the beginning', () => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(1, { grounded: 1 }));
    pool.hear(sums(2, { grounded: 1_000 }));
    pool.hear(sums(3, { grounded: 50 }));
    expect(pool.paidMicros).toBe((999 + 50) * 200);
  });
});

describe('a week', () => {
  test('that begins is counted from nothing, also when nobody has reported since', () => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(1, {}));
    pool.hear(sums(2, { grounded: 5, colds: 2 }));
    const nextMonday = monday + 7 * dayMs;
    expect(pool.week(nextMonday - 1)).toMatchObject({ paidMicros: 1_000, colds: 2 });
    expect(pool.week(nextMonday)).toMatchObject({ paidMicros: 0, colds: 0 });
    pool.hear(sums(7 * 86_400 + 60, { grounded: 6, colds: 3 }));
    expect(pool.week(nextMonday + 60_000)).toMatchObject({ paidMicros: 200, colds: 1 });
    expect(pool.paidMicros).toBe(1_200);
  });
});

describe('a report', () => {
  test('that a newer one has overtaken is not heard', () => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(5, { grounded: 9 }, { hot: 1, loadMs: 4_000 }));
    expect(pool.hear(sums(4, { grounded: 3 }, { hot: 0, loadMs: 9_000 }))).toBe('stale');
    expect(pool.report?.hot).toBe(1);
    expect(pool.figures.loadSeconds).toBe(4);
  });

  test('of a new measurement changes the figures and says so', () => {
    const pool = new BrainPoolState(config);
    expect(pool.hear(sums(1, {}, { loadMs: null, wakeMs: null }))).toBe('news');
    expect(pool.figures).toMatchObject({ loadSeconds: 10, wakeSeconds: 1 });
    expect(pool.hear(sums(2, {}, { loadMs: 30_000, wakeMs: null }))).toBe('measured');
    expect(pool.figures).toMatchObject({ loadSeconds: 30, wakeSeconds: 1 });
    expect(pool.hear(sums(3, {}, { loadMs: 30_000, wakeMs: null }))).toBe('news');
  });

  test('of an object that was built anew and has no events yet does not set back what was heard', () => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(1, {}, { seq: 77 }));
    pool.hear(sums(2, {}, { seq: 0 }));
    expect(pool.heardSeq).toBe(77);
  });
});

describe('a state that was written down', () => {
  const written = (): BrainPoolState => {
    const pool = new BrainPoolState(config);
    pool.hear(sums(1, { grounded: 1 }, { seq: 3 }));
    pool.hear(sums(2, { grounded: 9, speculated: 4, waited: 2, colds: 1 }, { seq: 9 }));
    return pool;
  };
  const copyOf = (pool: BrainPoolState): BrainPoolSnapshot =>
    JSON.parse(JSON.stringify(pool.snapshot())) as BrainPoolSnapshot;

  test('goes on as if it had not been', () => {
    const pool = written();
    const again = new BrainPoolState(config);
    expect(again.restore(copyOf(pool))).toBe(true);
    for (const each of [pool, again]) each.hear(sums(3, { grounded: 20, speculated: 4, waited: 2 }));
    expect(again.snapshot()).toEqual(pool.snapshot());
    expect(again.spent).toEqual(pool.spent);
  });

  test.each(['heardSeq', 'paidMicros', 'week', 'books', 'regret'] as const)(
    'without a number in %s is not taken',
    (field) => {
      const broken = {
        ...copyOf(written()),
        [field]: field === 'regret' ? { bills: [] } : { paidMicros: null },
      };
      expect(new BrainPoolState(config).restore(broken as unknown as BrainPoolSnapshot)).toBe(false);
    },
  );

  test('knows when its prices are others than now', () => {
    const snapshot = copyOf(written());
    expect(new BrainPoolState(config).isRepriced(snapshot)).toBe(false);
    for (const patch of [{ hotMicrosPerSecond: 1 }, { waitMicrosPerSecond: 1 }, { floor: 1 }])
      expect(new BrainPoolState({ ...config, ...patch }).isRepriced(snapshot)).toBe(true);
  });
});
