// Runs of compound functions that are on their way to this pool: the bounded table of what they expect, and how many replicas that asks
// for. Owns the table; the arithmetic is core/graph's, the starts are warm-pool's. Durable, so that an eviction forgets no run. Pure.
import {
  delayQuantile,
  addDelay,
  emptySketch,
  scaleSketch,
  type DelaySketch,
} from '../graph/delay-sketch.ts';
import { noneExpected, planExpected, type ExpectedReplicas } from '../graph/expected-replicas.ts';
import type { LoadQuantiles, PrewarmMode } from '../graph/decide-prewarm.ts';
import type { PoolEvent } from './pool-events.ts';
import type { PoolSettings } from './pool-settings.ts';
import type { Replica, Waiter } from './pool-state.ts';

/** What one run expects of this pool. */
export interface ExpectedRun {
  readonly run: string;
  readonly probability: number;
  readonly startMs: number;
  readonly untilMs: number;
  /** An arrival was perhaps this run, which then says so within a moment: until then nothing is started for it. 0 = never. */
  readonly doubtedUntilMs: number;
}

export interface ExpectTable {
  readonly mode: PrewarmMode;
  readonly runs: readonly ExpectedRun[];
}

export const emptyTable: ExpectTable = { mode: 'off', runs: [] };

/** Replicas started or woken for expected runs: how many were used, how many were put away before, and what the latter cost. */
export interface PrewarmCounts {
  readonly useful: number;
  readonly wasted: number;
  readonly wastedMs: number;
}

export const noPrewarms: PrewarmCounts = { useful: 0, wasted: 0, wastedMs: 0 };

/** What loads, or wakes, took, the last ones weighing most; the quantiles are kept beside it, as every decision asks for them. */
export interface MeasuredTimes extends LoadQuantiles {
  readonly sketch: DelaySketch;
}

/** Null before the first was measured. */
export interface LoadTimes {
  readonly load: MeasuredTimes | null;
  readonly wake: MeasuredTimes | null;
}

export const noLoadTimes: LoadTimes = { load: null, wake: null };

/** More runs than a pool could be warmed for one by one; a further one takes the place of the one that would come last. */
export const expectedRunsMax = 64;
/** No run is waited for longer than that. */
export const expectMsMax = 3_600_000;
/** Twice what a run takes to say that it has arrived. */
export const doubtMs = 500;
const runChars = 256;
/** Weight that the past keeps when one more load is measured: the last twenty count. */
const timesFade = 0.95;

interface ExpectInput {
  readonly settings: PoolSettings;
  readonly nowMs: number;
  readonly ledger: { readonly expected: ExpectTable; readonly loadTimes: LoadTimes };
  readonly backend: { readonly downSinceMs: number | null };
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly waiting: readonly Waiter[];
}

/** The table with what one run expects now in the place of what it expected before. What is void or no number counts as nothing. */
export function expectRun(
  table: ExpectTable,
  { run, graphMode, expectations }: Extract<PoolEvent, { kind: 'expect' }>,
  nowMs: number,
): ExpectTable {
  const others = table.runs.filter((each) => each.run !== run);
  if (graphMode === 'off') return { mode: 'off', runs: [] };
  const first = expectations.find(
    ({ probability, startMs, untilMs }) =>
      probability > 0 && Number.isFinite(startMs) && Number.isFinite(untilMs) && untilMs > nowMs,
  );
  if (first === undefined || run.length > runChars) return { mode: graphMode, runs: others };
  const expected: ExpectedRun = {
    run,
    probability: Math.min(1, first.probability),
    startMs: Math.max(nowMs, first.startMs),
    untilMs: Math.min(first.untilMs, nowMs + expectMsMax),
    doubtedUntilMs: 0,
  };
  const runs = [...others, expected].sort((a, b) => a.startMs - b.startMs);
  return { mode: graphMode, runs: runs.slice(0, expectedRunsMax) };
}

