// Bars of the comparison and how a measured ratio becomes a check. Pure.
import type { Match } from '../../sim/report/match-curves.ts';
import type { Reading } from '../../sim/report/envelope.ts';
import type { Check } from '../checks.ts';

/** Ids with their bars: what a ratio must reach, at which target. */
export interface RatioBar {
  readonly id: string;
  readonly target: number;
  readonly bar: number;
}

export const hotBars: readonly RatioBar[] = [
  { id: 'hot.ratio@20', target: 20, bar: 1.25 },
  { id: 'hot.ratio@15', target: 15, bar: 1.28 },
  { id: 'hot.ratio@10', target: 10, bar: 1.31 },
  { id: 'hot.ratio@5', target: 5, bar: 1.5 },
];

export const parkBars: readonly RatioBar[] = [
  { id: 'park.ratio@wait5', target: 5, bar: 1.2 },
  { id: 'park.ratio@wait3', target: 3, bar: 1.25 },
  { id: 'park.ratio@wait2', target: 2, bar: 1.25 },
  { id: 'park.ratio@wait1', target: 1, bar: 1.5 },
];

export const vsHotBars: readonly RatioBar[] = [
  { id: 'park.vsHot@wait5', target: 5, bar: 4 },
  { id: 'park.vsHot@wait2', target: 2, bar: 4 },
];

export const adversarialBar = 2.2;
export const plannerTickMsBar = 50;
export const monthSecondsBar = 2;
export const scenarioBar = 0.97;
/** Shares by which delays are lower at equal cost: against lazy on a certain chain, and against triggering all. */
export const delayCutBar = 0.56;
export const forecastCutBar = 0.1;

/** One check for each bar; a target that one of the curves does not reach counts as 0 and says so. `n` is the number of days. */
export function checkRatios(
  bars: readonly RatioBar[],
  matches: readonly Match[],
  days: number,
): readonly Check[] {
  return bars.map(({ id, target, bar }) => {
    const match = matches.find((each) => each.target === target);
    const value = round4(match?.ratio ?? 0);
    return { id, value, bar, op: '>=', ok: value >= bar, n: days, note: describeMatch(match) };
  });
}

export function atMost(check: {
  readonly id: string;
  readonly value: number;
  readonly bar: number;
  readonly n: number;
  readonly note: string;
}): Check {
  const value = round4(check.value);
  return { ...check, value, op: '<=', ok: value <= check.bar };
}

export function round4(value: number): number {
  return Number(value.toPrecision(4));
}

export function describeMatch(match: Match | undefined): string {
  if (match === undefined) return 'not measured';
  const { base, policy, interval, reached } = match;
  if (base === null) return 'the baseline does not get this warm';
  if (policy === null) return 'our policy does not get this warm';
  const share = reached < 1 ? `, of the ${Math.round(100 * reached)} % of draws that reach it` : '';
  const range =
    interval === null
      ? 'one day, no interval'
      : `95 % ${interval[0].toFixed(2)}-${interval[1].toFixed(2)}${share}`;
  return `${range}; ${describeReading(base)} against ${describeReading(policy)}`;
}

export function describeReading({ hours, between }: Reading): string {
  const [left, right] = between;
  return `${hours.toFixed(1)} h (${left === right ? left : `${left} to ${right}`})`;
}
