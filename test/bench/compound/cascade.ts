// Cascading cold starts: a chain of three models, all gone, under each way of warming what comes later. One stack per way, side by side in
// every round, so that what else the machine does is the same for all.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCheck, median, quantile, type Check } from '../../../src/cli/checks.ts';
import { prewarmModes, type PrewarmMode } from '../../../src/core/graph/decide-prewarm.ts';
import type { PoolView } from '../../../src/core/pool/pool-view.ts';
import type { PoolReply } from '../../../src/core/warming/warmth-view.ts';
import { startRawStack, type RawStack } from '../../support/raw-stack.ts';
import { atLeast, atMost } from './bars.ts';
import { callFunction, pacedVersion } from './paced.ts';

export interface CascadePlan {
  readonly runs: number;
  /** Chance that each later stage is taken. */
  readonly chance: number;
  readonly loadMs: number;
  /** How long one stage computes. */
  readonly stageMs: number;
  /** Runs from which the graph learns before anything is counted. */
  readonly lessons: number;
  readonly modes: readonly PrewarmMode[];
}

export interface CascadeResult {
  readonly mode: PrewarmMode;
  /** Milliseconds of each run beyond what it computes. */
  readonly delaysMs: readonly number[];
  /** GPU-seconds over all pools: nobody was served in them. */
  readonly idleSeconds: number;
  readonly loadSeconds: number;
  readonly wastedSeconds: number;
  readonly useful: number;
  readonly wasted: number;
}

const stages = ['stage-a@1', 'stage-b@1', 'stage-c@1'] as const;
/** A replica that is idle is put away soon: each run begins with nothing. */
const hotIdleMs = 400;

export async function runCascade(plan: CascadePlan): Promise<readonly CascadeResult[]> {
  const stacks = await startAll(plan);
  try {
    const delays = new Map<PrewarmMode, number[]>(plan.modes.map((mode) => [mode, []]));
    for (let round = -plan.lessons; round < plan.runs; round += 1) {
      if (round === 0) await Promise.all([...stacks.values()].map(markLedger));
      const timed = await Promise.all(
        [...stacks].map(async ([mode, { stack }]) => [mode, await oneRun(stack, plan)] as const),
      );
      if (round < 0) continue;
      for (const [mode, delayMs] of timed) delays.get(mode)?.push(delayMs);
      const told = timed.map(([mode, delayMs]) => `${mode} ${(delayMs / 1000).toFixed(1)} s`).join(', ');
      console.log(`  chain at ${plan.chance}, round ${round + 1}/${plan.runs}: ${told}`);
    }
    return await Promise.all([...stacks].map(([mode, each]) => sumUp(mode, each, delays.get(mode) ?? [])));
  } finally {
    await Promise.all([...stacks.values()].map(({ stack }) => stack.stop()));
  }
}

interface MarkedStack {
  readonly stack: RawStack;
  before: Ledger;
}

interface Ledger {
  readonly idleMs: number;
  readonly loadingMs: number;
  readonly wastedMs: number;
  readonly useful: number;
  readonly wasted: number;
}

async function startAll(plan: CascadePlan): Promise<ReadonlyMap<PrewarmMode, MarkedStack>> {
  const tokens = 10;
  const pace = { firstTokenMs: plan.stageMs / 2, tokenMs: plan.stageMs / 2 / (tokens - 1), tokens };
  const versions = stages.map((id) => pacedVersion({ id, loadMs: plan.loadMs, hotIdleMs, ...pace }));
  const [a, b, c] = stages;
  const models = { versions, aliases: { 'probe-a': a, 'probe-b': b, 'probe-c': c } };
  const started = new Map<PrewarmMode, MarkedStack>();
  for (const mode of plan.modes) {
    const stack = await startRawStack({ vars: { PROBES: '1', PREWARM: mode }, models });
    started.set(mode, { stack, before: nothing });
  }
  return started;
}

const nothing: Ledger = { idleMs: 0, loadingMs: 0, wastedMs: 0, useful: 0, wasted: 0 };

async function oneRun(stack: RawStack, plan: CascadePlan): Promise<number> {
  await untilGone(stack);
  const { run, tookMs } = await callFunction(stack, 'probe-chain', { chance: plan.chance });
  return tookMs - run.steps.length * plan.stageMs;
}

/** Every replica of every stage is gone, also those that were started for a run that took another way. */
async function untilGone(stack: RawStack): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const views = await Promise.all(stages.map((version) => readPool(stack, version)));
    if (views.every(({ replicas }) => replicas.length === 0)) return;
    await sleep(100);
  }
  throw new Error('replicas did not go away within two minutes');
}

