// Every policy that can be named on a command line, with its parameters, its line of help and its sweep. Data and constructors; policy-of.ts reads it. Pure.
import { must } from '../../core/base/assert.ts';
import type { FleetPolicy } from '../replay/fleet-policy.ts';
import { BestThreshold } from './best-threshold.ts';
import { fixedKeepAlive, fixedTwoTier } from './fixed-windows.ts';
import { FourierForecast } from './fourier-forecast.ts';
import { GreedyDual } from './greedy-dual.ts';
import { HybridHistogram } from './hybrid-histogram.ts';
import { KnativeKpa } from './knative-kpa.ts';
import { ModelPredictive } from './model-predictive.ts';
import type { Parameter, PolicyFamily } from './policy-family.ts';
import { AlwaysOn, ScaleToZero } from './scale-to-zero.ts';
import { SeasonalFloor } from './seasonal-floor.ts';
import { SkiRental } from './ski-rental.ts';
import { StaticProvisioning } from './static-provisioning.ts';
import {
  arrivalChances,
  forecastThresholds,
  gammas,
  keepAliveSeconds,
  provisionPercents,
  provisions,
  replicaCaps,
  stableWindowSeconds,
  tailPercents,
  twoTierPairs,
} from './sweep-values.ts';

const yearSeconds = 31_536_000;
const gamma: Parameter = { name: 'GAMMA', min: 0, max: 1_000_000, fallback: null };
const seconds = (name: string): Parameter => ({ name, min: 0, max: yearSeconds });

/** The randomised rule draws from this seed: two runs of one command agree. */
const skiSeed = 1;
/** At peak provisioning every pool that is deployed has one replica, also one without a past. */
const peak = { kind: 'share', share: 1, least: 1 } as const;

