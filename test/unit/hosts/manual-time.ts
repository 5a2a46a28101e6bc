// A clock that moves only when told to, with the sleeps that wait for it. Everything that is due runs, in order of its time.

export class ManualTime {
  nowMs: number;
  #sleeping: { readonly atMs: number; readonly wake: () => void }[] = [];

  constructor(startMs = 1_000_000) {
    this.nowMs = startMs;
  }

  get sleepers(): number {
    return this.#sleeping.length;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleeping.push({ atMs: this.nowMs + ms, wake });
    });
  }

  /** Lets everything run that waits for nothing but its turn. */
  async settle(): Promise<void> {
    // Far more turns than the longest chain of awaits under test.
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.settle();
    for (;;) {
      const next = this.#sleeping.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#sleeping = this.#sleeping.filter((each) => each !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
      await this.settle();
    }
    this.nowMs = untilMs;
  }
}
