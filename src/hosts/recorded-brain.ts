// A planner's brain that is watched: the same one, with everything it was told and every plan it gave written down in order, so that
// the same calls to a fresh brain can be compared. Owns the record, its bound, and nothing of the brain. For development alone.
import type { DemandReport } from '../core/pool/demand-report.ts';
import type { WarmthPlan } from '../core/warming/pool-plan.ts';
import { PlannerBrain, type BrainOptions, type BrainSnapshot } from '../core/warming/planner-brain.ts';

/** One call of the brain, in order of the calls. */
export type PlannerNote =
  | { readonly kind: 'hear'; readonly pool: string; readonly report: DemandReport }
  | { readonly kind: 'tick'; readonly nowMs: number }
  | {
      readonly kind: 'plan';
      readonly pool: string;
      readonly nowMs: number;
      readonly plan: WarmthPlan | null;
    };

/** A page of the record: all notes from one on, at most `pageMax`. */
export interface PlannerRecording {
  /** What the brain was opened with, and what it knew then. */
  readonly options: BrainOptions;
  readonly learned: BrainSnapshot | null;
  readonly notes: readonly PlannerNote[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
  /** Calls after the record was full: nothing can be said of them. */
  readonly lost: number;
}

/** Half an hour of trace at sixty times its speed makes some thousand; each is about a kilobyte. */
export const notesMax = 20_000;
/** A page stays below what one call between objects may carry. */
export const pageMax = 500;

export class RecordedBrain extends PlannerBrain {
  readonly #opened: BrainOptions;
  readonly #notes: PlannerNote[] = [];
  #learned: BrainSnapshot | null = null;
  #lost = 0;

  constructor(options: BrainOptions) {
    super(options);
    this.#opened = options;
  }

  override restore(snapshot: BrainSnapshot): boolean {
    const isRestored = super.restore(snapshot);
    if (isRestored) this.#learned = snapshot;
    return isRestored;
  }

  override hear(pool: string, report: DemandReport): void {
    this.#note({ kind: 'hear', pool, report });
    super.hear(pool, report);
  }

  override tick(nowMs: number): void {
    this.#note({ kind: 'tick', nowMs });
    super.tick(nowMs);
  }

  override plan(pool: string, nowMs: number): WarmthPlan | null {
    const plan = super.plan(pool, nowMs);
    this.#note({ kind: 'plan', pool, nowMs, plan });
    return plan;
  }

  /** Notes from number `from` on (0 = the first). */
  recording(from: number): PlannerRecording {
    const to = from + pageMax;
    return {
      options: this.#opened,
      learned: from === 0 ? this.#learned : null,
      notes: this.#notes.slice(from, to),
      next: to < this.#notes.length ? to : null,
      lost: this.#lost,
    };
  }

  #note(note: PlannerNote): void {
    // The first ones are kept: what came after a gap could not be compared with anything.
    if (this.#notes.length < notesMax) this.#notes.push(note);
    else this.#lost += 1;
  }
}
