// A command that a pool gave its backend: what the conformance run compares between the real program and its twin. Owns the shape.
import type { PoolCommand } from '../../core/pool/pool-events.ts';

export interface GivenCommand {
  readonly pool: string;
  readonly command: PoolCommand;
  readonly replicaId: string;
  readonly generation: number;
  /** When it was given and when it was carried out, in epoch ms; the latter null when that was not seen. */
  readonly askedMs: number;
  readonly doneMs: number | null;
}

/** Who was told what for the how-manieth time: the same key in the real program and in the twin. */
export function commandKey(
  { pool, command, generation }: Pick<GivenCommand, 'pool' | 'command' | 'generation'>,
  nth: number,
): string {
  return `${pool} ${command} ${generation} ${nth}`;
}
