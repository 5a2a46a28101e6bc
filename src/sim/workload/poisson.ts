// A workload with nothing to learn: each pool has a constant rate and arrivals without memory. Whoever claims to forecast must not lose
// to a plain timer here. Same options, same rows. Pure.
import { assert } from '../../core/base/assert.ts';
import type { Workload } from '../replay/workload.ts';
import { drawLogNormal, makePicker, makeStream } from './draws.ts';
import { bentZipf } from './popularity.ts';
import { drawStarts } from './session-starts.ts';
import { WorkloadBuilder } from './workload-builder.ts';

export interface PoissonOptions {
  readonly seed: number;
  readonly days: number;
  readonly models: number;
  readonly tenants: number;
  /** Expected on every day alike. */
  readonly requestsPerDay: number;
  readonly execMedianMs: number;
  readonly execSigma: number;
}

export const poissonDefaults: PoissonOptions = {
  seed: 1,
  days: 14,
  models: 75,
  tenants: 2000,
  requestsPerDay: 1400,
  execMedianMs: 22_000,
  execSigma: 0.6,
};

/** A Poisson process whose points go to pools and tenants by chance: pools then have independent Poisson processes of their own. */
export function drawPoissonWorkload(options: Partial<PoissonOptions> = {}): Workload {
  const { seed, days, models, tenants, requestsPerDay, execMedianMs, execSigma } = {
    ...poissonDefaults,
    ...options,
  };
  assert(days >= 1 && models >= 1 && tenants >= 1 && requestsPerDay > 0, 'usable options');
  const arrivals = drawStarts(makeStream(seed, 0), days, () => requestsPerDay / 24);
  const rng = makeStream(seed, 1);
  const pickPool = makePicker(bentZipf(models));
  const builder = new WorkloadBuilder();
  for (const arrivalMs of arrivals)
    builder.add({
      arrivalMs,
      pool: pickPool(rng),
      tenant: Math.floor(rng() * tenants),
      execMs: drawLogNormal(rng, execMedianMs, execSigma),
    });
  return builder.build({
    days,
    resolutionMs: 1,
    poolName: (index) => `model-${String(index).padStart(3, '0')}`,
    tenantName: (index) => `tenant-${String(index).padStart(5, '0')}`,
  }).workload;
}
