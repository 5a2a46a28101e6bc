// Keeps the planner up to date about one pool, and the pool about its plan: one call at a time, never more often than the pace allows,
// and always one more when something has changed meanwhile. Losing a call is harmless: the cron asks again. Owns the pace.
import type { DemandReport } from '../core/pool/demand-report.ts';
import type { WarmthPlan } from '../core/warming/pool-plan.ts';

export interface TellerPorts {
  report(sinceSeq: number): DemandReport;
  /** Tells the planner; its plan comes back, null when it has none. */
  hear(report: DemandReport): Promise<WarmthPlan | null>;
  /** Takes the plan up. */
  take(plan: WarmthPlan): void;
  wait(ms: number): Promise<void>;
}

/** Between two calls: the planner is one object for all pools, and a busy pool changes its load many times a second. */
export const paceMs = 500;
/** Calls in a row after one change: what changes for ever is heard again by the next change or the cron. */
export const roundsMax = 20;

export class PlanTeller {
  readonly #ports: TellerPorts;
  #isTelling = false;
  #isStale = false;
  #heardSeq = 0;

  constructor(ports: TellerPorts) {
    this.#ports = ports;
  }

  /** Something has changed that the planner is to know. Never throws, and calls no port before it has returned. */
  async tell(): Promise<void> {
    this.#isStale = true;
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      // The pool is in the middle of the very change, maybe of its own beginning.
      await Promise.resolve();
      for (let round = 0; round < roundsMax; round += 1) {
        this.#isStale = false;
        await this.#tellOnce();
        // Waited out after the last call as well: the next change comes at its own time.
        await this.#ports.wait(paceMs);
        if (!this.#isStale) break;
      }
    } catch {
      // The object goes while it waits: there is nothing left to tell.
    } finally {
      this.#isTelling = false;
    }
  }

  async #tellOnce(): Promise<void> {
    try {
      const report = this.#ports.report(this.#heardSeq);
      const plan = await this.#ports.hear(report);
      this.#heardSeq = report.seq;
      if (plan !== null) this.#ports.take(plan);
    } catch {
      // The planner could not be reached, or the pool cannot be read: the next change, or the cron, says it again.
    }
  }
}
