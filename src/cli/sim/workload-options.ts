// What `npm run sim:workload` takes: its options with defaults and bounds, checked before anything is drawn.
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../core/base/result.ts';
import { replayRowsMax } from '../../sim/replay/parse-replay.ts';
import { adversarialDefaults, adversaries, type Adversary } from '../../sim/workload/adversarial.ts';
import { officeHoursDefaults } from '../../sim/workload/office-hours.ts';
import { poissonDefaults } from '../../sim/workload/poisson.ts';
import { servegenDefaults } from '../../sim/workload/servegen.ts';
import { syntheticDefaults } from '../../sim/workload/synthetic.ts';

export const workloadKinds = [
  'synthetic',
  'poisson',
  'office',
  'functions',
  'servegen',
  'adversarial',
] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** Every option with its value or default; which of them count depends on the kind. */
export interface WorkloadRequest {
  readonly kind: WorkloadKind;
  readonly out: string;
  readonly seed: number;
  readonly fromDay: number;
  /** Null = to the end. */
  readonly toDay: number | null;
  readonly days: number;
  readonly models: number;
  readonly tenants: number | null;
  readonly requestsPerDay: number;
  readonly rampDays: number;
  readonly graph: 'chain3' | 'fan3';
  readonly chance: number;
  readonly execShare: number;
  readonly rates: string;
  readonly peakRps: number;
  readonly execMedianS: number;
  readonly execSigma: number;
  readonly adversary: Adversary;
  readonly windowS: number;
  readonly loadS: number;
}

const made: readonly WorkloadKind[] = ['synthetic', 'poisson', 'office', 'functions', 'adversarial'];
const crowded: readonly WorkloadKind[] = ['synthetic', 'poisson', 'office', 'functions'];

/** Which kinds an option means something to; one that is given for another kind would silently do nothing. */
const kindsOf: Readonly<Record<string, readonly WorkloadKind[]>> = {
  days: made,
  models: made,
  tenants: crowded,
  'requests-per-day': crowded,
  'ramp-days': ['synthetic', 'functions'],
  graph: ['functions'],
  chance: ['functions'],
  'exec-share': ['functions'],
  rates: ['servegen'],
  'peak-rps': ['servegen'],
  'exec-median': ['servegen'],
  'exec-sigma': ['servegen'],
  adversary: ['adversarial'],
  window: ['adversarial'],
  load: ['adversarial'],
};

const string = { type: 'string' } as const;
const optionShapes = {
  kind: string,
  out: string,
  seed: string,
  'from-day': string,
  'to-day': string,
  days: string,
  models: string,
  tenants: string,
  'requests-per-day': string,
  'ramp-days': string,
  graph: string,
  chance: string,
  'exec-share': string,
  rates: string,
  'peak-rps': string,
  'exec-median': string,
  'exec-sigma': string,
  adversary: string,
  window: string,
  load: string,
} as const;

type Values = Readonly<Partial<Record<keyof typeof optionShapes, string>>>;

