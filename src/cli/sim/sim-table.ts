// The table that `npm run sim` prints, and the JSON it writes. Pure.
import type { FleetFigures } from '../../sim/replay/fleet-policy.ts';
import type { ReplayResult } from '../../sim/replay/run-replay.ts';

const head = [
  'policy',
  'gamma',
  'cold %',
  'woken %',
  'wait s mean',
  'p50',
  'p95',
  'p99',
  'idle h',
  'load h',
  'parked h',
  'busy h',
  'cost h',
  'prewarms',
  'wasted',
] as const;

export function renderResults(results: readonly ReplayResult[]): string {
  const rows = [head, ...results.map(cellsOf)];
  const widths = head.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function cellsOf(result: ReplayResult): readonly string[] {
  const { wait, gpuSeconds, requests, prewarms } = result;
  const hours = (seconds: number): string => (seconds / 3600).toFixed(1);
  const percent = (count: number): string => (requests === 0 ? '-' : ((100 * count) / requests).toFixed(2));
  return [
    result.policy,
    String(result.gamma),
    percent(result.cold),
    percent(result.woken),
    wait.mean.toFixed(2),
    wait.p50.toFixed(1),
    wait.p95.toFixed(1),
    wait.p99.toFixed(1),
    hours(gpuSeconds.idle),
    hours(gpuSeconds.load),
    hours(gpuSeconds.parked),
    hours(gpuSeconds.busy),
    hours(result.cost),
    String(prewarms.useful + prewarms.wasted),
    String(prewarms.wasted),
  ];
}

/** `days` stay out: they are for comparisons. Seconds throughout. */
export function renderResultsJson(
  about: {
    readonly traffic: string;
    readonly figures: FleetFigures;
    readonly queueing: string;
    readonly seed: number;
  },
  results: readonly ReplayResult[],
): string {
  const leaveOut = (key: string, value: unknown): unknown => (key === 'days' ? undefined : value);
  return `${JSON.stringify({ ...about, points: results }, leaveOut, 2)}\n`;
}
