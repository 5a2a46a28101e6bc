// A fixed keep-alive that prepares for runs of functions on their way, as a production pool does without a planner: what coordinated starts
// are worth alone. Owns the coupling and nothing of the decisions.
import { carryOut } from './carry-out.ts';
import type { Fleet, FleetPolicy, RunNews } from './fleet-policy.ts';
import { presenceOf, type RunGuide } from './run-guide.ts';

export class GuidedKeepAlive implements FleetPolicy {
  readonly name: string;
  readonly tickMs = null;
  readonly #keepMs: number;
  readonly #guide: RunGuide;

  constructor(options: { readonly name: string; readonly keepSeconds: number; readonly guide: RunGuide }) {
    this.name = options.name;
    this.#keepMs = options.keepSeconds * 1000;
    this.#guide = options.guide;
  }

  onRun(news: RunNews, fleet: Fleet): void {
    for (const pool of this.#guide.hear(news, fleet.nowMs)) fleet.callAt(pool, fleet.nowMs);
  }

  onEnd(pool: number, fleet: Fleet): void {
    this.#apply(pool, fleet);
  }

  onReady(pool: number, fleet: Fleet): void {
    this.#apply(pool, fleet);
  }

  onTimer(pool: number, fleet: Fleet): void {
    this.#apply(pool, fleet);
  }

  #apply(pool: number, fleet: Fleet): void {
    const { nextMs } = carryOut(pool, fleet, {
      plan: null,
      windows: { hotIdleMs: this.#keepMs, parkedIdleMs: 0 },
      parks: false,
      expected: this.#guide.expected(pool, presenceOf(pool, fleet), fleet.nowMs),
      mayStart: () => false,
    });
    fleet.callAt(pool, nextMs);
  }
}
