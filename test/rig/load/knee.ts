// The capacity that users feel: the largest rate at which the first text does not come late yet. Waiting clients keep every slot busy beyond
// it, but who asks at a rate that the slots can only just do waits for longer and longer.
import type { Ask } from './ask.ts';
import { steady } from './arrivals.ts';
import { runOpenLoop } from './open-loop.ts';
import { Tally } from './running-tally.ts';

export interface KneeOptions {
  /** What the slots do at the most, measured: good answers a second. */
  readonly saturated: number;
  /** Asks at so many requests a second for a while; `step` counts the tries. */
  readonly tryRate: (rate: number, step: number) => Promise<Tried>;
  readonly progress: (line: string) => void;
}

/** What came of one rate. */
export interface Tried {
  /** p99 of the first text; NaN when there was none. */
  readonly firstP99Ms: number;
  /** Requests without a complete correct answer in time. */
  readonly bad: number;
}

export interface TryOptions {
  readonly port: number;
  readonly seed: number;
  /** How long each rate is tried. */
  readonly stepMs: number;
  readonly ask: (index: number) => Ask;
}

export interface Knee {
  /** Requests a second. */
  readonly rate: number;
  /** That rate as a share of what the slots do at the most. */
  readonly share: number;
  /** p99 of the first text at that rate as a multiple of that at light load. */
  readonly stretch: number;
}

const LIGHT = 0.3;
/** Tried in this order; the first that does it is the capacity. The last one is taken as it is. */
const SHARES = [1, 0.98, 0.96, 0.94, 0.92, 0.9, 0.88, 0.86, 0.84, 0.82, 0.8] as const;
const STRETCH_MAX = 2;

/** The largest rate with p99 of the first text at most twice that of light load, and every request answered. */
export async function findKnee({ saturated, tryRate, progress }: KneeOptions): Promise<Knee> {
  const { firstP99Ms: calmMs } = await tryRate(saturated * LIGHT, 0);
  let knee: Knee = { rate: 0, share: 0, stretch: Number.NaN };
  for (const [index, share] of SHARES.entries()) {
    const rate = saturated * share;
    const { firstP99Ms, bad } = await tryRate(rate, index + 1);
    const stretch = firstP99Ms / calmMs;
    progress(
      `${rate.toFixed(1)} a second: first text p99 ${stretch.toFixed(2)} times ${calmMs.toFixed(0)} ms, ${bad} bad`,
    );
    knee = { rate, share, stretch };
    if (stretch <= STRETCH_MAX && bad === 0) break;
  }
  return knee;
}

/** Tries rates on a gateway; each step's requests are its own, and its arrivals too. */
export function makeTries({ port, seed, stepMs, ask }: TryOptions): KneeOptions['tryRate'] {
  return async (rate, step) => {
    const tally = new Tally();
    await runOpenLoop({
      port,
      arrivals: steady(rate, stepMs),
      seed: seed + step,
      ask: (index) => ask(step * 1_000_000 + index),
      onAnswered: (answered) => tally.add(answered),
      keeps: false,
    });
    return { firstP99Ms: tally.firstText.quantile(0.99), bad: tally.count - tally.counts.ok };
  };
}
