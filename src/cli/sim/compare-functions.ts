// Functions of several models: what starting ahead along the graph saves, and what forecasting the function's own arrivals adds to that.
// Runs come when the trace's requests came; every replica is one model's alone; loads are drawn.
import {
  cutDelays,
  delayAt,
  placeDelay,
  type DelayCut,
  type DelayPoint,
} from '../../sim/report/delay-curves.ts';
import { renderTable } from '../../sim/report/markdown.ts';
import { drawRuns } from '../../sim/workload/function-runs.ts';
import { makeChain3, makeFan3 } from '../../sim/workload/functions.ts';
import type { Check } from '../checks.ts';
import { forecastCutBar, delayCutBar, round4 } from './compare-checks.ts';
import { drawsFor, jobFor, openSetting, type Setting } from './compare-curves.ts';
import { thin } from './compare-plan.ts';
import { drawBimodalLoads } from './compare-scenarios.ts';
import type { Section } from './compare-section.ts';
import type { JobResult, ReplayJob } from './replay-job.ts';
import type { LoadTimes } from '../../sim/workload/loads.ts';

interface Shape {
  readonly name: string;
  readonly graph: 'chain3' | 'fan3';
  readonly chance: number;
  /** A stage takes this share of the trace's execution time. */
  readonly execShare: number;
}

const short = 0.5;
const long = 2;
const shapes: readonly Shape[] = [
  ...(['chain3', 'fan3'] as const).flatMap((graph) =>
    [1, 0.6, 0.3].map((chance) => ({ name: `${graph}, p ${chance}`, graph, chance, execShare: short })),
  ),
  { name: 'chain3, p 1, long', graph: 'chain3', chance: 1, execShare: long },
  { name: 'chain3, p 0.3, long', graph: 'chain3', chance: 0.3, execShare: long },
];
const quickShapes = new Set(['chain3, p 1', 'fan3, p 0.3']);

/** A stage of the same run takes now more, now less of it. */
const stageSigma = 0.3;
const keepSeconds = [0, 5, 15, 30, 60, 90, 120, 180, 240, 400, 600, 900, 1500, 2400];
const gammas = [1, 2, 4, 6, 8, 11, 15, 20, 30, 45, 60, 90, 120, 180, 250, 400];
/** GPU-seconds that a second of waiting is worth to a start that is weighed without a forecast beside it. */
const weighedGamma = 6;
/** Idle + load GPU-seconds per run at which delays are compared, and those that bars are of. */
const costs = [150, 300, 600];
const barCosts = [300, 600];
const quickPoints = 6;

const ways = [
  'lazy',
  'trigger all',
  'just in time',
  'just in time x p',
  'forecast alone',
  'forecast + just in time x p',
] as const;
type Way = (typeof ways)[number];
type Curves = ReadonlyMap<Way, readonly DelayPoint[]>;

interface Traced {
  readonly shape: Shape;
  readonly curves: Curves;
  readonly wasted: readonly (readonly [Way, number])[];
}

export async function compareFunctions(
  setting: Setting,
  options: { readonly quick: boolean; readonly isSampled: boolean },
): Promise<Section> {
  const { quick, isSampled } = options;
  const loads = isSampled ? setting.loads : drawBimodalLoads(setting.seed);
  const traced: Traced[] = [];
  for (const shape of shapes.filter(({ name }) => !quick || quickShapes.has(name)))
    traced.push(await traceShape({ ...setting, loads }, shape, quick));
  return report({ ...setting, loads }, traced);
}

async function traceShape(setting: Setting, shape: Shape, quick: boolean): Promise<Traced> {
  const { graph, chance, execShare } = shape;
  const made = graph === 'chain3' ? makeChain3(chance) : makeFan3(chance);
  const { traffic, seed } = setting;
  const drawn = drawRuns(traffic, { seed, graph: made, execShare, execSigma: stageSigma });
  const here = openSetting({
    ...setting,
    name: `functions ${shape.name}`,
    traffic: { ...traffic, ...drawn },
  });
  const plans = ways.map((way) => ({ way, jobs: jobsOf(here, way, quick) }));
  const results = await here.runner.run(
    plans.flatMap(({ jobs }) => jobs),
    `functions: ${shape.name}`,
  );
  let at = 0;
  const own = plans.map(({ way, jobs }) => {
    const part = results.slice(at, at + jobs.length);
    at += jobs.length;
    return [way, part] as const;
  });
  return {
    shape,
    curves: new Map(own.map(([way, part]) => [way, part.map(pointOf)])),
    wasted: own.map(([way, part]) => [way, wastedShare(part)]),
  };
}

function curveOf(curves: Curves, way: Way): readonly DelayPoint[] {
  return curves.get(way) ?? [];
}