/** Runs whose time is over are not expected any more. The same table when there is none. */
export function forgetVoid(table: ExpectTable, nowMs: number): ExpectTable {
  if (table.runs.every(({ untilMs }) => untilMs > nowMs)) return table;
  return { ...table, runs: table.runs.filter(({ untilMs }) => untilMs > nowMs) };
}

/**
 * A request has come: that of the run it names, or perhaps that of the run expected first, which says so itself in a moment. Each run is
 * doubted once, so that steady traffic never keeps it from being prepared for.
 */
export function noteArrival(table: ExpectTable, run: string | undefined, nowMs: number): ExpectTable {
  if (table.runs.length === 0) return table;
  if (run !== undefined) {
    if (!table.runs.some((each) => each.run === run)) return table;
    return { ...table, runs: table.runs.filter((each) => each.run !== run) };
  }
  const doubted = table.runs.find(({ doubtedUntilMs }) => doubtedUntilMs === 0);
  if (doubted === undefined) return table;
  const runs = table.runs.map((each) =>
    each === doubted
      ? {
          run: each.run,
          probability: each.probability,
          startMs: each.startMs,
          untilMs: each.untilMs,
          doubtedUntilMs: nowMs + doubtMs,
        }
      : each,
  );
  return { ...table, runs };
}

/** Replicas that the runs on their way ask for. Those that are doubted keep what there is; nothing is started into a backend that is away. */
export function expectedReplicas(input: ExpectInput): ExpectedReplicas {
  const { settings, nowMs, ledger } = input;
  const { mode, runs } = ledger.expected;
  if (runs.length === 0) return noneExpected;
  const counts = { inUse: input.waiting.length, present: 0, parked: 0 };
  for (const { phase, leases, toPark } of input.replicas.values()) {
    if (phase === 'hot') counts.inUse += leases.length;
    if (phase === 'hot' || phase === 'waking' || (phase === 'starting' && !toPark)) counts.present += 1;
    if (phase === 'parked' || (phase === 'starting' && toPark)) counts.parked += 1;
  }
  const question = {
    ...counts,
    ...timesOf(settings, ledger.loadTimes),
    nowMs,
    mode,
    slots: settings.slots,
    gamma: settings.gamma,
  };
  const all = planExpected({ ...question, uses: runs });
  if (input.backend.downSinceMs !== null) return { warm: 0, keep: all.keep, nextMs: null };
  const sure = runs.filter(({ doubtedUntilMs }) => doubtedUntilMs <= nowMs);
  if (sure.length === runs.length) return all;
  const { warm, nextMs } = planExpected({ ...question, uses: sure });
  const sureMs = Math.min(...runs.map((each) => each.doubtedUntilMs).filter((ms) => ms > nowMs));
  return { warm, keep: Math.max(all.keep, warm), nextMs: Math.min(nextMs ?? sureMs, sureMs) };
}

/** One more load or wake was measured. */
export function learnLoadTime(times: LoadTimes, what: 'load' | 'wake', tookMs: number): LoadTimes {
  const sketch = addDelay(scaleSketch(times[what]?.sketch ?? emptySketch, timesFade), tookMs, 1);
  const quantile = (share: number): number => delayQuantile(sketch, share, 0) ?? tookMs;
  return { ...times, [what]: { sketch, p50: quantile(0.5), p90: quantile(0.9) } };
}

/** What a load and a wake take, for half of them and for nine in ten; before one was measured, as configured. */
export function timesOf(
  { loadGuessMs, wakeGuessMs }: PoolSettings,
  { load, wake }: LoadTimes,
): { readonly loadMs: LoadQuantiles; readonly wakeMs: LoadQuantiles } {
  return {
    loadMs: load ?? { p50: loadGuessMs, p90: loadGuessMs },
    wakeMs: wake ?? { p50: wakeGuessMs, p90: wakeGuessMs },
  };
}
