// What `npm run sim` takes: options with defaults and bounds, policies checked before anything runs.
import { err, ok, type Result } from '../../core/base/result.ts';
import { gammaMax } from '../../core/warming/exchange.ts';
import type { LoadTimes } from '../../sim/workload/loads.ts';
import { workersMax } from './job-runner.ts';
import { demand, OptionError, readNumber, readOptions } from './option-values.ts';
import { readParking, type Parking } from './park-option.ts';
import { readPolicySpec, readSweep, type PolicySpec } from './policy-spec.ts';
import { readLoads } from './read-loads.ts';

export interface SimRequest {
  readonly replay: readonly string[];
  readonly history: readonly string[];
  readonly policies: readonly PolicySpec[];
  readonly loads: LoadTimes;
  readonly park: Parking | null;
  readonly gamma: number;
  readonly seed: number;
  readonly queueing: 'own' | 'shared';
  readonly workers: number | null;
  readonly json: string | null;
  readonly svg: string | null;
}

export const gammaDefault = 40;
export const loadSecondsDefault = '23';
export const seedMax = 4_294_967_295;
/** One command line; a sweep of all families has about six hundred. */
const policiesMax = 1000;

/** Break-even times C = (1 + gamma) load from under a minute to eleven hours, as gammas: where curves bend, at any load time. */
export function gammasFor(loadMs: number): readonly number[] {
  return toGammas(breakEvenSeconds, loadMs);
}

/** Distinct and above 0: with a long load the shortest break-even times are none. */
export function toGammas(breakEvens: readonly number[], loadMs: number): readonly number[] {
  const gammas = breakEvens.map((seconds) => Math.max(leastGamma, seconds / (loadMs / 1000) - 1));
  return [...new Set(gammas.map((gamma) => Number(gamma.toPrecision(3))))];
}

const leastGamma = 0.3;

const breakEvenSeconds = [
  40, 65, 100, 160, 230, 320, 430, 600, 830, 1170, 1630, 2320, 3240, 4600, 6900, 10_400, 16_100, 25_300,
  39_100,
];

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const optionShapes = {
  replay: list,
  history: list,
  policy: list,
  load: text,
  park: text,
  gamma: text,
  sweep: { type: 'boolean' },
  seed: text,
  queueing: text,
  workers: text,
  json: text,
  svg: text,
} as const;

export function readSimOptions(args: readonly string[]): Result<SimRequest, string> {
  return readOptions(args, optionShapes, (values): SimRequest => {
    const loads = demand(readLoads(values.load ?? loadSecondsDefault));
    const park = values.park === undefined ? null : readParking(values.park, loads.meanMs);
    const sweep = values.sweep === true;
    if (sweep && values.gamma !== undefined)
      throw new OptionError('--gamma and --sweep exclude each other: a sweep goes through the gammas');
    const gamma = readGamma(values.gamma);
    const policies = demand(
      sweep
        ? readSwept(values.policy ?? [], gammasFor(loads.meanMs), gamma)
        : readNamed(values.policy ?? [], gamma),
    );
    const tiered = policies.find(({ family }) => family === 'two-tier');
    if (tiered !== undefined && park === null)
      throw new OptionError(`--policy ${tiered.spec}: needs a fleet that parks (--park 2:0.1)`);
    if (values.svg !== undefined && policies.length !== 1)
      throw new OptionError(`--svg shows one policy at one point, not ${policies.length}`);
    return {
      replay: values.replay ?? [],
      history: values.history ?? [],
      policies,
      loads,
      park,
      gamma,
      seed: readSeed(values.seed),
      queueing: readQueueing(values.queueing),
      workers: readWorkers(values.workers),
      json: values.json ?? null,
      svg: values.svg ?? null,
    };
  });
}

export function readGamma(given: string | undefined): number {
  return given === undefined
    ? gammaDefault
    : readNumber('gamma', given, { min: 0, max: gammaMax, isAbove: true });
}

export function readSeed(given: string | undefined): number {
  return given === undefined ? 1 : readNumber('seed', given, { min: 0, max: seedMax, isWhole: true });
}

export function readWorkers(given: string | undefined): number | null {
  return given === undefined
    ? null
    : readNumber('workers', given, { min: 1, max: workersMax, isWhole: true });
}

function readQueueing(given: string | undefined): 'own' | 'shared' {
  if (given === undefined || given === 'own') return 'own';
  if (given === 'shared') return given;
  throw new OptionError(`--queueing must be own or shared, not "${given}"`);
}

function readNamed(names: readonly string[], gamma: number): Result<readonly PolicySpec[], string> {
  if (names.length === 0) return err('no policy was given: --policy NAME (--help lists them)');
  if (names.length > policiesMax) return err(`${names.length} policies, at most ${policiesMax} are taken`);
  const policies: PolicySpec[] = [];
  for (const name of names) {
    const read = readPolicySpec(name, gamma);
    if (!read.ok) return read;
    policies.push(read.value);
  }
  return ok(policies);
}

function readSwept(
  families: readonly string[],
  gammas: readonly number[],
  gamma: number,
): Result<readonly PolicySpec[], string> {
  const specs: string[] = [];
  for (const family of families) {
    const swept = readSweep(family, gammas);
    if (!swept.ok) return swept;
    specs.push(...swept.value);
  }
  return readNamed(specs, gamma);
}