function jobsOf(setting: Setting, way: Way, quick: boolean): readonly ReplayJob[] {
  const keeps = quick ? thin(keepSeconds, quickPoints) : keepSeconds;
  const worths = quick ? thin(gammas, quickPoints) : gammas;
  const guided = (mode: NonNullable<ReplayJob['guided']>['mode']): readonly ReplayJob[] =>
    keeps.map((seconds) =>
      jobFor(setting, `fixed:${seconds}`, { guided: { mode, keepSeconds: seconds, gamma: weighedGamma } }),
    );
  switch (way) {
    case 'lazy':
      return keeps.map((seconds) => jobFor(setting, `fixed:${seconds}`));
    case 'trigger all':
      return guided('all-at-once');
    case 'just in time':
      return guided('just-in-time');
    case 'just in time x p':
      return guided('just-in-time-p');
    case 'forecast alone':
      return worths.map((gamma) => jobFor(setting, `ours:${gamma}:without=graph`));
    case 'forecast + just in time x p':
      return worths.map((gamma) => jobFor(setting, `ours:${gamma}`));
  }
}

function pointOf({ result, runDays }: JobResult): DelayPoint {
  return {
    spec: result.policy,
    days: runDays.map(({ runs, delaySeconds }, day) => {
      const { idleSeconds = 0, loadSeconds = 0 } = result.days[day] ?? {};
      return { runs, delaySeconds, gpuSeconds: idleSeconds + loadSeconds };
    }),
  };
}

/** Of all replicas brought up ahead, over the settings of a way. */
function wastedShare(part: readonly JobResult[]): number {
  const sum = (of: 'useful' | 'wasted'): number =>
    part.reduce((all, { result }) => all + result.prewarms[of], 0);
  const wasted = sum('wasted');
  return wasted / Math.max(1, wasted + sum('useful'));
}

function report(setting: Setting, traced: readonly Traced[]): Section {
  const { traffic, loads } = setting;
  const rows = traced.flatMap(({ shape, curves }) =>
    costs.map((cost) =>
      [`${shape.name}, at ${cost}`].concat(
        ways.map((way) => delayAt(curveOf(curves, way), cost)?.toFixed(1) ?? '–'),
      ),
    ),
  );
  const cheapest = traced.map(({ shape, curves }) => [
    shape.name,
    ...ways.map((way) => {
      const [first] = curveOf(curves, way)
        .map((point) => placeDelay(point))
        .toSorted((a, b) => a.x - b.x);
      return first === undefined ? '–' : `${first.hours.toFixed(1)} / ${first.x.toFixed(0)}`;
    }),
  ]);
  const markdown = [
    `What cold starts add to a run, in seconds, at equal idle + load GPU-seconds per run. ${describe(traffic.label, loads)}`,
    renderTable(['delay of a run, s', ...ways], rows),
    'The cheapest setting of each: delay in seconds / GPU-seconds per run. Keep-alive 0 s, or a gamma of 1.',
    renderTable(['cheapest', ...ways], cheapest),
  ].join('\n\n');
  return {
    name: 'functions',
    markdown,
    checks: checkFunctions(setting, traced),
    plots: [],
    figures: traced.map(({ shape, curves, wasted }) => ({
      shape,
      wasted: Object.fromEntries(wasted),
      points: Object.fromEntries(
        ways.map((way) => [way, curveOf(curves, way).map((point) => placeDelay(point))]),
      ),
    })),
  };
}

function describe(label: string, loads: LoadTimes): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(0);
  return (
    `Eight functions of three or four models of their own, their runs at the arrivals of eight pools (every other one by size) of ${label}. ` +
    `Loads are drawn: mean ${seconds(loads.meanMs)} s, 9 in 10 below ${seconds(loads.p90Ms)} s. Stages take half of the execution times there ("long": twice them). ` +
    'Lazy, trigger all and just in time are swept over a keep-alive, the forecast over gamma.'
  );
}

function checkFunctions(setting: Setting, traced: readonly Traced[]): readonly Check[] {
  const draws = drawsFor(setting);
  const days = setting.traffic.replay.endMs / 86_400_000;
  const shorts = traced.filter(({ shape }) => shape.execShare === short);
  const certain = shorts.filter(({ shape }) => shape.graph === 'chain3' && shape.chance === 1);
  const pairs = (of: readonly Traced[], base: Way): Parameters<typeof cutDelays>[0] =>
    of.map(({ curves }) => ({
      base: curveOf(curves, base),
      policy: curveOf(curves, 'forecast + just in time x p'),
    }));
  const check = (id: string, bar: number, cut: DelayCut | null, what: string): Check => {
    const value = round4(cut?.cut ?? 0);
    return {
      id,
      value,
      bar,
      op: '>=',
      ok: value >= bar,
      n: days,
      note: cut === null ? 'nothing compared' : `${what}; ${sayCut(cut)}`,
    };
  };
  const at = `at ${barCosts.join(' and ')} GPU-s a run`;
  return [
    check(
      'functions.delayCut',
      delayCutBar,
      cutDelays(pairs(certain, 'lazy'), barCosts, draws),
      `short certain chain, against lazy, ${at}`,
    ),
    check(
      'functions.forecastCut',
      forecastCutBar,
      cutDelays(pairs(shorts, 'trigger all'), barCosts, draws),
      `all short graphs, against trigger all, ${at}`,
    ),
  ];
}

function sayCut({ interval, range }: DelayCut): string {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const single = `single ones ${percent(range[0])} to ${percent(range[1])}`;
  return interval === null ? single : `95 % ${percent(interval[0])} to ${percent(interval[1])}; ${single}`;
}
