// When requests arrive: a Poisson process with a seed, whose rate may change with time. Pure.
import type { Rng } from '../../../src/core/base/rng.ts';

export interface Arrivals {
  /** Requests a second, `atMs` after the start. */
  readonly rateAt: (atMs: number) => number;
  /** The largest that `rateAt` gives. */
  readonly rateMax: number;
  readonly durationMs: number;
}

/** A constant rate. */
export function steady(rate: number, durationMs: number): Arrivals {
  return { rateAt: () => rate, rateMax: rate, durationMs };
}

/** A rate that stands `share` above and below its mean, a period long each: bursts that come and go without a change of the mean. */
export function bursts(
  rate: number,
  durationMs: number,
  { share, periodMs }: { share: number; periodMs: number },
): Arrivals {
  const rateAt = (atMs: number): number =>
    rate * (Math.floor(atMs / periodMs) % 2 === 0 ? 1 + share : 1 - share);
  return { rateAt, rateMax: rate * (1 + share), durationMs };
}

/** Rates one after the other. */
export function stages(parts: readonly { readonly rate: number; readonly forMs: number }[]): Arrivals {
  const durationMs = parts.reduce((sum, { forMs }) => sum + forMs, 0);
  const rateAt = (atMs: number): number => {
    let endMs = 0;
    for (const { rate, forMs } of parts) {
      endMs += forMs;
      if (atMs < endMs) return rate;
    }
    return 0;
  };
  return { rateAt, rateMax: Math.max(...parts.map(({ rate }) => rate)), durationMs };
}

/** Moments of arrival in milliseconds after the start, one after the other; drawn by thinning (Lewis and Shedler 1979). */
export function* drawArrivals({ rateAt, rateMax, durationMs }: Arrivals, draw: Rng): Generator<number> {
  let atMs = 0;
  for (;;) {
    atMs += (-Math.log(1 - draw()) / rateMax) * 1_000;
    if (atMs >= durationMs) return;
    if (draw() * rateMax < rateAt(atMs)) yield atMs;
  }
}
