// Whose failures lately were they: one replica's, which is that replica's fault, or several replicas', which is the target's. Holds a
// lone replica's failures back from the target's circuit until a second one fails too. Plain data, pure.
import type { ReplicaReport } from './outcome-tally.ts';

export interface Blame {
  /** The last failures, the newest last: whose, when, and as which letter. */
  readonly last: readonly { readonly replicaId: string; readonly atMs: number; readonly letter: string }[];
  /** Of those, the ones at the end that the target has not been told of. */
  readonly held: number;
}

export const noBlame: Blame = { last: [], held: 0 };

/** A second replica's failure within this time makes it the target's. */
const togetherMs = 2_000;
/** More than open any circuit. */
const lastMax = 8;
/** One replica with more than this share of the failures is at fault alone. */
const aloneShare = 0.8;

/** The blame with one report more, and the run of outcomes that the target's circuit is to hear of. `serving`: replicas that serve. */
export function noteBlame(
  before: Blame,
  report: Pick<ReplicaReport, 'replicaId' | 'run'>,
  serving: number,
  nowMs: number,
): { readonly blame: Blame; readonly run: string } {
  let last = before.last.filter(({ atMs }) => nowMs - atMs <= togetherMs);
  let held = Math.min(before.held, last.length);
  let run = '';
  for (const letter of report.run) {
    if (letter === 'o') {
      held = 0;
      run += letter;
      continue;
    }
    last = [...last, { replicaId: report.replicaId, atMs: nowMs, letter }].slice(-lastMax);
    held = Math.min(held + 1, last.length);
    if (serving > 1 && isOneAlone(last)) continue;
    run += last
      .slice(-held)
      .map((each) => each.letter)
      .join('');
    held = 0;
  }
  return { blame: { last, held }, run };
}

function isOneAlone(last: Blame['last']): boolean {
  const counts = new Map<string, number>();
  for (const { replicaId } of last) counts.set(replicaId, (counts.get(replicaId) ?? 0) + 1);
  return Math.max(...counts.values()) > aloneShare * last.length;
}
