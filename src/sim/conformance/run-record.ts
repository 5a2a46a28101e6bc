// A run of a trace against a real deployment, as it was seen from outside and, where the deployment records it, from within. Owns the
// shape: plain JSON, so that a run can be kept and compared again.
import type { PoolView } from '../../core/pool/pool-view.ts';
import type { Warmth } from '../../hosts/ports.ts';
import type { WholeRecording } from './check-plans.ts';
import type { WholePoolRecording } from './check-pools.ts';
import type { GivenCommand } from './pool-command.ts';

export interface SentRequest {
  readonly model: string;
  /** When it was to be sent and when it was, in epoch ms with fractions. */
  readonly dueMs: number;
  readonly sentMs: number;
  /** From being sent to the last byte. */
  readonly totalMs: number;
  /** 0 when there was no answer at all. */
  readonly status: number;
  readonly warmth: Warmth | null;
  readonly waitMs: number | null;
}

export interface RunRecord {
  readonly version: 1;
  /** How many seconds of the trace pass in one of the clock. */
  readonly speed: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly requests: readonly SentRequest[];
  /** As the deployment showed its pools at the end; null when it was not asked. */
  readonly pools: readonly PoolView[] | null;
  /** What planner and pools were told and decided; null when the deployment does not record it. */
  readonly recorded: {
    readonly planner: WholeRecording;
    /** Only pools to which something happened. */
    readonly pools: readonly WholePoolRecording[];
  } | null;
  /** What the pools commanded, as seen on the way to the agent; null when nobody watched. */
  readonly commands: readonly GivenCommand[] | null;
}
