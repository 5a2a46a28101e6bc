// The tables of a comparison: policies against the best fixed one at equal cold share or equal waiting. Pure.
import { costAt, type CurvePoint } from '../../sim/report/envelope.ts';
import { renderTable } from '../../sim/report/markdown.ts';
import type { Match } from '../../sim/report/match-curves.ts';

const absent = '–';

/** One row for each policy, ours first as it was matched; the baseline's hours and settings come last. */
export function renderMatches(
  matches: readonly Match[],
  baseName: string,
  showTarget: (target: number) => string,
): string {
  const targets = [...new Set(matches.map(({ target }) => target))];
  const families = [...new Set(matches.map(({ family }) => family))];
  const cellsOf = (family: string): string[] =>
    targets.map((target) =>
      showMatch(matches.find((each) => each.family === family && each.target === target)),
    );
  const rows = families.map((family) => [family].concat(cellsOf(family)));
  const base = targets.map((target) => showBase(matches.find((each) => each.target === target)));
  return renderTable(
    [`GPU-hours (${baseName} / policy)`, ...targets.map(showTarget)],
    [...rows, [`best ${baseName}`, ...base]],
  );
}

function showMatch(match: Match | undefined): string {
  if (match === undefined || match.policy === null) return absent;
  const hours = showHours(match.policy.hours);
  if (match.ratio === null) return hours;
  const range =
    match.interval === null ? '' : ` [${match.interval[0].toFixed(2)}–${match.interval[1].toFixed(2)}]`;
  return `${hours} (${match.ratio.toFixed(2)}${range})`;
}

function showBase(match: Match | undefined): string {
  if (match === undefined || match.base === null) return absent;
  const { hours, between } = match.base;
  const setting = (spec: string): string => spec.split(':').slice(1).join(':');
  const [left, right] = between;
  const settings = left === right ? setting(left) : `${setting(left)} to ${setting(right)}`;
  return `${showHours(hours)} (${settings})`;
}

export function showHours(hours: number): string {
  return hours >= 100 ? hours.toFixed(0) : hours.toFixed(1);
}

/** Policies without a knob, each at the cold share that it happens to have. */
export function renderSingles(
  singles: readonly CurvePoint[],
  curves: { readonly fixed: readonly CurvePoint[]; readonly ours: readonly CurvePoint[] },
): string {
  const at = (envelope: readonly CurvePoint[], x: number): string => {
    const reading = costAt(envelope, x);
    return reading === null ? absent : showHours(reading.hours);
  };
  return renderTable(
    ['policy', 'cold %', 'GPU-hours', 'best fixed there', 'ours there'],
    singles.map(({ spec, x, hours }) => [
      spec,
      x.toFixed(1),
      showHours(hours),
      at(curves.fixed, x),
      at(curves.ours, x),
    ]),
  );
}
