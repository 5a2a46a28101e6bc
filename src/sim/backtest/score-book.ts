// What one forecaster scored at one horizon. Owns the measures. Pure.
import type { ArrivalForecast } from '../../core/demand/forecast.ts';
import { CalibrationCurve, type CalibrationPoint } from './calibration-curve.ts';

export interface Score {
  /** Forecasts that were scored, and arrivals that came in them. */
  readonly n: number;
  readonly arrivals: number;
  /** Weighted absolute percentage error: sum |came - forecast| / sum came, of the middle and of the mean. */
  readonly wape: number;
  readonly wapeMean: number;
  /** Mean of the forecast means / mean of what came. */
  readonly bias: number;
  /** Mean pinball loss at 10, 50, 90 %, over the mean count: 0 is perfect, comparable between horizons. */
  readonly pinball: number;
  /** Share of counts within the band, its ends included; and the shares below and above it. */
  readonly coverage: number;
  readonly below: number;
  readonly above: number;
  readonly calibrationError: number;
  readonly calibration: readonly CalibrationPoint[];
}

export class ScoreBook {
  readonly #curve = new CalibrationCurve();
  /** Pinball loss by pool. */
  readonly #losses: Float64Array;
  readonly #arrivals: Float64Array;
  #n = 0;
  #came = 0;
  #named = 0;
  #offMid = 0;
  #offMean = 0;
  #below = 0;
  #above = 0;

  constructor(pools: number) {
    this.#losses = new Float64Array(pools);
    this.#arrivals = new Float64Array(pools);
  }

  add(pool: number, forecast: ArrivalForecast, count: number): void {
    const { meanCount, lowCount, midCount, highCount, anyChance } = forecast;
    this.#n += 1;
    this.#came += count;
    this.#named += meanCount;
    this.#offMid += Math.abs(count - midCount);
    this.#offMean += Math.abs(count - meanCount);
    this.#below += count < Math.floor(lowCount) ? 1 : 0;
    this.#above += count > Math.ceil(highCount) ? 1 : 0;
    const loss =
      pinball(lowCount, count, 0.1) + pinball(midCount, count, 0.5) + pinball(highCount, count, 0.9);
    this.#losses[pool] = (this.#losses[pool] ?? 0) + loss / 3;
    this.#arrivals[pool] = (this.#arrivals[pool] ?? 0) + count;
    this.#curve.add(anyChance, count > 0);
  }

  hasPool(pool: number): boolean {
    return pool < this.#losses.length;
  }

  /** Pinball loss of a pool, in requests, summed over its forecasts. */
  lossOf(pool: number): number {
    return this.#losses[pool] ?? 0;
  }

  arrivalsOf(pool: number): number {
    return this.#arrivals[pool] ?? 0;
  }

  score(): Score {
    const came = Math.max(1, this.#came);
    const n = Math.max(1, this.#n);
    return {
      n: this.#n,
      arrivals: this.#came,
      wape: this.#offMid / came,
      wapeMean: this.#offMean / came,
      bias: this.#named / came,
      pinball: this.#losses.reduce((sum, loss) => sum + loss, 0) / came,
      coverage: 1 - (this.#below + this.#above) / n,
      below: this.#below / n,
      above: this.#above / n,
      calibrationError: this.#curve.error(),
      calibration: this.#curve.points(),
    };
  }
}

/** Loss of a quantile forecast: `level` per request too few, 1 - `level` per request too many (Koenker and Bassett 1978). */
export function pinball(value: number, count: number, level: number): number {
  return count >= value ? level * (count - value) : (1 - level) * (value - count);
}