async function readPool(stack: RawStack, version: string): Promise<PoolView> {
  const response = await fetch(`${stack.url}/admin/v1/pools/${version}~local`, {
    headers: { authorization: `Bearer ${stack.adminToken}` },
  });
  if (!response.ok) throw new Error(`pool ${version}: ${response.status} ${await response.text()}`);
  const { pool } = (await response.json()) as PoolReply;
  if (pool === null) throw new Error(`pool ${version} is silent`);
  return pool;
}

async function markLedger(marked: MarkedStack): Promise<void> {
  await untilGone(marked.stack);
  marked.before = await readLedger(marked.stack);
}

async function readLedger(stack: RawStack): Promise<Ledger> {
  const views = await Promise.all(stages.map((version) => readPool(stack, version)));
  const sum = (pick: (view: (typeof views)[number]) => number): number =>
    views.reduce((total, view) => total + pick(view), 0);
  return {
    idleMs: sum(({ life }) => life.idleMs),
    loadingMs: sum(({ life }) => life.loadingMs),
    wastedMs: sum(({ prewarm }) => prewarm.wastedMs),
    useful: sum(({ prewarm }) => prewarm.useful),
    wasted: sum(({ prewarm }) => prewarm.wasted),
  };
}

async function sumUp(
  mode: PrewarmMode,
  { stack, before }: MarkedStack,
  delaysMs: readonly number[],
): Promise<CascadeResult> {
  await untilGone(stack);
  const after = await readLedger(stack);
  return {
    mode,
    delaysMs,
    idleSeconds: (after.idleMs - before.idleMs) / 1000,
    loadSeconds: (after.loadingMs - before.loadingMs) / 1000,
    wastedSeconds: (after.wastedMs - before.wastedMs) / 1000,
    useful: after.useful - before.useful,
    wasted: after.wasted - before.wasted,
  };
}

/** Bars: on a certain chain coordinated warming cuts the added delay by 65 %. */
export function checkChain(results: readonly CascadeResult[]): readonly Check[] {
  const delayOf = (mode: PrewarmMode): number => mean(find(results, mode).delaysMs);
  const coordinated = 1 - delayOf('just-in-time-p') / delayOf('off');
  const n = find(results, 'off').delaysMs.length;
  return [
    atLeast(
      0.65,
      makeCheck('cascade.cut.coordinated', coordinated, n, 'added delay against off; emulated loads of 6 s'),
    ),
    makeCheck(
      'cascade.cut.allAtOnce',
      1 - delayOf('all-at-once') / delayOf('off'),
      n,
      'the same for all-at-once',
    ),
    ...results.flatMap((each) => describe('cascade', each)),
  ];
}

/** Bars: where later stages are uncertain, at most half of the waste of all-at-once, at no more than 1.1 times its delay. */
export function checkBranches(results: readonly CascadeResult[]): readonly Check[] {
  const [all, some] = [find(results, 'all-at-once'), find(results, 'just-in-time-p')];
  const n = all.delaysMs.length;
  const waste = some.wastedSeconds / all.wastedSeconds;
  const delay = mean(some.delaysMs) / mean(all.delaysMs);
  return [
    atMost(
      0.5,
      makeCheck('prewarm.wasteRatio', waste, n, 'wasted GPU-seconds, just-in-time-p over all-at-once'),
    ),
    atMost(1.1, makeCheck('prewarm.delayRatio', delay, n, 'their added delays')),
    ...results.flatMap((each) => describe('branches', each)),
  ];
}

function describe(id: string, result: CascadeResult): readonly Check[] {
  const { mode, delaysMs, idleSeconds, loadSeconds, wastedSeconds, useful, wasted } = result;
  const n = delaysMs.length;
  const spread = `median ${(median(delaysMs) / 1000).toFixed(2)}, p95 ${(quantile(delaysMs, 0.95) / 1000).toFixed(2)} s`;
  return [
    makeCheck(`${id}.${mode}.delaySeconds`, mean(delaysMs) / 1000, n, spread),
    makeCheck(
      `${id}.${mode}.idleGpuSeconds`,
      idleSeconds,
      n,
      `loading ${loadSeconds.toFixed(0)} s beside it`,
    ),
    makeCheck(
      `${id}.${mode}.wastedGpuSeconds`,
      wastedSeconds,
      n,
      `${useful} prewarms useful, ${wasted} wasted`,
    ),
  ];
}

function find(results: readonly CascadeResult[], mode: PrewarmMode): CascadeResult {
  const found = results.find((each) => each.mode === mode);
  if (found === undefined) throw new Error(`no runs of ${mode}, only of ${prewarmModes.join(', ')}`);
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
