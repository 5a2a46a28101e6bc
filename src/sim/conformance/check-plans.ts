// Did the planner plan what its brain plans? Opens a fresh brain, tells it what the recorded one was told, in the same order, and compares
// every plan, figure by figure. Same code, same input: not one may differ. Owns the comparison. No I/O.
import type { PlanTerm, WarmthPlan } from '../../core/warming/pool-plan.ts';
import { PlannerBrain } from '../../core/warming/planner-brain.ts';
import type { PlannerRecording } from '../../hosts/recorded-brain.ts';

/** A whole record: its pages, one after the other. */
export type WholeRecording = Omit<PlannerRecording, 'next'>;

export interface PlanMismatch {
  /** Number of the note in the record. */
  readonly note: number;
  readonly pool: string;
  readonly nowMs: number;
  readonly recorded: WarmthPlan | null;
  readonly found: WarmthPlan | null;
}

export interface PlanCheck {
  readonly plans: number;
  readonly hears: number;
  readonly ticks: number;
  /** At most `mismatchesMax` of them are kept. */
  readonly mismatches: readonly PlanMismatch[];
  readonly mismatchCount: number;
}

const mismatchesMax = 20;
/** Share by which an explaining term may differ. */
const lastBits = 1e-9;

export function checkPlans(recording: WholeRecording): PlanCheck {
  const brain = new PlannerBrain(recording.options);
  if (recording.learned !== null) brain.restore(recording.learned);
  const mismatches: PlanMismatch[] = [];
  const counts = { hear: 0, tick: 0, plan: 0 };
  let mismatchCount = 0;
  for (const [at, note] of recording.notes.entries()) {
    counts[note.kind] += 1;
    if (note.kind === 'hear') brain.hear(note.pool, note.report);
    else if (note.kind === 'tick') brain.tick(note.nowMs);
    else {
      const { pool, nowMs, plan: recorded } = note;
      const found = brain.plan(pool, nowMs);
      if (isSame(recorded, found)) continue;
      mismatchCount += 1;
      if (mismatches.length < mismatchesMax) mismatches.push({ note: at, pool, nowMs, recorded, found });
    }
  }
  return { plans: counts.plan, hears: counts.hear, ticks: counts.tick, mismatches, mismatchCount };
}

/**
 * Every figure that a pool acts on, and the words, to the letter. The terms that only explain may differ in their last bits: they go
 * through the exponential of the runtime, which need not be that of this one.
 */
function isSame(one: WarmthPlan | null, other: WarmthPlan | null): boolean {
  if (one === null || other === null) return one === other;
  const { terms, ...figures } = one;
  const { terms: otherTerms, ...otherFigures } = other;
  if (JSON.stringify(figures) !== JSON.stringify(otherFigures)) return false;
  const isClose = ({ name, gpuSeconds }: PlanTerm, at: number): boolean => {
    const partner = otherTerms[at];
    const scale = Math.max(1, Math.abs(gpuSeconds));
    return name === partner?.name && Math.abs(gpuSeconds - partner.gpuSeconds) <= lastBits * scale;
  };
  return terms.length === otherTerms.length && terms.every(isClose);
}
