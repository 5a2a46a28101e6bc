// Workloads made against timers: each pool is asked again at the moment that hurts most a policy which stops after a known window. Against
// a fixed window of exactly that length they cost about twice the optimum, which is ski-rental's bound. Pure.
import { assert } from '../../core/base/assert.ts';
import { dayMs } from '../replay/parse-replay.ts';
import type { Workload } from '../replay/workload.ts';
import { makeStream } from './draws.ts';
import { WorkloadBuilder } from './workload-builder.ts';

/**
 * Gaps from the end of one request to the next arrival, in multiples of the window, repeated for ever:
 * `beyond`: always just after the window; `lure`: a dozen quick returns that teach "it comes again", then one just after the window;
 * `retreat`: returns just within the window, then just beyond, by turns.
 */
export const adversaries = {
  beyond: [1],
  lure: [0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 1],
  retreat: [0.95, 0.95, 0.95, 1, 1, 1],
} as const satisfies Record<string, readonly number[]>;

export type Adversary = keyof typeof adversaries;

export interface AdversarialOptions {
  readonly seed: number;
  readonly days: number;
  readonly pools: number;
  readonly adversary: Adversary;
  /** The window that is played against. */
  readonly windowMs: number;
  /** What a cold request waits before it runs; a gap of a whole window is taken to end in a cold start. */
  readonly loadMs: number;
  readonly execMs: number;
}

export const adversarialDefaults: AdversarialOptions = {
  seed: 1,
  days: 2,
  pools: 10,
  adversary: 'beyond',
  windowMs: 600_000,
  loadMs: 23_000,
  execMs: 10_000,
};

/** How far beyond the window: the smallest step of a workload in whole seconds. */
const beyondMs = 1000;

export function drawAdversarial(options: Partial<AdversarialOptions> = {}): Workload {
  const { seed, days, pools, adversary, windowMs, loadMs, execMs } = { ...adversarialDefaults, ...options };
  assert(days >= 1 && pools >= 1 && windowMs >= 1000 && execMs >= 1000, 'usable options');
  const gaps: readonly number[] = adversaries[adversary];
  const rng = makeStream(seed, 0);
  const builder = new WorkloadBuilder();
  for (let pool = 0; pool < pools; pool += 1) {
    // Pools begin at different moments, so that they do not move in step.
    let arrivalMs = Math.floor((rng() * windowMs) / 1000) * 1000;
    let isCold = true;
    for (let step = 0; arrivalMs < days * dayMs; step += 1) {
      builder.add({ arrivalMs, pool, tenant: pool, execMs });
      const multiple = gaps[step % gaps.length] ?? 1;
      const endMs = arrivalMs + (isCold ? loadMs : 0) + execMs;
      isCold = multiple >= 1;
      arrivalMs = endMs + multiple * windowMs + (isCold ? beyondMs : 0);
    }
  }
  return builder.build({
    days,
    resolutionMs: 1000,
    poolName: (index) => `model-${String(index).padStart(3, '0')}`,
    tenantName: (index) => `tenant-${String(index).padStart(3, '0')}`,
  }).workload;
}
