// What is to become of a sandbox that is found running. Pure.
import type { LifeOrder } from '../../../src/backends/life-order.ts';
import type { SandboxRow } from './sandbox-tags.ts';

/** What the agent knows of the replica of that id. */
export interface KnownLife {
  readonly row: SandboxRow;
  /** Null while its sandbox is being created. */
  readonly sandboxId: string | null;
}

/**
 * - `ours`: it belongs to a life that is known, or may turn out to
 * - `unknown`: a life that somebody has begun and that nobody has ended
 * - `not-wanted`: its life has ended, or has another sandbox
 */
export type Judgement = 'ours' | 'unknown' | 'not-wanted';

export function judgeFound(
  row: SandboxRow | null,
  sandboxId: string,
  known: KnownLife | null,
  order: LifeOrder,
): Judgement {
  // Its owner tag is ours and the rest is not: somebody's mistake, which is not ended for them.
  if (row === null || known?.sandboxId === sandboxId) return 'ours';
  if (order.hasEnded(row)) return 'not-wanted';
  if (known === null) return 'unknown';
  if (known.row.generation > row.generation) return 'not-wanted';
  if (known.row.generation < row.generation) return 'ours';
  return known.sandboxId === null ? 'ours' : 'not-wanted';
}
