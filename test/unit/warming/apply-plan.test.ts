// What a plan means for the replicas that there are: floors hold, windows are exact, nothing is put away to be brought up again.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPlan, type WarmthNow, type WarmthStep } from '../../../src/core/warming/apply-plan.ts';
import { farMs, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';

const nowMs = 1_000_000;
const base: WarmthNow = {
  nowMs,
  plan: null,
  windows: { hotIdleMs: 60_000, parkedIdleMs: 300_000 },
  floor: 0,
  need: 0,
  expected: { warm: 0, keep: 0 },
  most: 8,
  room: 8,
  parks: true,
  busy: 0,
  idleMs: [],
  coming: 0,
  parkedMs: [],
  parking: 0,
  preparking: 0,
};

function planOf(patch: Partial<WarmthPlan>): WarmthPlan {
  return {
    keepHot: 0,
    warmTo: 0,
    keepParked: 0,
    parkTo: 0,
    hotMinMs: 10_000,
    hotMaxMs: 100_000,
    parkedMinMs: 20_000,
    parkedMaxMs: 200_000,
    untilMs: nowMs + 500_000,
    because: '',
    terms: [],
    ...patch,
  };
}

const step = (patch: Partial<WarmthNow>, plan?: Partial<WarmthPlan>): WarmthStep =>
  applyPlan({ ...base, ...(plan !== undefined && { plan: planOf(plan) }), ...patch });
const idle = (...idleMs: number[]): Partial<WarmthNow> => ({ idleMs });
const parked = (...parkedMs: number[]): Partial<WarmthNow> => ({ parkedMs });

describe('an idle replica is put away', () => {
  test.each<[string, Partial<WarmthNow>, Partial<WarmthPlan> | undefined, number]>([
    ['at its window, without a plan', idle(60_000, 59_999), undefined, 1],
    ['at its window, when the plan is over', idle(60_000), { untilMs: nowMs, keepHot: 9 }, 1],
    ['at the shorter window of the plan', idle(10_000, 9_999), {}, 1],
    ['not while the plan keeps it', idle(99_999), { keepHot: 1 }, 0],
    ['where there are more than the plan keeps, the longest idle', idle(50_000, 50_000), { keepHot: 1 }, 1],
    ['not of those that busy ones make up', { ...idle(50_000), busy: 2 }, { keepHot: 3 }, 0],
    ['at the longer window whatever the plan keeps', idle(100_000, 99_999), { keepHot: 5 }, 1],
    ['not even then below the floor', { ...idle(farMs, farMs), floor: 2 }, { keepHot: 2 }, 0],
    ['not even then below the need', { ...idle(farMs), busy: 1, need: 2 }, {}, 0],
    ['not even then where the plan would bring it up again', idle(farMs), { keepHot: 1, warmTo: 1 }, 0],
    ['not before the shorter window, even past the longer one', idle(9_999), { hotMaxMs: 0 }, 0],
    ['not for one that still comes', { ...idle(farMs), coming: 1, floor: 1 }, {}, 0],
    ['beyond the most that a pool may have', { ...idle(60_000, 60_000), most: 1 }, { keepHot: 9 }, 1],
  ])('%s', (_, now, plan, putAway) => {
    expect(step(now, plan).putAway).toBe(putAway);
  });
});

describe('a parked replica is stopped', () => {
  test.each<[string, Partial<WarmthNow>, Partial<WarmthPlan> | undefined, number]>([
    ['at its window, without a plan', parked(300_000, 299_999), undefined, 1],
    ['at the shorter window of the plan', parked(20_000, 19_999), {}, 1],
    ['not while the plan keeps it', parked(199_999), { keepParked: 1 }, 0],
    ['where hot ones make up what the plan keeps', { ...parked(20_000), busy: 1 }, { keepParked: 1 }, 1],
    ['at the longer window whatever the plan keeps', parked(200_000), { keepParked: 1 }, 1],
    ['not where the plan would start it again', parked(farMs), { keepParked: 1, parkTo: 1 }, 0],
    ['not when it is woken instead', { ...parked(farMs), need: 1 }, {}, 0],
  ])('%s', (_, now, plan, stopParked) => {
    expect(step(now, plan).stopParked).toBe(stopParked);
  });
});

describe('what is missing', () => {
  test.each<[string, Partial<WarmthNow>, Partial<WarmthPlan>, Partial<WarmthStep>]>([
    ['is woken first', { ...parked(5), need: 2 }, {}, { wake: 1, start: 1 }],
    ['takes what loads to be parked next', { preparking: 1, need: 2 }, {}, { claim: 1, start: 1 }],
    ['counts what comes', { coming: 1, need: 2 }, {}, { start: 1 }],
    ['is brought up for a floor', { floor: 2 }, {}, { start: 2, warm: 2 }],
    ['is brought up ahead of demand', { busy: 1 }, { keepHot: 3, warmTo: 3 }, { start: 2 }],
    ['is not brought up to be put away', {}, { keepHot: 1, warmTo: 3 }, { start: 1 }],
    ['is only kept where the plan says no more', {}, { keepHot: 3 }, { start: 0, short: 0 }],
    ['is bounded by the pool', { need: 20, room: 20 }, {}, { start: 8, short: 0 }],
    ['is short of room', { need: 2, room: 1 }, { keepParked: 3, parkTo: 3 }, { start: 1, short: 2 }],
    ['is started to be parked', { busy: 1 }, { keepParked: 3, parkTo: 3 }, { start: 0, startParked: 2 }],
    [
      'counts every warmth',
      { busy: 1, coming: 1, parking: 1, preparking: 1, ...parked(1) },
      { keepParked: 7, parkTo: 7 },
      { startParked: 2 },
    ],
    ['is not parked where nothing is', { parks: false }, { keepParked: 3, parkTo: 3 }, { startParked: 0 }],
  ])('%s', (_, now, plan, expected) => {
    expect(step(now, plan)).toMatchObject(expected);
  });
});

describe('the next moment', () => {
  test.each<[string, Partial<WarmthNow>, Partial<WarmthPlan> | undefined, number | null]>([
    ['never comes to a pool without replicas', {}, undefined, null],
    ['never comes to a pool without replicas, whatever is planned', { room: 0 }, { warmTo: 1 }, null],
    ['never comes to one that a floor holds', { ...idle(90_000), floor: 1 }, undefined, null],
    ['is the window of the longest idle', idle(40_000, 5_000), undefined, 20_000],
    ['is the window of the next, when the longest goes now', idle(60_000, 5_000), undefined, 55_000],
    ['is the shorter window of what is not kept', idle(4_000), {}, 6_000],
    ['is the longer window of what is kept', idle(4_000), { keepHot: 1 }, 96_000],
    ['is the longer window of what was kept when it was young', idle(14_000), { keepHot: 1 }, 86_000],
    ['is the end of a parked one', parked(1_000), undefined, 299_000],
    ['is the first of both', { ...idle(4_000), ...parked(15_000) }, {}, 5_000],
    ['is the end of the plan that holds both', idle(0), { keepHot: 1, warmTo: 1 }, 500_000],
  ])('%s', (_, now, plan, inMs) => {
    expect(step(now, plan).nextMs).toBe(inMs === null ? null : nowMs + inMs);
  });
});

const agesMs = fc
  .array(fc.oneof(fc.nat(200), fc.constant(farMs)), { maxLength: 5 })
  .map((ages) => ages.toSorted((a, b) => b - a));
const few = fc.nat(6);
const windowMs = fc.oneof(fc.nat(200), fc.constant(farMs));
const drawnPlan: fc.Arbitrary<WarmthPlan> = fc.record({
  keepHot: few,
  warmTo: few,
  keepParked: few,
  parkTo: few,
  hotMinMs: windowMs,
  hotMaxMs: windowMs,
  parkedMinMs: windowMs,
  parkedMaxMs: windowMs,
  untilMs: fc.integer({ min: nowMs - 10, max: nowMs + 300 }),
  because: fc.constant(''),
  terms: fc.constant([]),
});
const drawn: fc.Arbitrary<WarmthNow> = fc.record({
  nowMs: fc.constant(nowMs),
  plan: fc.option(drawnPlan),
  windows: fc.record({ hotIdleMs: windowMs, parkedIdleMs: windowMs }),
  floor: few,
  need: few,
  expected: fc.record({ warm: few, keep: few }),
  most: fc.nat(8),
  room: few,
  parks: fc.boolean(),
  busy: few,
  idleMs: agesMs,
  coming: few,
  parkedMs: agesMs,
  parking: few,
  preparking: few,
});
const hotOf = (now: WarmthNow): number => now.busy + now.idleMs.length;

/** The pool once the step is carried out, at the same moment. */
function carryOut(now: WarmthNow, done: WarmthStep): WarmthNow {
  return {
    ...now,
    idleMs: now.idleMs.slice(done.putAway),
    parking: now.parking + (now.parks ? done.putAway : 0),
    parkedMs: now.parkedMs.slice(done.stopParked, now.parkedMs.length - done.wake),
    coming: now.coming + done.wake + done.claim + done.start,
    preparking: now.preparking - done.claim + done.startParked,
    room: now.room - done.start - done.startParked,
  };
}

const later = (now: WarmthNow, ms: number): WarmthNow => ({
  ...now,
  nowMs: now.nowMs + ms,
  idleMs: now.idleMs.map((age) => age + ms),
  parkedMs: now.parkedMs.map((age) => age + ms),
});

const acts = ({ putAway, stopParked, wake, claim, start, startParked }: WarmthStep): number =>
  putAway + stopParked + wake + claim + start + startParked;

describe('whatever is planned', () => {
  test('floor and need hold: nothing is put away below them, and what they lack is brought up where there is room', () => {
    fc.assert(
      fc.property(drawn, (now) => {
        const done = applyPlan(now);
        const owed = Math.min(now.most, Math.max(now.floor, now.need));
        if (done.putAway > 0) expect(hotOf(now) - done.putAway).toBeGreaterThanOrEqual(owed);
        const there = hotOf(now) - done.putAway + now.coming + done.wake + done.claim + done.start;
        if (done.short === 0) expect(there).toBeGreaterThanOrEqual(owed);
        expect(done.start + done.startParked).toBeLessThanOrEqual(now.room);
      }),
    );
  });

  test('what runs on their way are worth keeping stays, and what they ask for by now is brought up where there is room', () => {
    fc.assert(
      fc.property(drawn, (now) => {
        const done = applyPlan(now);
        const kept = Math.min(now.most, Math.max(now.expected.keep, now.expected.warm));
        if (done.putAway > 0) expect(hotOf(now) - done.putAway).toBeGreaterThanOrEqual(kept);
        const there = hotOf(now) - done.putAway + now.coming + done.wake + done.claim + done.start;
        if (done.short === 0) expect(there).toBeGreaterThanOrEqual(Math.min(now.most, now.expected.warm));
      }),
    );
  });

  test('carried out and asked again at the same moment, nothing is left to do', () => {
    fc.assert(
      fc.property(drawn, (now) => {
        const done = applyPlan(now);
        const again = applyPlan(carryOut(now, done));
        expect(acts(again)).toBe(0);
        expect(again.nextMs ?? Infinity).toBeGreaterThan(now.nowMs);
      }),
      { numRuns: 2_000 },
    );
  });

  test('nothing is put away before the next moment, and at it something is, or the plan has ended', () => {
    fc.assert(
      fc.property(drawn, fc.double({ min: 0, max: 0.999, noNaN: true }), (now, share) => {
        const settled = carryOut(now, applyPlan(now));
        const { nextMs } = applyPlan(settled);
        const before = nextMs === null ? 1_000_000 : Math.floor((nextMs - 1 - nowMs) * share);
        expect(acts(applyPlan(later(settled, before)))).toBe(0);
        if (nextMs === null || nextMs === settled.plan?.untilMs) return;
        const due = applyPlan(later(settled, nextMs - nowMs));
        expect(due.putAway + due.stopParked).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  test('keeping more never puts more away, and stops no more', () => {
    fc.assert(
      fc.property(drawn, drawnPlan, few, few, (now, plan, moreHot, moreParked) => {
        const less = applyPlan({ ...now, plan });
        const hot = applyPlan({ ...now, plan: { ...plan, keepHot: plan.keepHot + moreHot } });
        expect(hot.putAway).toBeLessThanOrEqual(less.putAway);
        const both = applyPlan({ ...now, plan: { ...plan, keepParked: plan.keepParked + moreParked } });
        expect(both.stopParked).toBeLessThanOrEqual(less.stopParked);
      }),
    );
  });

  test('no replica goes before its shorter window, and none stays past its longer one but for floor, need, runs on their way and what is to be warm', () => {
    fc.assert(
      fc.property(drawn, drawnPlan, (now, plan) => {
        fc.pre(plan.untilMs > nowMs);
        const done = applyPlan({ ...now, plan });
        expect(now.idleMs.slice(0, done.putAway).every((age) => age >= plan.hotMinMs)).toBe(true);
        const next = now.idleMs[done.putAway] ?? -1;
        if (next < Math.max(plan.hotMinMs, plan.hotMaxMs)) return;
        expect(hotOf(now) - done.putAway).toBeLessThanOrEqual(Math.max(done.warm, now.expected.keep));
      }),
    );
  });
});
