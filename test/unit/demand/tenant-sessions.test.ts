// Who is here: tenants who just used a pool, tenants who may come over, and how many are remembered.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sessionGapMs, sessionMsMax, SessionHazard } from '../../../src/core/demand/session-hazard.ts';
import { tenantsMax, TenantSessions } from '../../../src/core/demand/tenant-sessions.ts';
import { throughJson } from './demand-stream.ts';

const beginMs = 1e9;
const fresh = new SessionHazard();

test('a tenant who has just come is likely to come again, the less the longer nothing comes', () => {
  const tenants = new TenantSessions(2);
  tenants.arrive(1, 0, beginMs);
  const stay = [0, 60_000, 3_600_000, sessionMsMax - 1].map((passed) => {
    tenants.measure(beginMs + passed);
    return tenants.stay(0);
  });
  expect(stay[1]).toBe(fresh.perSecond(60_000, 1));
  expect(stay).toEqual(stay.toSorted((a, b) => b - a));
  expect(tenants.stay(1)).toBe(0);
  tenants.measure(beginMs + sessionMsMax);
  expect(tenants.stay(0)).toBe(0);
});

test('one who comes every 60 s teaches that a minute after a request the next one is due', () => {
  const tenants = new TenantSessions(1);
  const before = fresh.perSecond(58_000, 9);
  for (let n = 0; n < 200; n += 1) tenants.arrive(1, 0, beginMs + n * 60_000);
  tenants.measure(beginMs + 199 * 60_000 + 58_000);
  expect(tenants.stay(0)).toBeGreaterThan(3 * before);
  tenants.measure(beginMs + 199 * 60_000 + 20_000);
  expect(tenants.stay(0)).toBeLessThan(fresh.perSecond(20_000, 9));
});

test('those who may come over are shared out whole: the pools together get the hazard of crossing', () => {
  const visits = fc.array(fc.tuple(fc.nat(3), fc.nat(4), fc.integer({ min: 0, max: 600_000 })), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(visits, (told) => {
      const tenants = new TenantSessions(5);
      let nowMs = beginMs;
      const last = new Map<number, { atMs: number; length: number }>();
      for (const [id, pool, pauseMs] of told) {
        nowMs += pauseMs;
        tenants.arrive(id, pool, nowMs);
        const before = last.get(id);
        const goesOn = before !== undefined && nowMs - before.atMs <= sessionGapMs;
        last.set(id, { atMs: nowMs, length: goesOn ? before.length + 1 : 1 });
      }
      tenants.measure(nowMs);
      const { cross } = tenants.snapshot();
      const hazard = new SessionHazard();
      hazard.restore(cross);
      const isOnePool = new Set(told.map(([, pool]) => pool)).size === 1;
      const expected = [...last.values()].reduce(
        (sum, { atMs, length }) => sum + hazard.perSecond(nowMs - atMs, length),
        0,
      );
      const got = [0, 1, 2, 3, 4].reduce((sum, pool) => sum + tenants.cross(pool), 0);
      expect(got).toBeCloseTo(isOnePool ? 0 : expected, 9);
    }),
  );
});

test('one who is elsewhere comes over to the pool it used before, rather than to any other', () => {
  const tenants = new TenantSessions(3);
  for (let n = 0; n < 8; n += 1) tenants.arrive(9, 2, beginMs - 10 * sessionMsMax + n);
  tenants.arrive(1, 0, beginMs);
  tenants.arrive(1, 1, beginMs + 60_000);
  tenants.measure(beginMs + 61_000);
  // One visit of its own against a share of 1/10 and 8/10 of the four that any pool gets, of 1 + 4 x 9/10 in all.
  const hazard = new SessionHazard();
  hazard.restore(tenants.snapshot().cross);
  const each = hazard.perSecond(1_000, 2) / (1 + 4 * 0.9);
  expect(tenants.cross(0)).toBeCloseTo(each * (1 + 4 / 10), 12);
  expect(tenants.cross(2)).toBeCloseTo((each * 4 * 8) / 10, 12);
  expect(tenants.cross(1)).toBeCloseTo(0, 12);
});

test('a pause of more than half an hour begins a new session', () => {
  const tenants = new TenantSessions(1);
  for (const at of [0, 1_000, 2_000, 2_000 + 1_800_001]) tenants.arrive(1, 0, beginMs + at);
  const lengths = tenants.snapshot().tenants.map((row) => row[3]);
  expect(lengths).toEqual([1]);
});

test('only the end of a tick learns that sessions are over; to measure is to look', () => {
  const [looked, left] = [new TenantSessions(1), new TenantSessions(1)];
  for (const tenants of [looked, left]) tenants.arrive(1, 0, beginMs);
  const before = looked.snapshot();
  looked.measure(beginMs + sessionMsMax + 1);
  expect(looked.snapshot()).toEqual(before);
  for (const tenants of [looked, left]) tenants.endSessions(beginMs + sessionMsMax + 1);
  expect(looked.snapshot()).toEqual(left.snapshot());
  expect(looked.snapshot().stay).not.toEqual(before.stay);
  expect(looked.snapshot().tenants[0]?.[5]).toBe(0);
});

test('who comes at the very moment that was measured counts when it is measured again', () => {
  const tenants = new TenantSessions(2);
  tenants.measure(beginMs);
  tenants.arrive(1, 1, beginMs);
  tenants.measure(beginMs);
  expect([tenants.stay(0), tenants.stay(1)]).toEqual([0, fresh.perSecond(0, 1)]);
});

