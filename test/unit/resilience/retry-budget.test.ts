// Retries, fallbacks and hedges together stay under a tenth of what was admitted, in every window of ten seconds, whatever the clients
// do; a quiet hour has room for its retries. R1-R4 against a count of every window there is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryWaitMs, clampRetryAfterMs } from '../../../src/core/resilience/backoff.ts';
import {
  budgetLeft,
  decideExtra,
  noBudget,
  noteAdmitted,
  windowMs,
  type ExtraKind,
  type RetryBudget,
} from '../../../src/core/resilience/retry-budget.ts';

interface Happening {
  readonly atMs: number;
  readonly kind: 'admitted' | ExtraKind;
}

/** Plays a story, and returns what was admitted and granted. */
function play(story: readonly Happening[]): { readonly granted: Happening[]; readonly budget: RetryBudget } {
  let budget = noBudget;
  const granted: Happening[] = [];
  for (const happening of story) {
    const { kind, atMs } = happening;
    if (kind === 'admitted') budget = noteAdmitted(budget, atMs);
    else {
      const decision = decideExtra(budget, { kind, outermost: true }, atMs);
      budget = decision.budget;
      if (!decision.granted) continue;
    }
    granted.push(happening);
  }
  return { granted, budget };
}

/** Of all windows that begin with an event: its extras, beside what was admitted in it. `granted` is in order of time. */
function windowsOf(
  granted: readonly Happening[],
  kinds: readonly string[],
): { readonly extras: number; readonly admitted: number }[] {
  const counts = { extras: 0, admitted: 0 };
  const count = ({ kind }: Happening, by: number): void => {
    if (kinds.includes(kind)) counts.extras += by;
    if (kind === 'admitted') counts.admitted += by;
  };
  let end = 0;
  return granted.map((first) => {
    for (
      let next = granted[end];
      next !== undefined && next.atMs < first.atMs + windowMs;
      next = granted[end]
    ) {
      count(next, 1);
      end += 1;
    }
    const window = { ...counts };
    count(first, -1);
    return window;
  });
}

const all = ['retry', 'fallback', 'hedge'];
/** Traffic whose rate changes from second to second, most of which fails. */
const stories = fc
  .array(fc.tuple(fc.constantFrom(0, 1, 5, 20, 60, 200), fc.constantFrom(0, 0.3, 1, 3)), {
    minLength: 5,
    maxLength: 30,
  })
  .map((seconds) =>
    seconds.flatMap(([perSecond, retriesEach], second) =>
      Array.from({ length: perSecond }, (_, at): Happening[] => {
        const atMs = second * 1_000 + Math.floor((at * 1_000) / perSecond);
        const kind = (['retry', 'fallback', 'hedge'] as const)[at % 3] ?? 'retry';
        const retries = Math.floor(retriesEach + ((at * 7) % 10) / 10);
        return [
          { atMs, kind: 'admitted' },
          ...Array.from({ length: retries }, (): Happening => ({ atMs, kind })),
        ];
      }).flat(),
    ),
  );

describe('in every window of ten seconds', () => {
  test('extras are at most 9 % of 200 requests or more, and at most 18 of fewer; hedges half of that', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const { granted } = play(story);
        for (const { extras, admitted } of windowsOf(granted, all)) {
          expect(extras).toBeLessThanOrEqual(Math.max(18, 0.09 * admitted));
          if (admitted >= 200) expect((admitted + extras) / admitted).toBeLessThanOrEqual(1.1);
        }
        for (const { extras, admitted } of windowsOf(granted, ['hedge']))
          expect(extras).toBeLessThanOrEqual(Math.max(9, 0.045 * admitted));
      }),
      { numRuns: 60 },
    );
  });

  test('a failure after busy seconds does not spend their allowance on the quiet ones to come', () => {
    const busy = Array.from({ length: 10_000 }, (_, at): Happening => ({ atMs: at, kind: 'admitted' }));
    const crash = Array.from({ length: 500 }, (): Happening => ({ atMs: 10_000, kind: 'retry' }));
    const quiet = Array.from({ length: 200 }, (_, at): Happening => ({
      atMs: 10_001 + at * 45,
      kind: 'admitted',
    }));
    const { granted } = play([...busy, ...crash, ...quiet]);
    const worst = Math.max(
      ...windowsOf(granted, all)
        .filter(({ admitted }) => admitted >= 200)
        .map(({ extras, admitted }) => extras / admitted),
    );
    expect(worst).toBeLessThanOrEqual(0.1);
    expect(granted.filter(({ kind }) => kind === 'retry')).toHaveLength(18);
  });

  test('the check sees the plant: an allowance that only looks back over ten seconds breaks it', () => {
    const admitted = Array.from({ length: 10_000 }, (_, at): Happening => ({ atMs: at, kind: 'admitted' }));
    const spent = Array.from({ length: 900 }, (): Happening => ({ atMs: 9_999, kind: 'retry' }));
    const quiet = Array.from({ length: 200 }, (_, at): Happening => ({
      atMs: 10_000 + at * 45,
      kind: 'admitted',
    }));
    const windows = windowsOf([...admitted, ...spent, ...quiet], all);
    expect(
      Math.max(...windows.filter((each) => each.admitted >= 200).map((each) => each.extras / each.admitted)),
    ).toBeGreaterThan(1);
  });
});

