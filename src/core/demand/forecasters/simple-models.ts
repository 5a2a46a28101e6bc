// The forecasters that need no learning: what came last, what came of late, what came at this time on earlier days, and that corrected
// by how the present day differs. Pure.
import { horizonsMs } from '../forecast.ts';
import type { Look, MeanModel } from './mean-model.ts';
import { usualCount } from './usual-count.ts';

const horizonOf = ({ slot }: Look): number => horizonsMs[slot] ?? 0;
const hourMs = 3_600_000;

/** As many as came in the last horizon. */
export const lastValue: MeanModel = {
  name: 'last-value',
  mean: (look) => look.trail.countLast(horizonOf(look), look.nowMs),
  because: (look) => `${look.trail.countLast(horizonOf(look), look.nowMs)} came in the last as long`,
};

/** Which fading count suits a horizon: 5 min, 5 min, 30 min. */
const recentTau = [1, 1, 2] as const;

/** Exponentially weighted mean rate, longer for a longer horizon. */
export const recentRate: MeanModel = {
  name: 'recent-rate',
  mean: (look) => look.trail.rate(recentTau[look.slot] ?? 1, look.nowMs) * horizonOf(look),
  because: ({ trail, nowMs, slot }) =>
    `${(trail.rate(recentTau[slot] ?? 1, nowMs) * 60_000).toFixed(2)} requests a minute of late`,
};

/** Mean of the same time on the last days, at most seven; a pool younger than a day is known by its rate alone. */
export const seasonal: MeanModel = {
  name: 'seasonal',
  mean: seasonMean,
  because: (look) => `the same time on the last ${look.trail.daysKnown(look.nowMs)} days`,
};

function seasonMean(look: Look): number {
  const usual = usualCount(look.trail, look.nowMs, horizonOf(look));
  return usual ?? recentRate.mean(look);
}

/** Requests that must differ from the usual ones before half of it is believed. */
const calmRequests = 1;

/**
 * The season times how much more than usual came in the last hour: Gamma-Poisson shrinkage,
 * (recent + calm) / (usual + calm), both weighted to the last half hour.
 */
export const levelSeasonal: MeanModel = {
  name: 'level-seasonal',
  mean(look) {
    const { trail, nowMs } = look;
    const horizonMs = horizonOf(look);
    const usual = usualCount(trail, nowMs, horizonMs);
    if (usual === null) return recentRate.mean(look);
    const [recent, usually] = levelOf(look);
    const ratio = (recent + calmRequests) / (usually + calmRequests);
    // Where nothing ever came at this time, a ratio of the season says nothing: what comes now is added.
    return usual * ratio + (calmRequests / (usually + calmRequests)) * trail.rate(1, nowMs) * horizonMs;
  },
  because(look) {
    const [recent, usually] = levelOf(look);
    return `the same time on earlier days, with ${recent.toFixed(1)} of late where ${usually.toFixed(1)} are usual`;
  },
};

function levelOf({ trail, nowMs, slot }: Look): readonly [recent: number, usual: number] {
  const spanMs = slot === 2 ? hourMs : hourMs / 3;
  return [trail.countLast(spanMs, nowMs), usualCount(trail, nowMs - spanMs, spanMs) ?? 0];
}

/** Pauses as they have been, given how long nothing has come. */
export const hybridHistogram: MeanModel = {
  name: 'hybrid-histogram',
  mean: ({ gaps, slot, nowMs, trail, shared }) => gaps.expected(slot, nowMs - trail.lastMs, shared.gaps),
  because: ({ nowMs, trail }) =>
    `how long pauses last, ${Math.round((nowMs - trail.lastMs) / 1000)} s into this one`,
};
