// The planner of the twin: the brain, and which pools are awake, as the planner's object keeps them, without storage. Owns that list.
import type { DemandReport } from '../../core/pool/demand-report.ts';
import type { PlannerBrain } from '../../core/warming/planner-brain.ts';
import type { WarmthPlan } from '../../core/warming/pool-plan.ts';
import { planRound, type PlannerPorts } from '../../hosts/planner-host.ts';

export class TwinPlanner {
  readonly #brain: PlannerBrain;
  readonly #awake = new Set<string>();
  /** Pools that were heard while a round ran: what that round saw of them is out of date. */
  readonly #fresh = new Set<string>();

  constructor(brain: PlannerBrain) {
    this.#brain = brain;
  }

  hear(pool: string, report: DemandReport): WarmthPlan | null {
    this.#fresh.add(pool);
    this.#awake.add(pool);
    this.#brain.hear(pool, report);
    return this.#brain.plan(pool, report.nowMs);
  }

  async planAll(nowMs: number, ports: PlannerPorts): Promise<void> {
    this.#fresh.clear();
    const round = await planRound(this.#brain, [...this.#awake].sort(), nowMs, ports);
    for (const pool of round.planned) this.#awake.add(pool);
    for (const pool of round.atRest) if (!this.#fresh.has(pool)) this.#awake.delete(pool);
  }
}
