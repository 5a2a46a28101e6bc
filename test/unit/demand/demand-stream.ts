// Random streams of what a demand model is told, and how they are fed to one: bursts, standing clocks, long silences, high loads.
import * as fc from 'fast-check';

export const tickMs = 60_000;
export const streamPools = 3;

export type DemandEvent =
  | { readonly kind: 'arrive'; readonly pool: number; readonly tenant: number | null; readonly count: number }
  | { readonly kind: 'load'; readonly pool: number; readonly busy: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'tick' };

/** What is fed; a warmer's tick takes no more than this tells. */
export interface DemandEar {
  arrive(pool: number, tenant: number | null, nowMs: number, count: number): void;
  load(pool: number, busy: number, nowMs: number): void;
  tick(nowMs: number): void;
}

const pool = fc.integer({ min: 0, max: streamPools - 1 });
const arrive = fc.record({
  kind: fc.constant('arrive' as const),
  pool,
  tenant: fc.option(fc.integer({ min: 0, max: 5 })),
  count: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.constant(1_000_000)),
});
const load = fc.record({
  kind: fc.constant('load' as const),
  pool,
  busy: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 6 }) },
    fc.constantFrom(0, 40, 255, 256, 300),
  ),
});
const pass = fc.record({
  kind: fc.constant('pass' as const),
  ms: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 120_000 }) },
    fc.constantFrom(0, 1_800_000, 3 * 3_600_000, 26 * 3_600_000, 9 * 86_400_000),
  ),
});
const tick = fc.constant({ kind: 'tick' as const });

/** Ticks stand on a minute; between two of them nothing happens, or a lot, or days pass. */
export const demandStream = (length = 60): fc.Arbitrary<readonly DemandEvent[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: arrive },
      { weight: 3, arbitrary: load },
      { weight: 2, arbitrary: pass },
      { weight: 4, arbitrary: tick },
    ),
    { minLength: 1, maxLength: length, size: 'max' },
  );

export class StreamFeeder {
  nowMs = 1_000 * tickMs;
  readonly #ear: DemandEar;

  constructor(ear: DemandEar) {
    this.#ear = ear;
  }

  feed(event: DemandEvent): void {
    switch (event.kind) {
      case 'arrive':
        this.#ear.arrive(event.pool, event.tenant, this.nowMs, event.count);
        return;
      case 'load':
        this.#ear.load(event.pool, event.busy, this.nowMs);
        return;
      case 'pass':
        this.nowMs += event.ms;
        return;
      case 'tick':
        this.nowMs = (Math.floor(this.nowMs / tickMs) + 1) * tickMs;
        this.#ear.tick(this.nowMs);
    }
  }

  feedAll(events: readonly DemandEvent[]): this {
    for (const event of events) this.feed(event);
    return this;
  }
}

export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
