// The comparison in a fleet that only knows hot and gone: every rival against the best fixed keep-alive.
import { offlineOptimum } from '../../sim/replay/offline-optimum.ts';
import { envelopeOf, matchCurves } from '../../sim/report/match-curves.ts';
import { renderPareto } from '../../sim/report/pareto-plot.ts';
import { placeOn } from '../../sim/report/policy-point.ts';
import { checkRatios, hotBars } from './compare-checks.ts';
import { drawsFor, traceFamilies, type Setting, type Traced } from './compare-curves.ts';
import { basePlan, coldTargets, ownPlan, rivalPlan, waitTargets } from './compare-plan.ts';
import type { Section } from './compare-section.ts';
import { renderMatches, renderSingles, showHours } from './match-tables.ts';

export interface HotOptions {
  readonly families: readonly string[];
  readonly quick: boolean;
}

export interface HotCurves {
  readonly ours: Traced;
  readonly fixed: Traced;
  readonly rivals: readonly Traced[];
}

export async function traceHot(setting: Setting, { families, quick }: HotOptions): Promise<HotCurves> {
  const plans = [
    ownPlan(setting.loads.meanMs, { parks: false, quick }),
    ...families.map((family) => rivalPlan(family, quick)),
    basePlan(false, quick),
  ];
  const traced = await traceFamilies(setting, plans, { park: null, label: 'hot only' });
  const named = (name: string): Traced =>
    traced.find((each) => each.name === name) ?? { name, points: [], results: [] };
  const rivals = traced.filter(({ name }) => name !== 'ours' && name !== 'fixed');
  return { ours: named('ours'), fixed: named('fixed'), rivals };
}

export function reportHot(setting: Setting, { ours, fixed, rivals }: HotCurves): Section {
  const draws = drawsFor(setting);
  const knobbed = rivals.filter(({ points }) => points.length > 1);
  const families = [ours, ...knobbed];
  const match = (measure: 'cold' | 'wait', targets: readonly number[]): ReturnType<typeof matchCurves> =>
    matchCurves({ measure, targets, base: fixed.points, families, draws });
  const cold = match('cold', coldTargets);
  const wait = match('wait', waitTargets);
  const envelope = ({ points }: Traced): ReturnType<typeof envelopeOf> => envelopeOf('cold', points);
  const singles = rivals
    .filter(({ points }) => points.length === 1)
    .flatMap(({ points }) => points.map((point) => placeOn('cold', point)));
  const { traffic, loads } = setting;
  const figures = { loadMs: loads.meanMs, wakeMs: null, parkedShare: 0, gamma: 0 };
  const limitHours = offlineOptimum(traffic.replay, figures).cost / 3600;
  const markdown = [
    `Idle + load GPU-hours at equal share of cold starts, hot only, load ${loads.meanMs / 1000} s. ${traffic.label}. In brackets: best fixed / policy, with the middle 95 % of resampled days. A policy that is warmer than asked at its cheapest counts with that.`,
    renderMatches(cold, 'fixed', (target) => `${target} % cold`),
    'At equal mean wait:',
    renderMatches(wait, 'fixed', (target) => `${target} s`),
    ...(singles.length === 0
      ? []
      : [
          'Policies without a knob:',
          renderSingles(singles, { fixed: envelope(fixed), ours: envelope(ours) }),
        ]),
    `Perfect foresight, nobody waits: ${showHours(limitHours)} GPU-hours.`,
  ].join('\n\n');
  const svg = renderPareto({
    title: 'Hot only: what cold starts cost',
    subtitle: traffic.label,
    xTitle: 'cold requests, % (log)',
    xFrom: 1,
    xTo: 100,
    curves: [
      { label: 'ours', points: envelope(ours), role: 'ours' },
      { label: 'best fixed keep-alive', points: envelope(fixed), role: 'base' },
      ...rivals.map((each) => ({ label: each.name, points: envelope(each), role: 'rival' as const })),
    ],
    limitHours,
    limitLabel: 'perfect foresight, no waits',
  });
  return {
    name: 'hot',
    markdown,
    checks: checkRatios(
      hotBars,
      cold.filter(({ family }) => family === 'ours'),
      fixed.points[0]?.days.length ?? 0,
    ),
    plots: [{ name: 'hot', svg }],
    figures: { limitHours, matched: { cold, wait }, points: pointsOf([ours, fixed, ...rivals]) },
  };
}

/** Every point as a replay gave it; days stay out, intervals are made of them already. */
export function pointsOf(traced: readonly Traced[]): unknown {
  return Object.fromEntries(
    traced.map(({ name, results }) => [name, results.map(({ days: _days, ...rest }) => rest)]),
  );
}
