// The emulated models of the rig. Their figures fix the capacity: slots divided by the time of one answer.
import type { RigModels } from './stack/stack.ts';

export interface PoolSpec {
  readonly id: string;
  /** Hot from the start to the end. */
  readonly replicas: number;
  readonly slots: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  readonly tokens: number;
  readonly loadMs?: number;
  readonly queueMax?: number;
  /** Fields of the version beyond these. */
  readonly more?: object;
}

/** An answer of 0.4 s in ten tokens, of which the first takes half. */
export const usual = { slots: 5, firstTokenMs: 200, tokenMs: 20, tokens: 11 } as const;

export function serviceMs({
  firstTokenMs,
  tokenMs,
  tokens,
}: Pick<PoolSpec, 'firstTokenMs' | 'tokenMs' | 'tokens'>): number {
  return firstTokenMs + (tokens - 1) * tokenMs;
}

/** Pools of one shape. */
export function poolsOf(ids: readonly string[], shape: Omit<PoolSpec, 'id'>): readonly PoolSpec[] {
  return ids.map((id) => Object.assign({ id }, shape));
}

/** Requests a second that these pools can answer. */
export function capacityOf(pools: readonly PoolSpec[]): number {
  return pools.reduce((sum, pool) => sum + (pool.replicas * pool.slots * 1_000) / serviceMs(pool), 0);
}

/** `program`: the file that the processes run in the place of the agent's own server; null = that. */
export function renderModels(
  pools: readonly PoolSpec[],
  aliases: Readonly<Record<string, string>>,
  program: string | null = null,
): RigModels {
  const versions = pools.map(
    ({ id, replicas, slots, firstTokenMs, tokenMs, tokens, loadMs, queueMax, more }) => ({
      id,
      task: 'chat',
      ...launchOf({ loadMs: loadMs ?? 1, wakeMs: 1, firstTokenMs, tokenMs, tokens }, program),
      slots,
      replicasMax: Math.max(1, replicas),
      floor: replicas,
      hotIdleMs: 3_600_000,
      parkedIdleMs: 0,
      loadGuessMs: Math.max(1, loadMs ?? 300),
      startTimeoutMs: 60_000,
      queueMax: queueMax ?? 256,
      ...more,
    }),
  );
  return { versions, aliases };
}

function launchOf(pace: object, program: string | null): object {
  if (program === null) return { launch: { kind: 'paced', pace } };
  const env = { PILOTLIGHT_PACE: JSON.stringify(pace) };
  return { launch: { kind: 'command', command: [process.execPath, program], env }, continues: true };
}
