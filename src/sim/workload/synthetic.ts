// A made-up workload with the character of a public trace of a serverless image service (GenTD26): tens of models of very unequal
// popularity, thousands of tenants who come in sessions, nights, weekends, a slow start, bursts. Same options, same rows. Pure.
import { assert } from '../../core/base/assert.ts';
import type { Rng } from '../../core/base/rng.ts';
import type { Workload } from '../replay/workload.ts';
import { drawLogNormal, drawNormal, drawPoisson, makePicker, makeStream } from './draws.ts';
import { bentZipf } from './popularity.ts';
import { SessionCrowd, type CrowdHabits } from './session-crowd.ts';
import { drawStarts, hourMs } from './session-starts.ts';
import { WorkloadBuilder } from './workload-builder.ts';

export interface SyntheticOptions {
  readonly seed: number;
  readonly days: number;
  readonly models: number;
  /** How many tenants come in all, roughly; null = three of four sessions are a new tenant's. */
  readonly tenants: number | null;
  /** Expected on a weekday after the slow start. */
  readonly requestsPerDay: number;
  /** Days of almost no traffic at the beginning; two more days at half of it follow. 0 = full traffic at once. */
  readonly rampDays: number;
}

export const syntheticDefaults: SyntheticOptions = {
  seed: 1,
  days: 14,
  models: 75,
  tenants: null,
  requestsPerDay: 1600,
  rampDays: 4,
};

/** Share of a day's sessions that begin in each hour, in percent: an evening that breaks off at 1, silence from 9 to 15, two peaks. */
const hourShares = [
  14, 3.5, 3, 2.8, 1.6, 0.9, 0.8, 0.5, 0.4, 0.2, 0.1, 0.05, 0.05, 0.05, 0.05, 0.2, 2.6, 8.6, 11.6, 2, 4.1, 14,
  14.4, 14.8,
];
/** Day 0 is a Friday, as in the trace: Saturdays are almost empty, Sundays not quite full. */
const weekShares = [1, 0.3, 0.7, 1, 1, 1, 1];
const rampShare = 0.06;
const afterRampShare = 0.5;
const afterRampDays = 2;
/** Spread of ln(a day's traffic) beyond the weekday: good and bad days. */
const daySigma = 0.18;
/** Share of sessions that come in bursts, and how a burst looks: something is announced and people try one model. */
const burstShare = 0.05;
const burstSessions = 10;
const burstMeanMs = 600_000;
/** Execution times: log-normal with a median per model and a spread within it, together p50 22 s and p95 about 61 s. */
const execMedianMs = 22_000;
const execModelSigma = 0.42;
const execSigma = 0.45;
const resolutionMs = 1000;

const habits: CrowdHabits = {
  lengthLogMean: 0.59,
  lengthTenantSigma: 0.75,
  lengthSessionSigma: 1,
  gapMedianMs: 40_000,
  gapSigma: 1.25,
  overlapShare: 0.04,
  switchShare: 0.36,
  revisitSwitchShare: 0.5,
  homeShare: 0.4,
};
/** Without a number of tenants, three of four sessions are a new tenant's; the others return after hours or days. */
const newShareDefault = 0.76;
const returnMedianMs = 6 * hourMs;
const returnSigma = 2;
/** Mean requests of a session under these habits; returning tenants are the eager ones. */
const sessionRequestsMean = 4.6;

/** Requests in whole seconds over `days` days. `options` default to a twin of the trace's first two weeks. */
export function drawSynthetic(options: Partial<SyntheticOptions> = {}): Workload {
  const full = { ...syntheticDefaults, ...options };
  const { seed, days, models } = full;
  assert(days >= 1 && models >= 1 && full.requestsPerDay > 0 && full.rampDays >= 0, 'usable options');
  const dayShares = drawDayShares(makeStream(seed, 0), full);
  const sessionsPerDay = full.requestsPerDay / sessionRequestsMean;
  const expected = dayShares.reduce((sum, share) => sum + share, 0) * sessionsPerDay;
  const modelWeights = bentZipf(models);
  const newShare = full.tenants === null ? newShareDefault : Math.min(1, full.tenants / expected);
  const crowd = new SessionCrowd({
    rng: makeStream(seed, 1),
    habits,
    visitors: { kind: 'open', newShare, returnMedianMs, returnSigma },
    modelWeights,
    drawExecMs: makeExecTimes(makeStream(seed, 2), modelWeights),
  });
  const builder = new WorkloadBuilder();
  const pickModel = makePicker(modelWeights);
  const sessions = drawSessions(makeStream(seed, 3), { dayShares, sessionsPerDay, pickModel });
  for (const { startMs, model } of sessions)
    crowd.open(startMs, model, ({ model: pool, ...request }) => builder.add({ ...request, pool }));
  return builder.build({
    days,
    resolutionMs,
    poolName: (index) => `model-${String(index).padStart(3, '0')}`,
    tenantName: (index) => `tenant-${String(index).padStart(5, '0')}`,
  }).workload;
}

interface Session {
  readonly startMs: number;
  /** The model of the burst it belongs to. */
  readonly model: number | null;
}

function drawDayShares(rng: Rng, { days, rampDays }: SyntheticOptions): number[] {
  return Array.from({ length: days }, (_, day) => {
    const slow =
      day < rampDays ? rampShare : day < rampDays + afterRampDays && rampDays > 0 ? afterRampShare : 1;
    return slow * (weekShares[day % 7] ?? 1) * drawLogNormal(rng, 1, daySigma);
  });
}

interface SessionsOptions {
  readonly dayShares: readonly number[];
  readonly sessionsPerDay: number;
  readonly pickModel: (rng: Rng) => number;
}

function drawSessions(rng: Rng, { dayShares, sessionsPerDay, pickModel }: SessionsOptions): Session[] {
  const total = hourShares.reduce((sum, share) => sum + share, 0);
  const meanOf = (day: number, hour: number): number =>
    (sessionsPerDay * (dayShares[day] ?? 0) * (hourShares[hour] ?? 0)) / total;
  const days = dayShares.length;
  const alone = drawStarts(rng, days, (day, hour) => (1 - burstShare) * meanOf(day, hour));
  const bursts = drawStarts(rng, days, (day, hour) => (burstShare / burstSessions) * meanOf(day, hour));
  const sessions: Session[] = alone.map((startMs) => ({ startMs, model: null }));
  for (const burstMs of bursts) {
    const model = pickModel(rng);
    const count = drawPoisson(rng, burstSessions);
    for (let at = 0; at < count; at += 1)
      sessions.push({ startMs: burstMs - burstMeanMs * Math.log(1 - rng()), model });
  }
  return sessions.sort((a, b) => a.startMs - b.startMs);
}

/** Medians differ between models, but the average request's is the same for every seed. */
function makeExecTimes(rng: Rng, weights: readonly number[]): (model: number) => number {
  const logs = weights.map(() => execModelSigma * drawNormal(rng));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = logs.reduce((sum, log, model) => sum + log * (weights[model] ?? 0), 0) / total;
  return (model) => drawLogNormal(rng, execMedianMs * Math.exp((logs[model] ?? 0) - mean), execSigma);
}
