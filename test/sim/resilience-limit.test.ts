// The adaptive limit in front of servers whose capacity halves or doubles at a moment it is not told: within ten seconds it is right to
// a fifth, and stays so to a seventh, for answers of 20 and of 2,000 tokens at once, whatever queues where.
import { describe, expect, test } from 'vitest';
import { drawInteger, makeRng } from '../../src/core/base/rng.ts';
import { coreLimit, runLimit, type LimitScenario } from '../../src/sim/resilience/limit-world.ts';

const runs = 500;
const settledS = 10;

interface Case {
  readonly scenario: LimitScenario;
  readonly changeS: number;
  readonly target: number;
  readonly start: number;
}

function makeCase(seed: number): Case {
  const rng = makeRng(seed);
  const kind = (['queues', 'shares', 'embeds'] as const)[seed % 3] ?? 'queues';
  const short = drawInteger(rng, 100, 900);
  const start = 2 * drawInteger(rng, 5, 30);
  const target = rng() < 0.5 ? start / 2 : start * 2;
  const changeMs = 1_000 * drawInteger(rng, 20, 30) + 10 * drawInteger(rng, 0, 99);
  const bimodal = [
    { tokens: 20, perMille: short },
    { tokens: 2_000, perMille: 1_000 - short },
  ];
  const scenario: LimitScenario = {
    seed,
    server: kind === 'shares' ? 'shared' : 'slots',
    lengths: kind === 'embeds' ? [{ tokens: 1, perMille: 1_000 }] : bimodal,
    firstMs: drawInteger(rng, 40, 300),
    gapMs: drawInteger(rng, 8, 30),
    endMs: changeMs + 30_000,
    offered: null,
    capacity: [
      { fromMs: 0, requests: start },
      { fromMs: changeMs, requests: target },
    ],
  };
  return { scenario, changeS: Math.ceil(changeMs / 1_000), target, start };
}

function limitsOf({ scenario, start }: Case): readonly number[] {
  return runLimit(scenario, coreLimit(start)).limits;
}

/** The control: the same gradient, over the total time of requests. */
function limitsByTotal({ scenario, start }: Case): readonly number[] {
  let limit = start;
  let usualMs: number | null = null;
  return runLimit(scenario, {
    step: (_, totalsMs) => {
      if (totalsMs.length === 0) return;
      const nowMs = totalsMs.reduce((sum, each) => sum + each, 0) / totalsMs.length;
      usualMs = usualMs === null ? nowMs : Math.min(usualMs, usualMs + 0.3 * (nowMs - usualMs));
      const gradient = Math.max(0.5, Math.min(1, (1.1 * usualMs) / nowMs));
      limit = Math.min(4 * start, Math.max(1, 0.8 * limit + 0.2 * (gradient * limit + Math.sqrt(limit))));
    },
    limit: () => Math.round(limit),
  }).limits;
}

/** Seconds after the change at which the limit is within a fifth for the first time. */
function arrivalS({ changeS, target }: Case, limits: readonly number[]): number {
  const found = limits.slice(changeS).findIndex((limit) => Math.abs(limit - target) <= 0.2 * target);
  return found < 0 ? Infinity : found + 1;
}

/** Of the seconds after that, the share in which it is off by more than 15 %, or two requests where that is more. */
function strayShare({ changeS, target }: Case, limits: readonly number[]): number {
  const settled = limits.slice(changeS + settledS);
  const band = Math.max(0.15 * target, 2);
  return settled.filter((limit) => Math.abs(limit - target) > band).length / settled.length;
}

const cases = Array.from({ length: runs }, (_, at) => makeCase(at + 1));

describe('five hundred changes of capacity', () => {
  test('the limit arrives within ten seconds, and stays, without a dip to measure', () => {
    const outcomes = cases.map((each) => ({ each, limits: limitsOf(each) }));
    const late = outcomes.filter(({ each, limits }) => arrivalS(each, limits) > settledS);
    const hasTokens = ({ each }: { readonly each: Case }): boolean => each.scenario.lengths.length > 1;
    expect(late.filter(hasTokens).map(({ each }) => each.scenario.seed)).toEqual([]);
    // Answers without tokens show one phase only, and a few slots of them little but chance.
    expect(late.length).toBeLessThanOrEqual(0.02 * runs);
    const stray = outcomes.reduce((sum, { each, limits }) => sum + strayShare(each, limits), 0) / runs;
    expect(stray).toBeLessThan(0.02);
    const dips = outcomes.filter(({ each, limits }) =>
      limits.slice(each.changeS + settledS).some((limit) => limit < 0.6 * each.target - 1),
    );
    expect(dips.length).toBeLessThanOrEqual(runs / 100);
  });

  test('the control: by total time, lengths of 20 and 2,000 tokens look like changes of capacity', () => {
    const some = cases.filter(({ scenario }) => scenario.lengths.length > 1).slice(0, 60);
    const late = some.filter((each) => {
      const limits = limitsByTotal(each);
      return arrivalS(each, limits) > settledS || strayShare(each, limits) > 0.3;
    });
    expect(late.length).toBeGreaterThan(some.length / 2);
  });
});

describe('servers that become slower without being fuller', () => {
  test.each(['slots', 'shared'] as const)(
    '%s: the limit finds that fewer requests help nothing, and comes back',
    (server) => {
      const scenario: LimitScenario = {
        ...makeCase(1).scenario,
        server,
        firstMs: 100,
        gapMs: 10,
        lengths: [
          { tokens: 20, perMille: 500 },
          { tokens: 500, perMille: 500 },
        ],
        capacity: [{ fromMs: 0, requests: 40 }],
        slowdown: [{ fromMs: 20_000, factor: 2 }],
        endMs: 60_000,
      };
      const limits = limitsOf({ scenario, changeS: 20, target: 40, start: 40 });
      for (const limit of limits.slice(45)) expect(limit).toBeGreaterThanOrEqual(32);
    },
  );
});