describe('a pipeline', () => {
  test('of three steps stays under the same bound: a step that is not the outermost layer gets none', () => {
    let budget = noBudget;
    let attempts = 0;
    let admitted = 0;
    for (let run = 0; run < 1_000; run += 1) {
      const atMs = run * 20;
      for (let step = 0; step < 3; step += 1) {
        admitted += 1;
        attempts += 1;
        budget = noteAdmitted(budget, atMs);
        for (const outermost of [false, true]) {
          const decision = decideExtra(budget, { kind: 'retry', outermost }, atMs);
          budget = decision.budget;
          if (decision.granted) attempts += 1;
          if (!outermost) expect(decision.granted).toBe(false);
        }
      }
    }
    expect(attempts / admitted).toBeLessThanOrEqual(1.1);
    expect(attempts / admitted).toBeGreaterThan(1.08);
  });
});

describe('a trickle', () => {
  test('of one client that meets fault after fault is helped eighteen times, and again ten seconds later', () => {
    let budget = noBudget;
    const granted: number[] = [];
    for (let at = 0; at < 40; at += 1) {
      budget = noteAdmitted(budget, at * 400);
      const decision = decideExtra(budget, { kind: 'retry', outermost: true }, at * 400);
      budget = decision.budget;
      if (decision.granted) granted.push(at);
    }
    expect(granted.slice(0, 18)).toEqual(Array.from({ length: 18 }, (_, at) => at));
    expect(granted[18]).toBe(26);
  });

  test('leaves the last of it to what is worth more: an extra that keeps six for others is refused before those are', () => {
    let budget = noBudget;
    let retries = 0;
    for (let asked = 0; asked < 40; asked += 1) {
      const decision = decideExtra(budget, { kind: 'retry', outermost: true, kept: 6 }, 1_000);
      budget = decision.budget;
      if (decision.granted) retries += 1;
    }
    expect(retries).toBe(12);
    let fallbacks = 0;
    for (let asked = 0; asked < 40; asked += 1) {
      const decision = decideExtra(budget, { kind: 'fallback', outermost: true }, 1_000);
      budget = decision.budget;
      if (decision.granted) fallbacks += 1;
    }
    expect(fallbacks).toBe(6);
  });

  test('counts on when the clock goes back', () => {
    const budget = noteAdmitted(noteAdmitted(noBudget, 50_000), 20_000);
    expect(budget.slices).toEqual([{ at: 500, admitted: 2, extras: 0, hedges: 0 }]);
  });
});

test('what is left goes from all to nothing as it is spent', () => {
  let budget = noBudget;
  for (let at = 0; at < 100; at += 1) budget = noteAdmitted(budget, at * 50);
  const left = [budgetLeft(budget, 5_000)];
  for (let at = 0; at < 20; at += 1) {
    budget = decideExtra(budget, { kind: 'retry', outermost: true }, 5_000).budget;
    left.push(budgetLeft(budget, 5_000));
  }
  expect(left[0]).toBe(1);
  expect(left.at(-1)).toBe(0);
  expect(left.toSorted((a, b) => b - a)).toEqual(left);
});

test('the state stays small: ten seconds of slices, however much happens', () => {
  let budget = noBudget;
  for (let at = 0; at < 20_000; at += 1) budget = noteAdmitted(budget, at * 7);
  expect(budget.slices.length).toBeLessThanOrEqual(102);
  expect(JSON.parse(JSON.stringify(budget))).toEqual(budget);
});

describe('the wait before a retry', () => {
  test.each([
    [{ attempt: 1, draw: 0, retryAfterMs: null }, 0],
    [{ attempt: 1, draw: 0.5, retryAfterMs: null }, 25],
    [{ attempt: 3, draw: 0.5, retryAfterMs: null }, 100],
    [{ attempt: 99, draw: 0.5, retryAfterMs: null }, 1_000],
    [{ attempt: 1, draw: 0.5, retryAfterMs: 700 }, 725],
  ])('%j is %d ms', (wait, expected) => {
    expect(retryWaitMs(wait)).toBe(expected);
  });

  test.each([
    [null, 0],
    [-5, 0],
    [Number.NaN, 0],
    [1_500, 1_500],
    [10 ** 9, 60_000],
    [Infinity, 60_000],
  ])('a Retry-After of %d ms counts as %d', (said, believed) => {
    expect(clampRetryAfterMs(said)).toBe(believed);
  });

  test('puts retries of one moment all over the span, with no peak', () => {
    const bins = Array.from({ length: 10 }, () => 0);
    for (let at = 0; at < 10_000; at += 1) {
      const ms = retryWaitMs({ attempt: 4, draw: (at * 0.6180339887) % 1, retryAfterMs: null });
      const bin = Math.min(9, Math.floor(ms / 40));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 1_000)).toBeLessThan(3 * Math.sqrt(900));
  });
});
