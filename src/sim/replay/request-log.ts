// What the requests of a replay went through: waits, and whether something hot was there for them. Owns the figures made of waits.
// Mutable, no I/O.

export interface WaitFigures {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export class RequestLog {
  cold = 0;
  woken = 0;
  waitSumMs = 0;
  readonly dayRequests: Float64Array;
  readonly dayCold: Float64Array;
  readonly dayWaitMs: Float64Array;
  readonly #waitsMs: Float64Array;
  #waited = 0;

  constructor(requests: number, days: number) {
    this.dayRequests = new Float64Array(days);
    this.dayCold = new Float64Array(days);
    this.dayWaitMs = new Float64Array(days);
    this.#waitsMs = new Float64Array(requests);
  }

  countArrival(day: number): void {
    this.dayRequests[day] = (this.dayRequests[day] ?? 0) + 1;
  }

  countCold(day: number): void {
    this.cold += 1;
    this.dayCold[day] = (this.dayCold[day] ?? 0) + 1;
  }

  countWait(waitMs: number, arrivalDay: number): void {
    if (waitMs <= 0) return;
    this.#waitsMs[this.#waited] = waitMs;
    this.#waited += 1;
    this.waitSumMs += waitMs;
    this.dayWaitMs[arrivalDay] = (this.dayWaitMs[arrivalDay] ?? 0) + waitMs;
  }

  /** In seconds; quantiles by nearest rank over all requests, those that did not wait included. */
  waits(): WaitFigures {
    const count = this.#waitsMs.length;
    if (count === 0) return { mean: 0, p50: 0, p95: 0, p99: 0 };
    const sorted = this.#waitsMs.slice(0, this.#waited).sort();
    const quantile = (share: number): number => {
      const at = Math.max(0, Math.ceil(share * count) - 1) - (count - this.#waited);
      return at < 0 ? 0 : (sorted[at] ?? 0) / 1000;
    };
    return {
      mean: this.waitSumMs / count / 1000,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
    };
  }
}
