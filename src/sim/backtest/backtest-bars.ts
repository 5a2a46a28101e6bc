// What a backtest must show: the ensemble is the best or as good as the best, per horizon; bands cover what they say. Pure.
import { horizonNames, type Run } from './backtest-suite.ts';
import type { Score } from './score-book.ts';

export interface BacktestCheck {
  readonly id: string;
  readonly value: number;
  readonly bar: number | null;
  readonly op: '<=' | '>=' | null;
  readonly ok: boolean;
  readonly n: number;
  readonly note: string;
}

/** As good as the best: within this share of it. Two runs of the same habits differ by more. */
const equalShare = 1.05;
/** A band of 80 %; a measured share lies two standard errors below it once in fifty runs. */
const covered = 0.8;
const errorsAllowed = 2;
/** Pools with fewer arrivals in the scored span say nothing of a ratio. */
const arrivalsMin = 100;
const mixed = 'ensemble';

/** One line per forecaster, horizon and measure; those of single pools carry `.pools` behind the horizon. */
export function judgeRuns(runs: readonly Run[]): readonly BacktestCheck[] {
  return runs.flatMap((run) => {
    const rivals = runs.filter(
      ({ scope, slot, forecaster }) => scope === run.scope && slot === run.slot && forecaster !== mixed,
    );
    const id = idOf(run);
    const checks = [
      against(`${id}.wape`, run, rivals, 'wape'),
      against(`${id}.pinball`, run, rivals, 'pinball'),
      coverage(`${id}.coverage`, run.score),
      watched(
        `${id}.calibration`,
        run.score.calibrationError,
        run.score.n,
        'mean |forecast chance of any - observed|',
      ),
    ];
    return run.scope === 'pools' && isJudged(run, rivals)
      ? [...checks, worstPool(`${id}.worstPool`, run, rivals)]
      : checks;
  });
}

/** Only a mix has anything to prove, and only against others. */
function isJudged({ forecaster }: Run, rivals: readonly Run[]): boolean {
  return forecaster === mixed && rivals.length > 0;
}

function idOf({ forecaster, slot, scope }: Run): string {
  return `backtest.${forecaster}.${horizonNames[slot] ?? slot}${scope === 'pools' ? '.pools' : ''}`;
}

function against(id: string, run: Run, rivals: readonly Run[], measure: 'wape' | 'pinball'): BacktestCheck {
  const value = run.score[measure];
  const last = rivals.find(({ forecaster }) => forecaster === 'last-value');
  const skill = last === undefined ? '' : `skill against last-value ${skillOf(value, last.score[measure])}`;
  if (!isJudged(run, rivals)) return watched(id, value, run.score.n, skill);
  const best = rivals.reduce((a, b) => (b.score[measure] < a.score[measure] ? b : a));
  const bar = digits(best.score[measure] * equalShare);
  const note = `best single: ${best.forecaster} ${digits(best.score[measure])}; ${skill}`;
  return { id, value: digits(value), bar, op: '<=', ok: digits(value) <= bar, n: run.score.n, note };
}

function coverage(id: string, { n, coverage: share, below, above }: Score): BacktestCheck {
  const bar = digits(covered - errorsAllowed * Math.sqrt((covered * (1 - covered)) / Math.max(1, n)));
  const note = `below the band ${percent(below)}, above ${percent(above)}`;
  return { id, value: digits(share), bar, op: '>=', ok: digits(share) >= bar, n, note };
}

/** Never much worse than the best of a pool's own: the largest ratio of pinball losses. */
function worstPool(id: string, run: Run, rivals: readonly Run[]): BacktestCheck {
  let worst = 0;
  let pools = 0;
  for (let pool = 0; run.book.hasPool(pool); pool += 1) {
    if (run.book.arrivalsOf(pool) < arrivalsMin) continue;
    pools += 1;
    const best = Math.min(...rivals.map(({ book }) => book.lossOf(pool)));
    worst = Math.max(worst, run.book.lossOf(pool) / Math.max(1e-9, best));
  }
  return watched(
    id,
    worst,
    pools,
    `pinball against the best single of the same pool, worst of ${pools} pools`,
  );
}

function watched(id: string, value: number, n: number, note: string): BacktestCheck {
  return { id, value: digits(value), bar: null, op: null, ok: true, n, note };
}

/** Share of the loss that is saved. */
export function skillOf(loss: number, reference: number): string {
  return reference === 0 ? '-' : percent(1 - loss / reference);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function digits(value: number): number {
  return Number(value.toPrecision(4));
}
