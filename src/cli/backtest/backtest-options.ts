// What `npm run backtest` takes: options with defaults and bounds, checked before anything is read.
import type { Result } from '../../core/base/result.ts';
import { forecasterNames } from '../../core/demand/forecasters/forecaster-of.ts';
import { OptionError, readNumber, readOptions } from '../sim/option-values.ts';

export interface BacktestRequest {
  readonly replay: readonly string[];
  readonly history: readonly string[];
  /** A series of counts instead of requests. */
  readonly counts: string | null;
  readonly forecasters: readonly string[];
  readonly poolsMax: number;
  readonly json: string | null;
  /** Folder for pictures. */
  readonly svg: string | null;
  readonly seed: number;
}

export const poolsDefault = 100;
/** Each keeps some 25 KB, and a minute of it takes ten microseconds. */
const poolsMax = 10_000;
const seedMax = 4_294_967_295;

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const shapes = {
  replay: list,
  history: list,
  counts: text,
  forecaster: list,
  pools: text,
  json: text,
  svg: text,
  seed: text,
} as const;

/** The error is one line. */
export function readBacktestOptions(args: readonly string[]): Result<BacktestRequest, string> {
  return readOptions(args, shapes, (values) => {
    const forecasters = [...new Set(values.forecaster ?? forecasterNames)];
    for (const name of forecasters)
      if (!forecasterNames.some((each) => each === name))
        throw new OptionError(
          `--forecaster: there is no forecaster "${name}", there are ${forecasterNames.join(', ')}`,
        );
    const { replay = [], history = [], counts = null } = values;
    if (counts !== null && (replay.length > 0 || history.length > 0))
      throw new OptionError('--counts stands alone, without --replay and --history');
    return {
      replay,
      history,
      counts,
      forecasters,
      poolsMax: readNumber('pools', values.pools ?? String(poolsDefault), {
        min: 0,
        max: poolsMax,
        isWhole: true,
      }),
      json: values.json ?? null,
      svg: values.svg ?? null,
      seed: readNumber('seed', values.seed ?? '1', { min: 0, max: seedMax, isWhole: true }),
    };
  });
}
