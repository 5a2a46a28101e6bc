// What each part of our policy is worth: the same curves with one part switched off.
import { ownParts } from '../../sim/replay/own-spec.ts';
import { costAt, type Reading } from '../../sim/report/envelope.ts';
import { envelopeOf } from '../../sim/report/match-curves.ts';
import { renderTable } from '../../sim/report/markdown.ts';
import { traceFamilies, type Setting } from './compare-curves.ts';
import { ownGammas, thin, type FamilyPlan } from './compare-plan.ts';
import type { Section } from './compare-section.ts';
import { showHours } from './match-tables.ts';
import type { Parking } from './park-option.ts';

const coldTargets = [20, 10, 5];
const waitTargets = [3, 1];

interface Row {
  readonly what: string;
  readonly readings: readonly (Reading | null)[];
}

export async function compareAblation(setting: Setting, park: Parking, quick: boolean): Promise<Section> {
  const hot = await traceFamilies(setting, plans(setting, false, quick), {
    park: null,
    label: 'ablation, hot only',
  });
  const parked = await traceFamilies(setting, plans(setting, true, quick), {
    park,
    label: 'ablation, with parking',
  });
  const rows = hot.map(({ name, points }, at): Row => {
    const cold = envelopeOf('cold', points);
    const wait = envelopeOf('wait', parked[at]?.points ?? []);
    return {
      what: name,
      readings: [...coldTargets.map((x) => costAt(cold, x)), ...waitTargets.map((x) => costAt(wait, x))],
    };
  });
  const full = rows[0]?.readings ?? [];
  const table = renderTable(
    [
      'GPU-hours (x whole)',
      ...coldTargets.map((x) => `${x} % cold`),
      ...waitTargets.map((x) => `parking, ${x} s`),
    ],
    rows.map(({ what, readings }) => [
      what,
      ...readings.map((reading, at) => showReading(reading, full[at] ?? null)),
    ]),
  );
  return {
    name: 'ablation',
    markdown: `Our policy with one part off, at equal cold share (hot only) and equal mean wait (with parking). ${setting.traffic.label}.\n\n${table}`,
    checks: [],
    plots: [],
    figures: rows,
  };
}

function showReading(reading: Reading | null, whole: Reading | null): string {
  if (reading === null) return 'not reached';
  return whole === null
    ? showHours(reading.hours)
    : `${showHours(reading.hours)} (${(reading.hours / whole.hours).toFixed(2)})`;
}

/** Enough of the curve to bracket every target. */
const pointsMax = 14;

function plans({ loads }: Setting, parks: boolean, quick: boolean): readonly FamilyPlan[] {
  const gammas = thin(ownGammas(loads.meanMs, parks), quick ? 5 : pointsMax);
  const variant = (name: string, suffix: string): FamilyPlan => ({
    name,
    specs: gammas.map((gamma) => `ours:${gamma}${suffix}`),
  });
  const parts = parks ? ownParts : ownParts.filter((part) => part !== 'parking');
  const sorted = [
    ...parts.filter((part) => part !== 'parking'),
    ...parts.filter((part) => part === 'parking'),
  ];
  return [
    variant('whole', ''),
    ...sorted.map((part) => variant(`without ${part}`, `:without=${part}`)),
    variant('with trust 0.1', ':with=trust'),
  ];
}