/** The request, or one line that names the option and what is wrong with it. */
export function readWorkloadOptions(args: readonly string[]): Result<WorkloadRequest, string> {
  let values: Values;
  try {
    ({ values } = parseArgs({ args: [...args], options: optionShapes }));
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
  try {
    return ok(checkRequest(values));
  } catch (cause) {
    if (cause instanceof OptionError) return err(cause.message);
    throw cause;
  }
}

class OptionError extends Error {}

function checkRequest(values: Values): WorkloadRequest {
  const kind = oneOf('kind', values.kind, workloadKinds, null);
  if (values.out === undefined || values.out === '') throw new OptionError('--out FILE is missing');
  for (const [name, kinds] of Object.entries(kindsOf))
    if (name in values && !kinds.includes(kind))
      throw new OptionError(`--${name} means nothing with --kind ${kind} (only with ${kinds.join(', ')})`);
  const rates = values.rates ?? '';
  if (kind === 'servegen' && rates === '')
    throw new OptionError('--kind servegen needs --rates FILE, a table of request rates');
  const { days, models, requestsPerDay } = defaultsOf(kind);
  const request: WorkloadRequest = {
    kind,
    out: values.out,
    rates,
    seed: whole('seed', values.seed, { min: 0, max: 4_294_967_295, byDefault: 1 }),
    fromDay: whole('from-day', values['from-day'], { min: 0, max: 399, byDefault: 0 }),
    toDay: values['to-day'] === undefined ? null : whole('to-day', values['to-day'], { min: 1, max: 400 }),
    days: whole('days', values.days, { min: 1, max: 400, byDefault: days }),
    models: whole('models', values.models, { min: 1, max: 20_000, byDefault: models }),
    tenants: readTenants(kind, values.tenants),
    requestsPerDay: real('requests-per-day', values['requests-per-day'], {
      min: 1,
      max: replayRowsMax,
      byDefault: requestsPerDay,
    }),
    rampDays: whole('ramp-days', values['ramp-days'], {
      min: 0,
      max: 400,
      byDefault: syntheticDefaults.rampDays,
    }),
    graph: oneOf('graph', values.graph, ['chain3', 'fan3'] as const, 'chain3'),
    chance: real('chance', values.chance, { min: 0, max: 1, byDefault: 0.6 }),
    execShare: real('exec-share', values['exec-share'], { min: 0.001, max: 1000, byDefault: 0.5 }),
    peakRps: real('peak-rps', values['peak-rps'], {
      min: 0.0001,
      max: 1_000_000,
      byDefault: servegenDefaults.peakRps,
    }),
    execMedianS: real('exec-median', values['exec-median'], {
      min: 0.001,
      max: 86_400,
      byDefault: servegenDefaults.execMedianMs / 1000,
    }),
    execSigma: real('exec-sigma', values['exec-sigma'], {
      min: 0,
      max: 2,
      byDefault: servegenDefaults.execSigma,
    }),
    adversary: oneOf(
      'adversary',
      values.adversary,
      Object.keys(adversaries) as Adversary[],
      adversarialDefaults.adversary,
    ),
    windowS: real('window', values.window, { min: 1, max: 604_800, byDefault: 600 }),
    loadS: real('load', values.load, { min: 0, max: 3600, byDefault: 23 }),
  };
  checkDays(request);
  return request;
}

function defaultsOf(kind: WorkloadKind): { days: number; models: number; requestsPerDay: number } {
  if (kind === 'poisson') return poissonDefaults;
  if (kind === 'office') return officeHoursDefaults;
  if (kind === 'adversarial')
    return { days: adversarialDefaults.days, models: adversarialDefaults.pools, requestsPerDay: 1 };
  return kind === 'functions' ? { ...syntheticDefaults, models: 8 } : syntheticDefaults;
}

function readTenants(kind: WorkloadKind, given: string | undefined): number | null {
  if (given !== undefined) return whole('tenants', given, { min: 1, max: 1_000_000 });
  if (kind === 'poisson') return poissonDefaults.tenants;
  return kind === 'office' ? officeHoursDefaults.tenants : null;
}

/** Before minutes of drawing end in a refusal. */
const rowsMax = replayRowsMax * 0.8;

function checkDays({ kind, fromDay, toDay, days, requestsPerDay, graph, ...rest }: WorkloadRequest): void {
  if (toDay !== null && toDay <= fromDay) throw new OptionError('--to-day must be after --from-day');
  if (kind === 'servegen') return;
  if (fromDay >= days || (toDay ?? 0) > days)
    throw new OptionError(`--from-day and --to-day must lie within the ${days} days that are made (--days)`);
  const stages = kind === 'functions' ? (graph === 'fan3' ? 4 : 3) : 1;
  const perDay =
    kind === 'adversarial' ? rest.models * (86_400 / (rest.windowS * 0.05 + 10)) : requestsPerDay * stages;
  if (days * perDay > rowsMax)
    throw new OptionError(
      `this makes up to ${Math.round(days * perDay)} requests, at most ${rowsMax} can be written`,
    );
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly byDefault?: number;
}

function real(name: string, given: string | undefined, { min, max, byDefault }: Bounds): number {
  if (given === undefined && byDefault !== undefined) return byDefault;
  const value = given === undefined || given.trim() === '' ? Number.NaN : Number(given);
  if (value >= min && value <= max) return value;
  throw new OptionError(`--${name} must be a number from ${min} to ${max}, not "${given ?? ''}"`);
}

function whole(name: string, given: string | undefined, bounds: Bounds): number {
  const value = real(name, given, bounds);
  if (Number.isInteger(value)) return value;
  throw new OptionError(`--${name} must be a whole number, not "${given ?? ''}"`);
}

function oneOf<T extends string>(
  name: string,
  given: string | undefined,
  allowed: readonly T[],
  byDefault: T | null,
): T {
  if (given === undefined && byDefault !== null) return byDefault;
  const found = allowed.find((value) => value === given);
  if (found !== undefined) return found;
  throw new OptionError(
    `--${name} must be one of ${allowed.join(', ')}${given === undefined ? '' : `, not "${given}"`}`,
  );
}
