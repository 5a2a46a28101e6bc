// The capacity that users feel: the largest rate at which the first text does not come late yet. Waiting clients keep every slot busy beyond
// it, but who asks at a rate that the slots can only just do waits for longer and longer.
import type { Ask } from './ask.ts';
import { steady } from './arrivals.ts';
import { runOpenLoop } from './open-loop.ts';
import { Tally } from './running-tally.ts';

export interface KneeOptions {
  readonly port: number;
  /** What the slots do at the most, measured: good answers a second. */
  readonly saturated: number;
  /** How long each rate is tried. */
  readonly stepMs: number;
  readonly seed: number;
  readonly ask: (index: number) => Ask;
  readonly progress: (line: string) => void;
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
export async function findKnee(options: KneeOptions): Promise<Knee> {
  const { saturated, progress } = options;
  const light = await tryRate(options, saturated * LIGHT, 0);
  const calmMs = light.firstText.quantile(0.99);
  let knee: Knee = { rate: 0, share: 0, stretch: Number.NaN };
  for (const [index, share] of SHARES.entries()) {
    const rate = saturated * share;
    const tally = await tryRate(options, rate, index + 1);
    const stretch = tally.firstText.quantile(0.99) / calmMs;
    const bad = tally.count - tally.counts.ok;
    progress(
      `${rate.toFixed(1)} a second: first text p99 ${stretch.toFixed(2)} times ${calmMs.toFixed(0)} ms, ${bad} bad`,
    );
    knee = { rate, share, stretch };
    if (stretch <= STRETCH_MAX && bad === 0) break;
  }
  return knee;
}

async function tryRate(options: KneeOptions, rate: number, step: number): Promise<Tally> {
  const { port, stepMs, seed, ask } = options;
  const tally = new Tally();
  await runOpenLoop({
    port,
    arrivals: steady(rate, stepMs),
    seed: seed + step,
    ask: (index) => ask(step * 1_000_000 + index),
    onAnswered: (answered) => tally.add(answered),
    keeps: false,
  });
  return tally;
}
