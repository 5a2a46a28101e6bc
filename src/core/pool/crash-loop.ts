// Replicas that die as soon as they are ready, one after the other. Each that comes up takes requests with it when it goes, and its start
// takes the machine from those that serve: so the pauses between starts grow, as they do after starts that fail. Pure.
import type { Draft } from './draft.ts';
import type { Replica } from './pool-state.ts';
import { startBackoffMs } from './pool-settings.ts';

export interface CrashLoop {
  /** Replicas in a row that died young, each ready after the one before had died. */
  readonly row: number;
  /** When the last of them died. */
  readonly lastMs: number;
}

export const noCrashLoop: CrashLoop = { row: 0, lastMs: -Infinity };

/** One that has served for so long has shown that it can. */
const youngMs = 3_000;
/** Once may be chance: one that dies is replaced at once. */
const rowMin = 2;
/** The machine that killed them may be well again: nobody waits long to see. */
const pauseMsMax = 4_000;
/** What died so long ago says nothing of the next one. */
const forgetMs = 60_000;

/** The replica was found dead that had served until now. Those that were ready together and die together are one death: no next one has failed yet. */
export function noteCrash(draft: Draft, { hotSinceMs }: Replica): void {
  const { crashes, nowMs } = draft;
  if (hotSinceMs < crashes.lastMs) return;
  const isYoung = nowMs - hotSinceMs < youngMs;
  draft.crashes = { row: isYoung ? crashesInRow(crashes, nowMs) + 1 : 0, lastMs: nowMs };
  const { row } = draft.crashes;
  if (row < rowMin) return;
  const waitMs = Math.min(pauseMsMax, startBackoffMs * 2 ** Math.min(row - rowMin, 10));
  const reason = `${row} replicas in a row died within ${youngMs} ms of being ready`;
  draft.ledger = {
    ...draft.ledger,
    backoff: { failures: row, untilMs: nowMs + waitMs, reason, cameUp: true },
  };
}

/** Whether one that is ready says nothing yet of the next start: those before it were ready, too. */
export function isCrashing({ crashes, nowMs }: Draft): boolean {
  return crashesInRow(crashes, nowMs) >= rowMin;
}

function crashesInRow({ row, lastMs }: CrashLoop, nowMs: number): number {
  return nowMs - lastMs > forgetMs ? 0 : row;
}
