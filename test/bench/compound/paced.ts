// The emulated models of the compound benchmarks, and calls of functions. Every time that comes from them is emulated.
import type { RunView } from '../../../src/core/run/view-run.ts';

export interface PacedModel {
  readonly id: string;
  readonly task?: 'chat' | 'embedding';
  readonly loadMs?: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  readonly tokens: number;
  readonly slots?: number;
  readonly replicasMax?: number;
  readonly hotIdleMs?: number | null;
  readonly floor?: number;
}

/** A version as the models' file spells it. Replicas are never parked: what is measured are loads. */
export function pacedVersion(model: PacedModel): object {
  const { id, task, loadMs, firstTokenMs, tokenMs, tokens, slots, replicasMax, hotIdleMs, floor } = model;
  return {
    id,
    task: task ?? 'chat',
    launch: {
      kind: 'paced',
      pace: { loadMs: loadMs ?? 0, wakeMs: 0, firstTokenMs, tokenMs, tokens },
    },
    slots: slots ?? 1,
    replicasMax: replicasMax ?? 1,
    floor: floor ?? 0,
    tier: 'standard',
    hotIdleMs: hotIdleMs === undefined ? 600_000 : hotIdleMs,
    parkedIdleMs: 0,
    loadGuessMs: Math.max(1, loadMs ?? 0),
    wakeGuessMs: 50,
    startTimeoutMs: 60_000,
    queueMax: 1_000,
    hotMicrosPerSecond: 220,
    parkedMicrosPerSecond: 22,
  };
}

export interface TimedRun {
  readonly run: RunView;
  /** As the caller measures it, from the request to the whole answer. */
  readonly tookMs: number;
}

/** Calls a function and waits for its end. Throws when it does not complete. */
export async function callFunction(
  stack: { readonly url: string; readonly key: string },
  name: string,
  input: object,
): Promise<TimedRun> {
  const startedMs = performance.now();
  const response = await fetch(`${stack.url}/v1/functions/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const run = (await response.json()) as RunView;
  const tookMs = performance.now() - startedMs;
  if (run.status !== 'completed') throw new Error(`${name}: ${JSON.stringify(run).slice(0, 500)}`);
  return { run, tookMs };
}
