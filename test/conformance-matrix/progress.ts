// Says of long work what is under way, what came of it and how long it took. Owns the clock that speaks in between.
const quietMsMax = 15_000;

export class Progress {
  readonly #total: number;
  readonly #startedMs = performance.now();
  #done = 0;

  /** `total`: steps that there will be. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Does the work; says `tell` of what came of it. */
  async step<T>(label: string, work: () => Promise<T>, tell: (value: T) => string): Promise<T> {
    this.#done += 1;
    const place = `[${String(this.#done).padStart(String(this.#total).length)}/${this.#total}] ${label}`;
    const startedMs = performance.now();
    const clock = setInterval(
      () => console.log(`${place}: ${since(startedMs)} so far, ${since(this.#startedMs)} in all`),
      quietMsMax,
    );
    try {
      const value = await work();
      console.log(`${place}: ${tell(value)}, ${since(startedMs)}`);
      return value;
    } finally {
      clearInterval(clock);
    }
  }

  end(): void {
    console.log(`took ${since(this.#startedMs)}\n`);
  }
}

function since(startedMs: number): string {
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
