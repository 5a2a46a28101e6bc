// What `npm run sim:compare` takes, checked before anything runs.
import { basename } from 'node:path';
import { err, ok, type Result } from '../../core/base/result.ts';
import type { LoadTimes } from '../../sim/workload/loads.ts';
import { slowRivals } from './compare-plan.ts';
import { workersMax } from './job-runner.ts';
import { demand, OptionError, readOptions } from './option-values.ts';
import { readParking, type Parking } from './park-option.ts';
import { familyNames } from './policy-spec.ts';
import { readLoads } from './read-loads.ts';
import { loadSecondsDefault, readSeed, readWorkers } from './sim-options.ts';

export interface CompareRequest {
  readonly replay: readonly string[];
  readonly history: readonly string[];
  readonly loads: LoadTimes;
  /** Load times that were measured, given as a file. */
  readonly isSampled: boolean;
  readonly park: Parking;
  /** Rivals beside ours and the best fixed policies. */
  readonly families: readonly string[];
  readonly seed: number;
  readonly quick: boolean;
  readonly strict: boolean;
  readonly main: boolean;
  readonly scenarios: boolean;
  readonly ablation: boolean;
  readonly functions: boolean;
  readonly workers: number | null;
  readonly json: string | null;
  readonly markdown: string | null;
  readonly svg: string | null;
  /** Of the blocks and plots that are written: one document holds several comparisons. */
  readonly name: string;
  /** The command line as documents show it: no paths of this machine, nothing of where results go. */
  readonly command: string;
}

export const parkDefault = '2:0.1';

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;
const optionShapes = {
  replay: list,
  history: list,
  load: text,
  park: text,
  families: text,
  seed: text,
  quick: flag,
  strict: flag,
  scenarios: flag,
  ablation: flag,
  functions: flag,
  only: flag,
  workers: text,
  json: text,
  markdown: text,
  svg: text,
  name: text,
} as const;

export function readCompareOptions(args: readonly string[]): Result<CompareRequest, string> {
  return readOptions(args, optionShapes, (values): CompareRequest => {
    const loads = demand(readLoads(values.load ?? loadSecondsDefault));
    const { quick = false, strict = false } = values;
    const replay = values.replay ?? [];
    const park = values.park ?? parkDefault;
    return {
      replay,
      history: values.history ?? [],
      loads,
      isSampled: loads.sortedMs.length > 1,
      park: readParking(park, loads.meanMs),
      families: demand(readFamilies(values.families, quick)),
      seed: readSeed(values.seed),
      quick,
      strict,
      ...readParts(values),
      workers: readWorkers(values.workers),
      json: values.json ?? null,
      markdown: values.markdown ?? null,
      svg: values.svg ?? null,
      name: demand(readName(values.name, replay)),
      command: showCommand(args),
    };
  });
}

/** Which parts are run. */
function readParts(flags: {
  readonly [Name in 'scenarios' | 'ablation' | 'functions' | 'only']?: boolean;
}): Pick<CompareRequest, 'main' | 'scenarios' | 'ablation' | 'functions'> {
  const { scenarios = false, ablation = false, functions = false, only = false } = flags;
  if (only && !scenarios && !ablation && !functions)
    throw new OptionError(
      '--only leaves out the comparison itself: it needs --scenarios, --ablation or --functions',
    );
  return { main: !only, scenarios, ablation, functions };
}

function readFamilies(given: string | undefined, quick: boolean): Result<readonly string[], string> {
  const rivals = familyNames().filter((name) => !['ours', 'fixed', 'two-tier'].includes(name));
  if (given === undefined) return ok(rivals.filter((name) => !quick || !slowRivals.includes(name)));
  const wanted = given.split(',').filter((name) => name !== '');
  const unknown = wanted.find((name) => !familyNames().includes(name));
  if (unknown !== undefined)
    return err(`--families: unknown policy "${unknown}"; known are ${familyNames().join(', ')}`);
  return ok(rivals.filter((name) => wanted.includes(name)));
}

function readName(given: string | undefined, replay: readonly string[]): Result<string, string> {
  const name = given ?? basename(replay[0] ?? 'synthetic').split('.')[0] ?? '';
  if (/^[\w-]{1,60}$/.test(name)) return ok(name);
  return given === undefined ? ok('traffic') : err(`--name takes letters, digits and dashes, not "${given}"`);
}

const outputs = ['--json', '--markdown', '--svg', '--workers'];

function showCommand(args: readonly string[]): string {
  const shown = args.filter(
    (arg, at) => !outputs.some((name) => arg === name || args[at - 1] === name || arg.startsWith(`${name}=`)),
  );
  const withoutPaths = shown.map((arg) => {
    const [option, value] = arg.startsWith('--') && arg.includes('=') ? arg.split('=') : [null, arg];
    return `${option === null ? '' : `${option}=`}${basename(value ?? '')}`;
  });
  return ['npm run sim:compare --', ...withoutPaths].join(' ').replace(/ --$/, '');
}

export const compareHelp = `npm run sim:compare -- [options]

Sweeps our policy and every rival to full curves of cost against waiting, reads them at equal cold share and equal mean wait, and says how
many times as much the best fixed policy costs, with 95 % intervals from resampled days. Bars are printed with each line.

  --replay FILE[.gz]   traffic to measure; more files are laid end to end. Without it: made-up traffic
  --history FILE[.gz]  earlier traffic that policies learn from; not measured
  --load S|FILE        seconds of a start, or a table of measured times (default ${loadSecondsDefault})
  --park S:FRACTION    seconds of a wake, and the price of a parked second (default ${parkDefault})
  --families A,B       only these rivals, beside ours and the best fixed ones (default: all)
  --scenarios          also load times 3 s, 50 s and sampled, other seeds, traffic without structure
  --ablation           also each part of our policy off alone
  --functions          also functions of several models: starting ahead along the graph, with and without a forecast
  --only               leave out the comparison itself
  --quick              few settings, no slow rivals: to see that all works, not to compare
  --seed N             of made-up traffic, drawn load times and resampled days (default 1)
  --workers N          threads, 1 to ${workersMax}; results do not depend on it
  --json FILE          {"checks":[...]} with all curves
  --markdown FILE      writes the tables into the file, between markers of their own; the rest of it stays
  --svg DIR            plots of all curves
  --name NAME          what blocks and plots are called (default: the first replay file's name)
  --strict             exit code 1 when a bar is missed`;
