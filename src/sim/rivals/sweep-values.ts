// The values at which each family of policies is run to trace its whole curve: dense enough that the straight line between two neighbours
// flatters nobody. Roughly geometric, with the defaults and the vendors' values among them. Data only.

/** Keep-alive and windows, in seconds: 5 s to 6 h. */
export const keepAliveSeconds = [
  5, 10, 15, 22, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 750, 900, 1200, 1500, 1800, 2400, 3000, 3600,
  4800, 6000, 7200, 9000, 10_800, 14_400, 18_000, 21_600,
];

const hotSeconds = [0, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600, 7200];

/** Parked replicas are cheap, so they are worth keeping for days. */
const totalSeconds = [
  30, 60, 120, 180, 300, 420, 600, 900, 1200, 1800, 2400, 3600, 5400, 7200, 9000, 10_800, 14_400, 18_000,
  21_600, 28_800, 36_000, 43_200, 57_600, 72_000, 86_400, 108_000, 129_600, 172_800, 259_200, 345_600,
];

/** Pairs `hot:total` in which the replica is parked at all. */
export const twoTierPairs = hotSeconds.flatMap((hot) =>
  totalSeconds.filter((total) => total > hot).map((total) => `${hot}:${total}`),
);

/** GPU-seconds that a second of waiting is worth. */
export const gammas = [
  1, 2, 3, 5, 7, 10, 14, 20, 25, 32, 40, 50, 65, 80, 100, 125, 160, 200, 250, 320, 400, 500, 650, 800, 1000,
  1300, 1600, 2000,
];

/** Knative allows windows from 6 s to an hour; the curve goes on to where fixed keep-alive's does. */
export const stableWindowSeconds = [
  6, 10, 15, 30, 60, 90, 120, 180, 300, 450, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10_800, 14_400,
  21_600,
];

export const tailPercents = [20, 40, 50, 60, 70, 75, 80, 85, 90, 93, 95, 97, 98, 99, 99.5, 99.9, 100];

export const replicaCaps = [1, 2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 180, 256, 360, 512];

export const forecastThresholds = [
  0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
];

export const arrivalChances = [
  0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99,
];

export const provisions = [1, 2, 3, 4, 6, 8, 'peak'];

export const provisionPercents = [50, 60, 70, 80, 85, 90, 93, 95, 97, 98, 99, 99.5, 99.9, 100];