test('pools report one after the other: what comes late makes no pause that is negative', () => {
  const tenants = new TenantSessions(2);
  tenants.arrive(1, 0, beginMs + 50_000);
  tenants.arrive(1, 1, beginMs);
  tenants.measure(beginMs + 60_000);
  const { stay, cross, tenants: rows } = tenants.snapshot();
  for (const table of [stay, cross])
    expect(table.exposureSeconds).toEqual(new SessionHazard().snapshot().exposureSeconds);
  expect(rows[0]?.[1]).toBe(beginMs + 50_000);
});

describe('memory', () => {
  test('the tenant who was away longest is forgotten first, and never more than the bound are kept', () => {
    const tenants = new TenantSessions(1);
    for (let id = 0; id < tenantsMax; id += 1) tenants.arrive(id, 0, beginMs + id);
    tenants.arrive(0, 0, beginMs + tenantsMax);
    for (let id = 0; id < 10; id += 1) tenants.arrive(100_000 + id, 0, beginMs + tenantsMax + 1 + id);
    const ids = new Set(tenants.snapshot().tenants.map(([id]) => id));
    expect(ids.size).toBe(tenantsMax);
    expect([0, 11, 100_009].every((id) => ids.has(id))).toBe(true);
    expect([1, 5, 10].some((id) => ids.has(id))).toBe(false);
  });

  test('of one tenant eight pools are remembered, those used last', () => {
    const tenants = new TenantSessions(20);
    for (let pool = 0; pool < 20; pool += 1) tenants.arrive(1, pool, beginMs + pool * 1_000);
    const [row] = tenants.snapshot().tenants;
    expect(row?.[6].map(([pool]) => pool)).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test('more pools make room and keep what is known', () => {
    const tenants = new TenantSessions(1);
    tenants.arrive(1, 0, beginMs);
    tenants.grow(3);
    tenants.arrive(1, 2, beginMs + 1_000);
    tenants.measure(beginMs + 2_000);
    expect(tenants.stay(0) > 0 && tenants.stay(2) > 0 && tenants.cross(0) > 0).toBe(true);
  });
});

describe('a snapshot', () => {
  const events = fc.array(
    fc.tuple(fc.nat(6), fc.nat(2), fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(sessionMsMax))),
    { maxLength: 60 },
  );

  test('through JSON measures and learns on as the original, event by event', () => {
    fc.assert(
      fc.property(events, events, (before, after) => {
        const original = new TenantSessions(3);
        let nowMs = beginMs;
        const feed = (
          all: readonly TenantSessions[],
          [id, pool, pauseMs]: readonly [number, number, number],
        ): void => {
          nowMs += pauseMs;
          for (const tenants of all) {
            tenants.arrive(id, pool, nowMs);
            tenants.endSessions(nowMs + 60_000);
            tenants.measure(nowMs + 60_000);
          }
        };
        for (const event of before) feed([original], event);
        const copy = new TenantSessions(0);
        expect(copy.restore(throughJson(original.snapshot()))).toBe(true);
        for (const event of after) {
          feed([original, copy], event);
          for (const pool of [0, 1, 2])
            expect([copy.stay(pool), copy.cross(pool)]).toEqual([original.stay(pool), original.cross(pool)]);
        }
        expect(copy.snapshot()).toEqual(original.snapshot());
      }),
    );
  });

  test('that knows fewer pools leaves the others without a share', () => {
    const wide = new TenantSessions(3);
    wide.arrive(1, 2, beginMs);
    const narrow = new TenantSessions(1);
    narrow.arrive(2, 0, beginMs);
    expect(wide.restore(narrow.snapshot())).toBe(true);
    expect(wide.snapshot().share).toEqual([1, 0, 0]);
  });

  const told = new TenantSessions(2);
  told.arrive(1, 0, beginMs);
  told.arrive(1, 1, beginMs + 9_000);
  const sound = told.snapshot();
  const rowOf = (lastMs: number, visits: readonly (readonly number[])[]): (typeof sound.tenants)[number] => [
    2,
    lastMs,
    0,
    1,
    1,
    1,
    visits,
  ];
  const nine = Array.from({ length: 9 }, (_, pool) => [pool, 1, beginMs, 1]);
  test.each([
    ['other sizes', { ...sound, stay: { events: [], exposureSeconds: [] } }],
    ['NaN in a share', { ...sound, share: [Number.NaN, 1] }],
    ['a negative share', { ...sound, share: [-1, 1] }],
    ['NaN in a tenant', { ...sound, tenants: [rowOf(Number.NaN, [])] }],
    ['NaN in a visit', { ...sound, tenants: [rowOf(beginMs, [[0, Number.NaN]])] }],
    ['too many visits', { ...sound, tenants: [rowOf(beginMs, nine)] }],
    [
      'too many tenants',
      { ...sound, tenants: Array.from({ length: tenantsMax + 1 }, () => rowOf(beginMs, [])) },
    ],
  ])('of %s is refused, and what was known stays', (_, snapshot) => {
    const tenants = new TenantSessions(2);
    expect(tenants.restore(sound)).toBe(true);
    expect(tenants.restore(throughJson(snapshot))).toBe(false);
    expect(tenants.snapshot()).toEqual(sound);
  });
});
