// Forecast of a series as a quadratic trend plus its strongest harmonics, continued past its end. Pure; works in place on scratch memory.
import { transform } from './fft.ts';

interface Harmonic {
  readonly frequency: number;
  readonly re: number;
  readonly im: number;
}

/** What was fitted: evaluate with `forecastAt`. Times are steps since the start of the window. */
export interface HarmonicFit {
  readonly size: number;
  readonly trend: readonly [number, number, number];
  readonly harmonics: readonly Harmonic[];
}

/** Fits `harmonicsMax` harmonics to `series` (a power of two long) after its least-squares parabola is taken away. `series` is overwritten. */
export function fitHarmonics(series: Float64Array, harmonicsMax: number): HarmonicFit {
  const size = series.length;
  const trend = fitParabola(series);
  subtractTrend(series, trend);
  const im = new Float64Array(size);
  transform(series, im);
  return { size, trend, harmonics: strongest(series, im, harmonicsMax) };
}

/** The strongest frequencies above 0 and below the last, of equal ones the lower; strongest first. */
function strongest(re: Float64Array, im: Float64Array, count: number): Harmonic[] {
  const best: Harmonic[] = [];
  let least = 0;
  for (let frequency = 1; frequency < re.length / 2; frequency += 1) {
    const each = { frequency, re: re[frequency] ?? 0, im: im[frequency] ?? 0 };
    if (best.length === count && power(each) <= least) continue;
    let at = best.length;
    while (at > 0 && power(best[at - 1] ?? each) < power(each)) at -= 1;
    best.splice(at, 0, each);
    if (best.length > count) best.pop();
    least = power(best.at(-1) ?? each);
  }
  return best;
}

/** The fitted function at `step`; from `size` on it is a forecast. */
export function forecastAt({ size, trend, harmonics }: HarmonicFit, step: number): number {
  let value = trendAt(trend, step, size);
  for (const { frequency, re, im } of harmonics) {
    const angle = (2 * Math.PI * frequency * step) / size;
    value += (2 / size) * (re * Math.cos(angle) - im * Math.sin(angle));
  }
  return value;
}

function power({ re, im }: Harmonic): number {
  return re * re + im * im;
}

/** Legendre polynomials 0 to 2 of time scaled to [-1, 1] over the window. */
function trendAt([mean, slope, bend]: readonly [number, number, number], step: number, size: number): number {
  const x = (2 * step + 1) / size - 1;
  return mean + slope * x + bend * (1.5 * x * x - 0.5);
}

function subtractTrend(series: Float64Array, [mean, slope, bend]: readonly [number, number, number]): void {
  const size = series.length;
  for (let at = 0; at < size; at += 1) {
    const x = (2 * at + 1) / size - 1;
    series[at] = (series[at] ?? 0) - mean - slope * x - bend * (1.5 * x * x - 0.5);
  }
}

/** Least squares: on an even grid these polynomials are all but orthogonal, so each coefficient is a projection of its own. */
function fitParabola(series: Float64Array): [number, number, number] {
  const size = series.length;
  let mean = 0;
  let slope = 0;
  let bend = 0;
  for (let at = 0; at < size; at += 1) {
    const value = series[at] ?? 0;
    const x = (2 * at + 1) / size - 1;
    mean += value;
    slope += value * x;
    bend += value * (1.5 * x * x - 0.5);
  }
  return [mean / size, (3 * slope) / size, (5 * bend) / size];
}
