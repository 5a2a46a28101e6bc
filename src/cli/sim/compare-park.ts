// The comparison in a fleet that can park: against the best fixed two tiers, and against what a fleet without parking needs.
import { offlineOptimum } from '../../sim/replay/offline-optimum.ts';
import { envelopeOf, matchCurves, type Family } from '../../sim/report/match-curves.ts';
import { renderPareto } from '../../sim/report/pareto-plot.ts';
import { checkRatios, parkBars, vsHotBars } from './compare-checks.ts';
import { drawsFor, traceFamilies, type Setting, type Traced } from './compare-curves.ts';
import { pointsOf, type HotCurves } from './compare-hot.ts';
import { basePlan, coldTargets, ownPlan, parkingRivals, rivalPlan, waitTargets } from './compare-plan.ts';
import type { Section } from './compare-section.ts';
import { renderMatches, showHours } from './match-tables.ts';
import type { Parking } from './park-option.ts';

export interface ParkCurves {
  readonly ours: Traced;
  readonly twoTier: Traced;
  readonly rivals: readonly Traced[];
}

export async function tracePark(
  setting: Setting,
  park: Parking,
  options: { readonly families: readonly string[]; readonly quick: boolean },
): Promise<ParkCurves> {
  const { families, quick } = options;
  const plans = [
    ownPlan(setting.loads.meanMs, { parks: true, quick }),
    ...families.filter((family) => parkingRivals.includes(family)).map((family) => rivalPlan(family, quick)),
    basePlan(true, quick),
  ];
  const traced = await traceFamilies(setting, plans, { park, label: 'with parking' });
  const named = (name: string): Traced =>
    traced.find((each) => each.name === name) ?? { name, points: [], results: [] };
  const rivals = traced.filter(({ name }) => name !== 'ours' && name !== 'two-tier');
  return { ours: named('ours'), twoTier: named('two-tier'), rivals };
}

/** What the others would do in a fleet that parks is what they do in any: `hot` holds their curves. */
export function reportPark(
  setting: Setting,
  park: Parking,
  curves: { readonly park: ParkCurves; readonly hot: HotCurves },
): Section {
  const { ours, twoTier, rivals } = curves.park;
  const draws = drawsFor(setting);
  const fixed: Family = { name: 'fixed, hot only', points: curves.hot.fixed.points };
  const families: Family[] = [
    ours,
    ...rivals,
    { name: 'ours, hot only', points: curves.hot.ours.points },
    fixed,
  ];
  const wait = matchCurves({ measure: 'wait', targets: waitTargets, base: twoTier.points, families, draws });
  const cold = matchCurves({
    measure: 'cold',
    targets: coldTargets,
    base: twoTier.points,
    families: [ours, ...rivals],
    draws,
  });
  const vsHot = matchCurves({
    measure: 'wait',
    targets: waitTargets,
    base: fixed.points,
    families: [ours, twoTier],
    draws,
  });
  const { traffic, loads } = setting;
  const optimum = offlineOptimum(traffic.replay, { loadMs: loads.meanMs, ...park, gamma: 0 });
  const limitHours = optimum.cost / 3600;
  const days = twoTier.points[0]?.days.length ?? 0;
  const own = (matches: typeof wait): typeof wait => matches.filter(({ family }) => family === 'ours');
  const markdown = [
    `Idle + load + parked (at ${park.parkedShare} of the price) GPU-hours at equal mean wait; load ${loads.meanMs / 1000} s, wake ${park.wakeMs / 1000} s. ${traffic.label}.`,
    renderMatches(wait, 'two-tier', (target) => `${target} s`),
    'At equal share of cold starts (waits for a wake not counted):',
    renderMatches(cold, 'two-tier', (target) => `${target} % cold`),
    'Against the best fixed keep-alive without parking, at equal mean wait:',
    renderMatches(vsHot, 'fixed', (target) => `${target} s`),
    `Perfect foresight, nobody waits: ${showHours(limitHours)} GPU-hours.`,
  ].join('\n\n');
  return {
    name: 'parking',
    markdown,
    checks: [...checkRatios(parkBars, own(wait), days), ...checkRatios(vsHotBars, own(vsHot), days)],
    plots: [{ name: 'parking', svg: drawPark(setting, curves, limitHours) }],
    figures: { limitHours, matched: { wait, cold, vsHot }, points: pointsOf([ours, twoTier, ...rivals]) },
  };
}

function drawPark(
  { traffic }: Setting,
  { park, hot }: { readonly park: ParkCurves; readonly hot: HotCurves },
  limitHours: number,
): string {
  const envelope = ({ points }: Family): ReturnType<typeof envelopeOf> => envelopeOf('wait', points);
  return renderPareto({
    title: 'With parking: what waiting costs',
    subtitle: traffic.label,
    xTitle: 'mean wait of a request, s (log)',
    xFrom: 0.5,
    xTo: 20,
    curves: [
      { label: 'ours', points: envelope(park.ours), role: 'ours' },
      { label: 'best fixed two-tier', points: envelope(park.twoTier), role: 'base' },
      ...park.rivals.map((each) => ({ label: each.name, points: envelope(each), role: 'rival' as const })),
      { label: 'ours, hot only', points: envelope(hot.ours), role: 'rival' },
      { label: 'fixed, hot only', points: envelope(hot.fixed), role: 'rival' },
    ],
    limitHours,
    limitLabel: 'perfect foresight, no waits',
  });
}
