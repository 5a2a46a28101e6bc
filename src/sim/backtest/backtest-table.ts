// What a backtest prints: one table per scope and horizon, one row per forecaster; and calibration in figures. Pure.
import { skillOf } from './backtest-bars.ts';
import { horizonNames, type Run } from './backtest-suite.ts';

const head = [
  'forecaster',
  'WAPE',
  'of mean',
  'bias',
  'pinball',
  'skill',
  'coverage',
  'below',
  'above',
  'cal. error',
] as const;

export function renderRuns(runs: readonly Run[]): string {
  const blocks: string[] = [];
  for (const scope of ['total', 'pools'] as const)
    for (const [slot, horizon] of horizonNames.entries()) {
      const rows = runs.filter((run) => run.scope === scope && run.slot === slot);
      const [first] = rows;
      if (first === undefined) continue;
      const what = scope === 'total' ? 'all pools as one' : 'each pool';
      const { n, arrivals } = first.score;
      blocks.push(
        `${what}, next ${horizon}: ${n.toLocaleString('en')} forecasts, ${arrivals.toLocaleString('en')} arrivals`,
        renderTable(rows),
        '',
      );
    }
  return blocks.join('\n');
}

function renderTable(runs: readonly Run[]): string {
  const reference = runs.find(({ forecaster }) => forecaster === 'last-value');
  const rows = [head, ...runs.map((run) => cellsOf(run, reference))];
  const widths = head.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function cellsOf({ forecaster, score }: Run, reference: Run | undefined): readonly string[] {
  return [
    forecaster,
    score.wape.toFixed(3),
    score.wapeMean.toFixed(3),
    score.bias.toFixed(2),
    score.pinball.toFixed(4),
    reference === undefined ? '-' : skillOf(score.pinball, reference.score.pinball),
    score.coverage.toFixed(3),
    score.below.toFixed(3),
    score.above.toFixed(3),
    score.calibrationError.toFixed(4),
  ];
}

/** How often it came, by how likely it was said to be. */
export function renderCalibration(runs: readonly Run[]): string {
  return runs
    .map(({ forecaster, slot, scope, score }) => {
      const points = score.calibration
        .map(({ predicted, observed, n }) => `${predicted.toFixed(2)}->${observed.toFixed(2)} (${n})`)
        .join('  ');
      return `${forecaster}, ${scope}, ${horizonNames[slot] ?? ''}: ${points}`;
    })
    .join('\n');
}
