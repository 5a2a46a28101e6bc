// What `npm run sim:compare` runs: the settings of each policy, and where curves are compared. Data only.
import { sweepOf } from '../../sim/rivals/policy-of.ts';
import { gammasFor, toGammas } from './sim-options.ts';

export interface FamilyPlan {
  readonly name: string;
  readonly specs: readonly string[];
}

export const coldTargets = [20, 15, 10, 5];
export const waitTargets = [5, 4, 3, 2, 1.5, 1];

/** Ours in `--quick`, and rivals: enough points to see that it works, not to compare. */
const quickPoints = 6;

/** The strongest fixed keep-alive: 5 s to a day, dense where it matters, so that 5 % cold always lies between two points. */
const fixedSeconds = [
  5, 10, 20, 40, 60, 90, 120, 180, 240, 300, 400, 500, 600, 750, 900, 1200, 1500, 1800, 2400, 3000, 3600,
  4800, 5400, 7200, 9000, 10_800, 14_400, 18_000, 21_600, 28_800, 36_000, 43_200, 64_800, 86_400,
];
const hotSeconds = [0, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600];
/** A minute to three days, a third apart. */
const totalSeconds = Array.from({ length: 30 }, (_, at) => Math.round(60 * 1.333 ** at));

/** The best fixed policy of each kind of fleet: what all ratios are against. */
export function basePlan(parks: boolean, quick: boolean): FamilyPlan {
  if (!parks) return { name: 'fixed', specs: fixedSeconds.map((seconds) => `fixed:${seconds}`) };
  const totals = quick ? totalSeconds.filter((_, at) => at % 2 === 0) : totalSeconds;
  const hots = quick ? hotSeconds.filter((_, at) => at % 3 === 0) : hotSeconds;
  const specs = hots.flatMap((hot) =>
    totals.filter((total) => total > hot).map((total) => `two-tier:${hot}:${total}`),
  );
  return { name: 'two-tier', specs };
}

/** Break-even times at which a fleet that parks is swept, in seconds of (1 + gamma) load. */
const parkBreakEvens = [
  60, 90, 140, 210, 300, 430, 640, 940, 1400, 2100, 3200, 5100, 7600, 11_500, 17_500, 26_000,
];

export function ownGammas(loadMs: number, parks: boolean): readonly number[] {
  if (!parks) return gammasFor(loadMs);
  return toGammas(parkBreakEvens, loadMs);
}

export function ownPlan(
  loadMs: number,
  options: { readonly parks: boolean; readonly quick: boolean },
): FamilyPlan {
  const gammas = ownGammas(loadMs, options.parks);
  return { name: 'ours', specs: (options.quick ? thin(gammas, 9) : gammas).map((gamma) => `ours:${gamma}`) };
}

/** Seconds a replay: left out of `--quick` unless it names them. */
export const slowRivals = ['fft'];

/** Rivals that know what parking is; the others do in such a fleet what they do in any. */
export const parkingRivals = ['ski', 'ski-random', 'threshold'];

export function rivalPlan(name: string, quick: boolean): FamilyPlan {
  const specs = sweepOf(name);
  return { name, specs: quick ? thin(specs, quickPoints) : specs };
}

/** At most `most` values, evenly from the first to the last. */
export function thin<T>(values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values;
  const step = (values.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, at) => values[Math.round(at * step)]).filter(
    (value) => value !== undefined,
  );
}