export const policyFamilies: readonly PolicyFamily[] = [
  // Our own policy, `ours[:GAMMA]`, stands here, before its rivals.
  {
    name: 'fixed',
    parameters: [seconds('SECONDS')],
    help: 'fixed keep-alive: stopped after SECONDS of idle time',
    sweep: keepAliveSeconds.map((value) => `fixed:${value}`),
    make: (spec, [value]) => ({ ...fixedKeepAlive(given(value)), name: spec }),
  },
  vendor('runpod', 5, "RunPod's default idle timeout"),
  vendor('fal', 60, "fal's default keep_alive"),
  vendor('modal', 60, "Modal's default scaledown_window"),
  vendor('lambda', 600, 'about what AWS Lambda keeps'),
  vendor('baseten', 900, "Baseten's default scale-down delay"),
  {
    name: 'two-tier',
    parameters: [seconds('HOT'), seconds('TOTAL')],
    help: 'fixed two tiers: parked after HOT seconds of idle time, stopped after TOTAL (needs parking)',
    sweep: twoTierPairs.map((pair) => `two-tier:${pair}`),
    make: (spec, [hot, total]) => ({ ...fixedTwoTier(given(hot), given(total)), name: spec }),
  },
  {
    name: 'zero',
    parameters: [],
    help: 'scale to zero: stopped with the request',
    sweep: ['zero'],
    make: () => new ScaleToZero(),
  },
  {
    name: 'always-on',
    parameters: [],
    help: 'one replica in each pool from the start, none ever stopped',
    sweep: ['always-on'],
    make: () => new AlwaysOn(),
  },
  {
    name: 'static',
    parameters: [{ name: 'REPLICAS', min: 0, max: 10_000, isWhole: true, words: { peak: Infinity } }],
    help: 'REPLICAS in each pool all the time; peak: the most each pool needed in the last 7 days of history',
    sweep: provisions.map((value) => `static:${value}`),
    make: (spec, [value], poolCount) => {
      const replicas = given(value);
      const provision = replicas === Infinity ? peak : ({ kind: 'count', replicas } as const);
      return new StaticProvisioning(spec, poolCount, provision);
    },
  },
  {
    name: 'static-pct',
    parameters: [{ name: 'PCT', min: 1, max: 100 }],
    help: 'static, enough for PCT % of the time of the last 7 days of history in each pool',
    sweep: provisionPercents.map((value) => `static-pct:${value}`),
    make: (spec, [value], poolCount) =>
      new StaticProvisioning(spec, poolCount, { kind: 'share', share: given(value) / 100, least: 0 }),
  },
  {
    name: 'kpa',
    parameters: [
      { name: 'WINDOW_S', min: 6, max: 86_400, fallback: 60 },
      { name: 'TARGET_PCT', min: 1, max: 100, fallback: 70 },
    ],
    help: "Knative's pod autoscaler: stable window of WINDOW_S (60), TARGET_PCT utilisation (70)",
    sweep: stableWindowSeconds.flatMap((value) => [`kpa:${value}`, `kpa:${value}:100`]),
    make: (spec, [windowSeconds, targetPercent], poolCount) =>
      new KnativeKpa(spec, poolCount, {
        stableMs: given(windowSeconds) * 1000,
        utilisation: given(targetPercent) / 100,
      }),
  },
  {
    name: 'histogram',
    parameters: [{ name: 'TAIL_PCT', min: 5, max: 100, fallback: 99 }],
    help: 'hybrid histogram of idle times (ATC 2020), kept until its TAIL_PCT percentile (99)',
    sweep: tailPercents.map((value) => `histogram:${value}`),
    make: (spec, [value], poolCount) => new HybridHistogram(spec, poolCount, given(value) / 100),
  },
  {
    name: 'faascache',
    parameters: [{ name: 'CAP', min: 1, max: 1_000_000, isWhole: true }],
    help: 'FaasCache (ASPLOS 2021): greedy-dual eviction under CAP replicas in all',
    sweep: replicaCaps.map((value) => `faascache:${value}`),
    make: (spec, [value], poolCount) => new GreedyDual(spec, poolCount, given(value)),
  },
  {
    name: 'fft',
    parameters: [{ name: 'THRESHOLD', min: 0, max: 10, fallback: 0.5 }],
    help: 'Fourier forecast of concurrency (like IceBreaker, ASPLOS 2022): the k-th replica from k - 1 + THRESHOLD (0.5) on',
    sweep: forecastThresholds.map((value) => `fft:${value}`),
    make: (spec, [value], poolCount) => new FourierForecast(spec, poolCount, given(value)),
  },
  {
    name: 'seasonal',
    parameters: [{ name: 'P', min: 0, max: 1, fallback: 0.5 }],
    help: 'keep-alive of 300 s, and one replica held while P(any arrival in 10 min) is at least P (0.5)',
    sweep: arrivalChances.map((value) => `seasonal:${value}`),
    make: (spec, [value], poolCount) => new SeasonalFloor(spec, poolCount, given(value)),
  },
  {
    name: 'threshold',
    parameters: [gamma],
    help: "each pool's best fixed window for the idle times seen so far, at GAMMA (the fleet's)",
    sweep: gammas.map((value) => `threshold:${value}`),
    make: (spec, [value], poolCount) => new BestThreshold(spec, poolCount, value ?? null),
  },
  {
    name: 'ski',
    parameters: [gamma],
    help: "ski-rental at GAMMA (the fleet's); with parking the lower envelope of three states",
    sweep: gammas.map((value) => `ski:${value}`),
    make: (spec, [value]) => new SkiRental(spec, { gamma: value ?? null }),
  },
  {
    name: 'ski-random',
    parameters: [gamma],
    help: 'randomised ski-rental, seeded',
    sweep: gammas.map((value) => `ski-random:${value}`),
    make: (spec, [value]) => new SkiRental(spec, { gamma: value ?? null, seed: skiSeed }),
  },
  {
    name: 'mpc',
    parameters: [gamma],
    help: "model-predictive control, three minutes ahead, at GAMMA (the fleet's)",
    sweep: gammas.map((value) => `mpc:${value}`),
    make: (spec, [value], poolCount) => new ModelPredictive(spec, poolCount, value ?? null),
  },
];

function vendor(name: string, keepAlive: number, whose: string): PolicyFamily {
  return {
    name,
    parameters: [],
    help: `fixed:${keepAlive}, ${whose}`,
    sweep: [name],
    make: (): FleetPolicy => ({ ...fixedKeepAlive(keepAlive), name }),
  };
}

function given(value: number | null | undefined): number {
  return must(value, 'a parameter without which the policy cannot be spelt');
}
