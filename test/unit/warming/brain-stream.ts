// Reports of several pools in order of time, drawn at random, and a brain that hears them tick by tick.
import fc from 'fast-check';
import type { DemandReport } from '../../../src/core/pool/demand-report.ts';
import type { DemandEvent } from '../../../src/core/pool/journal.ts';
import type { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import { makeReport, monday, tickMs } from './brain-fixtures.ts';

/** One pool's part of a step: who comes, how many replicas are in use then, and what stands around. */
export interface Move {
  readonly pool: number;
  readonly busy: number;
  readonly hot: number;
  readonly parked: number;
  readonly coming: number;
  readonly grounded: number;
  readonly speculated: number;
  readonly tenant: string;
  readonly isBlocked: boolean;
  readonly loadMs: number | null;
  /** Milliseconds since the step before. */
  readonly passedMs: number;
}

export function moves(pools: number): fc.Arbitrary<readonly Move[]> {
  return fc.array(
    fc.record({
      pool: fc.nat(pools - 1),
      busy: fc.nat(4),
      hot: fc.nat(4),
      parked: fc.nat(3),
      coming: fc.nat(2),
      grounded: fc.nat(60_000),
      speculated: fc.nat(20_000),
      tenant: fc.constantFrom('', 't', 'u'),
      isBlocked: fc.boolean(),
      loadMs: fc.constantFrom(null, 10_000, 2_500),
      passedMs: fc.constantFrom(0, 1, 900, 20_000, 400_000),
    }),
    { maxLength: 40 },
  );
}

/** Turns moves into reports, each with sums that grow, and feeds them; ticks where a minute has passed. */
export class BrainStream {
  nowMs = monday + 1_000;
  readonly #brains: readonly PlannerBrain[];
  readonly #sums = new Map<number, { grounded: number; speculated: number }>();

  constructor(...brains: readonly PlannerBrain[]) {
    this.#brains = brains;
  }

  /** The report of a move, as of now. */
  reportOf(move: Move): DemandReport {
    const { nowMs } = this;
    const sums = this.#sums.get(move.pool) ?? { grounded: 0, speculated: 0 };
    sums.grounded += move.grounded;
    sums.speculated += move.speculated;
    this.#sums.set(move.pool, sums);
    const events: readonly DemandEvent[] = [
      { kind: 'arrival', seq: 2 * nowMs, atMs: nowMs, tenant: move.tenant, count: 1 },
      { kind: 'level', seq: 2 * nowMs + 1, atMs: nowMs, busy: move.busy },
    ];
    const { busy, hot, parked, coming, loadMs } = move;
    return makeReport(nowMs, {
      events,
      busy,
      hot,
      parked,
      coming,
      loadMs,
      speculation: { groundedMs: sums.grounded, speculatedMs: sums.speculated, useful: 0, wasted: 0 },
      blockedUntilMs: move.isBlocked ? nowMs + 5_000 : null,
    });
  }

  feed(move: Move): void {
    this.pass(move.passedMs);
    const report = this.reportOf(move);
    for (const brain of this.#brains) {
      const name = brain.poolNames[move.pool];
      if (name !== undefined) brain.hear(name, report);
    }
  }

  feedAll(drawn: readonly Move[]): void {
    for (const move of drawn) this.feed(move);
  }

  pass(ms: number): void {
    const fromMs = this.nowMs;
    this.nowMs += ms;
    for (let atMs = Math.ceil(fromMs / tickMs) * tickMs; atMs < this.nowMs; atMs += tickMs)
      if (atMs > fromMs) for (const brain of this.#brains) brain.tick(atMs);
  }
}
