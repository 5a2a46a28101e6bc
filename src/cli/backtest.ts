// `npm run backtest`: how good the forecasts of demand are, on traffic that the forecasters have not seen.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../core/base/result.ts';
import { horizonsMs } from '../core/demand/forecast.ts';
import { seriesOf, type ArrivalSeries } from '../sim/backtest/arrival-series.ts';
import { judgeRuns } from '../sim/backtest/backtest-bars.ts';
import { horizonNames, runSuite, type Run } from '../sim/backtest/backtest-suite.ts';
import { renderCalibration, renderRuns } from '../sim/backtest/backtest-table.ts';
import { parseCountSeries } from '../sim/backtest/count-series.ts';
import { renderBandPlot, type BandSample } from '../sim/backtest/plot-bands.ts';
import { renderCalibrationPlot } from '../sim/backtest/plot-calibration.ts';
import { describeCsvFault } from '../sim/workload/csv-fault.ts';
import { backtestHelp } from './backtest/backtest-help.ts';
import { readBacktestOptions, type BacktestRequest } from './backtest/backtest-options.ts';
import { makeTeller } from './backtest/teller.ts';
import { printChecks } from './checks.ts';
import { checkOutput } from './sim/check-outputs.ts';
import { readText } from './sim/read-text.ts';
import { readTraffic } from './sim/traffic.ts';
import { writeText } from './sim/write-text.ts';

/** Bad input; 1 is left to what goes wrong by itself. */
const badInput = 2;
const dayMs = 86_400_000;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(backtestHelp);
    return 0;
  }
  const request = readBacktestOptions(args);
  if (!request.ok) return fail(request.error);
  const wrong = checkOutput('json', request.value.json) ?? checkFolder(request.value.svg);
  if (wrong !== null) return fail(wrong);
  const loaded = load(request.value);
  if (!loaded.ok) return fail(loaded.error);
  const done = backtest(request.value, loaded.value);
  return done.ok ? 0 : fail(done.error);
}

interface Loaded {
  readonly series: ArrivalSeries;
  readonly label: string;
}

function load({ counts, replay, history, seed }: BacktestRequest): Result<Loaded, string> {
  if (counts !== null) {
    const text = readText(counts);
    if (!text.ok) return err(`--counts: ${text.error}`);
    const series = parseCountSeries(text.value);
    if (!series.ok) return err(describeCsvFault(series.error, counts));
    return ok({ series: series.value, label: `counts per ${series.value.grainMs / 1000} s` });
  }
  const traffic = readTraffic({ replay, history, seed });
  if (!traffic.ok) return traffic;
  if (traffic.value.replay.pool.length === 0)
    return err('the replay has no requests, there is nothing to score');
  return ok({
    series: seriesOf(traffic.value.replay, traffic.value.history),
    label: traffic.value.label,
  });
}

function backtest(request: BacktestRequest, { series, label }: Loaded): Result<null, string> {
  const { forecasters } = request;
  const shown = forecasters.find((each) => each === 'ensemble') ?? forecasters[0] ?? '';
  const lastDayMs = Math.max(0, Math.floor((series.endMs - 1) / dayMs) * dayMs);
  const samples = horizonsMs.map((): BandSample[] => []);
  console.log(label);
  const teller = makeTeller();
  const runs = runSuite({
    series,
    forecasters,
    poolsMax: request.poolsMax,
    onProgress: (what, done, of) => teller.tell(what, done / of),
    onScored: (scope, forecaster, { slot, atMs, forecast, count }) => {
      if (scope === 'total' && forecaster === shown && atMs >= lastDayMs)
        samples[slot]?.push({ atMs, ...forecast, count });
    },
  });
  teller.end();
  const checks = judgeRuns(runs);
  console.log(`\n${renderRuns(runs)}`);
  console.log('chance of any arrival, forecast -> observed (forecasts):');
  console.log(`${renderCalibration(runs.filter(({ forecaster }) => forecaster === shown))}\n`);
  printChecks(checks.filter(({ bar }) => bar !== null));
  if (request.json !== null) {
    const scores = runs.map(({ scope, forecaster, slot, score }) => ({
      scope,
      forecaster,
      horizon: horizonNames[slot],
      ...score,
    }));
    const written = writeText(request.json, [
      `${JSON.stringify({ traffic: label, checks, scores }, null, 2)}\n`,
    ]);
    if (!written.ok) return written;
  }
  return request.svg === null ? ok(null) : draw(request.svg, { runs, samples, label, shown, lastDayMs });
}

interface Drawing {
  readonly runs: readonly Run[];
  readonly samples: readonly (readonly BandSample[])[];
  readonly label: string;
  readonly shown: string;
  readonly lastDayMs: number;
}

function draw(folder: string, { runs, samples, label, shown, lastDayMs }: Drawing): Result<null, string> {
  const subtitle = label.split(':')[0] ?? '';
  for (const scope of ['total', 'pools'] as const)
    for (const [slot, horizon] of horizonNames.entries()) {
      const lines = runs
        .filter((run) => run.scope === scope && run.slot === slot)
        .map(({ forecaster, score }) => ({
          label: forecaster,
          points: score.calibration,
          isMain: forecaster === shown,
        }));
      if (lines.length === 0) continue;
      const what = scope === 'total' ? 'all pools as one' : 'each pool';
      const title = `Chance of any arrival in the next ${horizon}, ${what}`;
      const written = writeText(join(folder, `calibration-${scope}-${horizon}.svg`), [
        renderCalibrationPlot({ title, subtitle, lines }),
      ]);
      if (!written.ok) return written;
    }
  for (const [slot, horizon] of horizonNames.entries()) {
    const day = samples[slot] ?? [];
    if (day.length === 0) continue;
    const title = `Forecasts of the next ${horizon} over the last day: ${shown}`;
    const unit = `requests in ${horizon}`;
    const written = writeText(join(folder, `bands-${horizon}.svg`), [
      renderBandPlot({ title, subtitle, unit, dayMs: lastDayMs, samples: day }),
    ]);
    if (!written.ok) return written;
  }
  return ok(null);
}

function checkFolder(path: string | null): string | null {
  if (path === null || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return null;
  return `--svg ${path}: is not a folder`;
}

function fail(why: string): number {
  console.error(`backtest: ${why} (--help shows all options)`);
  return badInput;
}
