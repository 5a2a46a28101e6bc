// Other fleets and other traffic: our policy must never be much worse than the best fixed one, whatever there is to learn.
import { must } from '../../core/base/assert.ts';
import { matchCurves, type Match } from '../../sim/report/match-curves.ts';
import { renderTable } from '../../sim/report/markdown.ts';
import { makeStream, drawLogNormal } from '../../sim/workload/draws.ts';
import { constantLoad, parseLoads, type LoadTimes } from '../../sim/workload/loads.ts';
import { drawPoissonWorkload } from '../../sim/workload/poisson.ts';
import type { Check } from '../checks.ts';
import { round4, scenarioBar } from './compare-checks.ts';
import { openSetting, traceFamilies, type Setting } from './compare-curves.ts';
import { basePlan, coldTargets, ownPlan, waitTargets } from './compare-plan.ts';
import type { Section } from './compare-section.ts';
import type { Parking } from './park-option.ts';
import { drawTraffic, splitTraffic, type Traffic } from './traffic.ts';

interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly traffic: Traffic;
  readonly loads: LoadTimes;
}

interface Outcome {
  readonly scenario: Scenario;
  readonly cold: readonly Match[];
  readonly wait: readonly Match[];
}

const poissonDays = 14;
/** Mean waits are compared at the same shares of a load as with this one. */
const waitTargetsLoadMs = 23_000;

export async function compareScenarios(
  setting: Setting,
  options: { readonly park: Parking; readonly quick: boolean; readonly isSampled: boolean },
): Promise<Section> {
  const outcomes: Outcome[] = [];
  for (const scenario of listScenarios(setting, options.isSampled))
    outcomes.push(await runScenario(setting, scenario, options));
  const checks = outcomes.map(checkOutcome);
  const cell = (match: Match | undefined): string => match?.ratio?.toFixed(2) ?? '–';
  const table = renderTable(
    [
      'best fixed / ours',
      ...coldTargets.map((target) => `${target} % cold`),
      'with parking, least',
      'least of all',
    ],
    outcomes.map(({ scenario, cold, wait }, at) => [
      scenario.what,
      ...coldTargets.map((target) => cell(cold.find((each) => each.target === target))),
      cell(leastOf(wait)),
      String(checks[at]?.value ?? ''),
    ]),
  );
  return {
    name: 'scenarios',
    markdown: `GPU-hours of the best fixed policy / ours: hot only at equal cold share, and with parking (best two tiers) at mean waits in the same proportion to the load.\n\n${table}`,
    checks,
    plots: [],
    figures: outcomes.map(({ scenario, cold, wait }) => ({
      name: scenario.name,
      traffic: scenario.traffic.label,
      cold,
      wait,
    })),
  };
}

function listScenarios({ traffic, loads, seed }: Setting, isSampled: boolean): readonly Scenario[] {
  const main = isSampled ? constant(waitTargetsLoadMs / 1000) : loads;
  const sampled = isSampled ? loads : drawBimodalLoads(seed);
  const poisson = splitTraffic(drawPoissonWorkload({ seed, days: poissonDays }), 'Poisson arrivals');
  const other = (which: number): Scenario => {
    const drawn = drawTraffic(seed + which);
    return {
      name: `seed${which}`,
      what: `made-up traffic, seed ${seed + which}`,
      traffic: drawn,
      loads: main,
    };
  };
  return [
    { name: 'load3', what: 'load 3 s', traffic, loads: constant(3) },
    { name: 'load23', what: 'load 23 s', traffic, loads: constant(23) },
    { name: 'load50', what: 'load 50 s', traffic, loads: constant(50) },
    {
      name: 'loadSampled',
      what: `loads drawn, mean ${(sampled.meanMs / 1000).toFixed(1)} s`,
      traffic,
      loads: sampled,
    },
    other(seed + 1),
    other(seed + 2),
    { name: 'poisson', what: 'constant rates, no structure', traffic: poisson, loads: main },
  ];
}

function constant(seconds: number): LoadTimes {
  const loads = constantLoad(seconds);
  return must(loads.ok ? loads.value : null, 'a load time within its bounds');
}

/** Seven of ten loads find their weights on the machine, the others fetch them: 15 s and 42 s, log-normal. */
export function drawBimodalLoads(seed: number): LoadTimes {
  const rng = makeStream(seed, 7);
  const rows = Array.from({ length: 1000 }, (_, at) =>
    (at % 10 < 7 ? drawLogNormal(rng, 15_000, 0.35) : drawLogNormal(rng, 42_000, 0.4)).toFixed(0),
  );
  const loads = parseLoads(`ms\n${rows.join('\n')}\n`);
  return must(loads.ok ? loads.value : null, 'drawn loads that can be parsed');
}

async function runScenario(
  setting: Setting,
  scenario: Scenario,
  { park, quick }: { readonly park: Parking; readonly quick: boolean },
): Promise<Outcome> {
  const { name, traffic, loads } = scenario;
  const here = openSetting({ ...setting, name: `scenario ${name}`, traffic, loads });
  const { meanMs } = loads;
  const label = `scenario ${name}`;
  const share = meanMs / waitTargetsLoadMs;
  const fleet = { ...park, wakeMs: park.wakeMs * Math.min(1, share) };
  const hot = await traceFamilies(here, [ownPlan(meanMs, { parks: false, quick }), basePlan(false, quick)], {
    park: null,
    label,
  });
  const parked = await traceFamilies(here, [ownPlan(meanMs, { parks: true, quick }), basePlan(true, quick)], {
    park: fleet,
    label,
  });
  const base = (traced: typeof hot): (typeof hot)[number]['points'] => traced.at(-1)?.points ?? [];
  return {
    scenario,
    cold: matchCurves({
      measure: 'cold',
      targets: coldTargets,
      base: base(hot),
      families: hot.slice(0, 1),
      draws: [],
    }),
    wait: matchCurves({
      measure: 'wait',
      targets: waitTargets.map((target) => target * share),
      base: base(parked),
      families: parked.slice(0, 1),
      draws: [],
    }),
  };
}

function leastOf(matches: readonly Match[]): Match | undefined {
  return matches
    .filter(({ ratio }) => ratio !== null)
    .reduce<Match | undefined>(
      (least, each) => ((each.ratio ?? 0) < (least?.ratio ?? Infinity) ? each : least),
      undefined,
    );
}

function checkOutcome({ scenario, cold, wait }: Outcome): Check {
  const reached = [...cold, ...wait].filter(({ ratio }) => ratio !== null);
  const least = leastOf(reached);
  const value = round4(least?.ratio ?? 0);
  const where =
    least === undefined
      ? 'nothing matched'
      : cold.includes(least)
        ? `at ${least.target} % cold`
        : `with parking at ${least.target.toFixed(2)} s mean wait`;
  return {
    id: `scenario.${scenario.name}.ratioMin`,
    value,
    bar: scenarioBar,
    op: '>=',
    ok: value >= scenarioBar,
    n: reached.length,
    note: `${where}; ${scenario.what}`,
  };
}
