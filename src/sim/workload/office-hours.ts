// A made-up mix of tenants who work in offices: strong peaks from 9 to 18 on weekdays, little at other times. It is what provisioning for
// the peak is compared on. Same options, same rows. Pure.
import { assert } from '../../core/base/assert.ts';
import type { Workload } from '../replay/workload.ts';
import { drawLogNormal, makeStream } from './draws.ts';
import { bentZipf } from './popularity.ts';
import { SessionCrowd, type CrowdHabits } from './session-crowd.ts';
import { drawStarts } from './session-starts.ts';
import { WorkloadBuilder } from './workload-builder.ts';

export interface OfficeHoursOptions {
  readonly seed: number;
  readonly days: number;
  readonly models: number;
  readonly tenants: number;
  /** Expected on a weekday. */
  readonly requestsPerDay: number;
}

/** Day 0 is a Monday. */
export const officeHoursDefaults: OfficeHoursOptions = {
  seed: 1,
  days: 14,
  models: 12,
  tenants: 400,
  requestsPerDay: 12_000,
};

/** Share of a weekday's sessions that begin in each hour, in percent: two humps around a lunch break. */
const hourShares = [
  0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 1, 4, 10, 12.5, 11, 7, 9.5, 12.5, 12, 9.5, 5, 2, 1, 0.8, 0.6, 0.4, 0.2,
];
/** Of a weekday's traffic. */
const weekendShare = 0.04;
const execMedianMs = 8000;
const execSigma = 0.7;
/** Spread of ln(how often a tenant comes). */
const visitSigma = 0.8;

const habits: CrowdHabits = {
  lengthLogMean: 1,
  lengthTenantSigma: 0.4,
  lengthSessionSigma: 0.8,
  gapMedianMs: 60_000,
  gapSigma: 1.1,
  overlapShare: 0.02,
  switchShare: 0.08,
  revisitSwitchShare: 0.08,
  homeShare: 0.6,
};
/** Mean requests of a session under these habits. */
const sessionRequestsMean = 4.35;

export function drawOfficeHours(options: Partial<OfficeHoursOptions> = {}): Workload {
  const { seed, days, models, tenants, requestsPerDay } = { ...officeHoursDefaults, ...options };
  assert(days >= 1 && models >= 1 && tenants >= 1 && requestsPerDay > 0, 'usable options');
  const total = hourShares.reduce((sum, share) => sum + share, 0);
  const perDay = requestsPerDay / sessionRequestsMean;
  const starts = drawStarts(makeStream(seed, 0), days, (day, hour) => {
    const dayShare = day % 7 < 5 ? 1 : weekendShare;
    return (perDay * dayShare * (hourShares[hour] ?? 0)) / total;
  });
  const execRng = makeStream(seed, 1);
  const crowd = new SessionCrowd({
    rng: makeStream(seed, 2),
    habits,
    visitors: { kind: 'closed', tenants, visitSigma },
    modelWeights: bentZipf(models),
    drawExecMs: () => drawLogNormal(execRng, execMedianMs, execSigma),
  });
  const builder = new WorkloadBuilder();
  for (const startMs of starts)
    crowd.open(startMs, null, ({ model: pool, ...request }) => builder.add({ ...request, pool }));
  return builder.build({
    days,
    resolutionMs: 1,
    poolName: (index) => `model-${String(index).padStart(2, '0')}`,
    tenantName: (index) => `office-${String(index).padStart(4, '0')}`,
  }).workload;
}
