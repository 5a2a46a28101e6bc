// A log-linear additive forecast, learned online by all pools together: ln(mean) = ln(a blend of rates) + one piecewise linear term per
// figure. Owns the figures and how they are learned; the tables are in the shared state. Pure.
import type { AdditiveTables } from '../additive-tables.ts';
import { horizonsMs } from '../forecast.ts';
import { arrivalAxes } from './arrival-axes.ts';
import type { Lesson, Look, MeanModel, SharedSight } from './mean-model.ts';
import { minuteMs } from './pool-trail.ts';
import { usualCount } from './usual-count.ts';

const figures = arrivalAxes.length;
const least = 2 ** -8;
/** Weights in the blend of the rates over 5 min, 1 h, 1 day and of the same time on earlier days, by horizon. */
const blends = [
  [0.4, 0.28, 0.12, 0.2],
  [0.29, 0.26, 0.1, 0.35],
  [0.175, 0.2, 0.125, 0.5],
] as const;
/** Ten figures that overlap each take a whole step: only this part of their sum counts, less where there is less to learn from. */
const tempers = [0.3, 0.15, 0.1] as const;
/** What learning overshoots beyond e^12 per horizon is cut. */
const logMax = 12;
/** Counts that look exact are not believed to be. */
const dispersionMin = 0.05;

const scratch = new Float64Array(figures);
const positions = new Float64Array(figures);

export const additive: MeanModel = {
  name: 'additive',
  mean(look) {
    const log = measure(look);
    const tables = look.shared.tablesOf(look.slot);
    return Math.exp(Math.min(logMax, log + (tempers[look.slot] ?? 0) * sumOf(tables)));
  },
  because(look) {
    measure(look);
    const tables = look.shared.tablesOf(look.slot);
    sumOf(tables);
    const terms = arrivalAxes.map(({ name }, axis) => ({
      name,
      log: (tempers[look.slot] ?? 0) * tables.term(axis, positions[axis] ?? 0),
    }));
    const [first, second] = terms.sort((a, b) => Math.abs(b.log) - Math.abs(a.log));
    return [first, second]
      .filter((term) => term !== undefined)
      .map(({ name, log }) => `${name} (x${Math.exp(log).toFixed(2)})`)
      .join(', ');
  },
  learning: {
    size: figures,
    trace: (into, offset) => into.set(positions, offset),
    learn,
  },
};

/** Fills the scratch with the figures of this moment; gives the logarithm of the blend. */
function measure({ trail, gaps, shared, nowMs, slot }: Look): number {
  const horizonMs = horizonsMs[slot] ?? 0;
  const [short, hour, day] = [1, 3, 4].map((at) => trail.rate(at, nowMs) * horizonMs) as [
    number,
    number,
    number,
  ];
  const usual = usualCount(trail, nowMs, horizonMs) ?? day;
  const ageMs = nowMs - trail.lastMs;
  const platform = shared.platformAt(nowMs);
  scratch[0] = log2Of(trail.rate(0, nowMs) * horizonMs);
  scratch[1] = log2Of(short);
  scratch[2] = log2Of(hour);
  scratch[3] = log2Of(day);
  scratch[4] = log2Of(usual);
  scratch[5] = log2Of(gaps.expected(slot, ageMs, shared.gaps));
  scratch[6] = Math.log2(trail.countLast(horizonMs, nowMs) + 0.5);
  scratch[7] = Math.log2(Math.max(1, ageMs / 1000));
  scratch[8] = (nowMs / (60 * minuteMs)) % 24;
  scratch[9] = platform.recentLog;
  scratch[10] = platform.ratioLog;
  const blend = blends[slot] ?? blends[0];
  return Math.log(blend[0] * short + blend[1] * hour + blend[2] * day + blend[3] * usual + 1e-4);
}

function log2Of(count: number): number {
  return Math.log2(count + least);
}

/** Looks up every figure; keeps its position for learning. */
function sumOf(tables: AdditiveTables): number {
  let sum = tables.bias;
  for (let axis = 0; axis < figures; axis += 1) {
    const position = tables.position(axis, scratch[axis] ?? 0);
    positions[axis] = position;
    sum += tables.term(axis, position);
  }
  return sum;
}

/** The slope of the negative binomial likelihood, (count - mean) / (1 + dispersion x mean): busy pools do not drown the others. */
function learn(shared: SharedSight, slot: number, { trace, mean, dispersion, count }: Lesson): void {
  const tables = shared.tablesOf(slot);
  const slope = (count - mean) / (1 + Math.max(dispersion, dispersionMin) * mean);
  const residual = (tempers[slot] ?? 0) * slope;
  tables.noteBias(residual);
  for (let axis = 0; axis < figures; axis += 1) tables.note(axis, trace[axis] ?? 0, residual);
  tables.learn();
}
