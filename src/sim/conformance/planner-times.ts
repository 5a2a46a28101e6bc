// What a planner's record says of time: when each round began, and how long a word between two objects took. Pure.
import { eventsIn } from '../../hosts/pool-recorder.ts';
import type { PlannerNote } from '../../hosts/recorded-brain.ts';
import type { WholePoolRecording } from './check-pools.ts';
import type { TwinTick } from './twin-program.ts';

/** A round that takes longer to begin is no measure of how long one takes. */
const lagMsMax = 1_000;
const hopMsMax = 100;

/** Each tick, with the moment at which its round began to ask the pools: one word's way before the first of them reported. */
export function readTicks(notes: readonly PlannerNote[], hopMs: number): readonly TwinTick[] {
  return notes.flatMap((note, at) => {
    if (note.kind !== 'tick') return [];
    let beganMs = note.nowMs;
    for (let before = at - 1; before >= 0; before -= 1) {
      const earlier = notes[before];
      const isOfRound = earlier?.kind === 'hear' && earlier.report.nowMs >= note.nowMs;
      // A pool that speaks by itself meanwhile is answered with a plan.
      const isBetween = earlier?.kind === 'plan' && earlier.nowMs >= note.nowMs;
      if (!isOfRound && !isBetween) break;
      if (isOfRound) beganMs = Math.max(note.nowMs, earlier.report.nowMs - hopMs);
    }
    return [{ nowMs: note.nowMs, atMs: Math.min(beganMs, note.nowMs + lagMsMax) }];
  });
}

/** Half of what usually passes between a pool's report and the plan that answers it, in whole milliseconds, at least one. */
export function measureHopMs(planner: readonly PlannerNote[], pools: readonly WholePoolRecording[]): number {
  const reported = new Set(
    planner.flatMap((note) => (note.kind === 'hear' ? [`${note.pool} ${note.report.nowMs}`] : [])),
  );
  const askedMs = new Map<string, number>();
  for (const note of planner) {
    // Plans of a round answer the cron, not a report.
    if (note.kind !== 'plan' || note.plan === null || !reported.has(`${note.pool} ${note.nowMs}`)) continue;
    askedMs.set(`${note.pool} ${note.plan.untilMs}`, note.nowMs);
  }
  const tookMs = pools.flatMap(({ settings, notes }) =>
    eventsIn(notes).flatMap(({ nowMs, event }) => {
      if (event.kind !== 'plan') return [];
      const asked = askedMs.get(`${settings.pool} ${event.plan.untilMs}`);
      return asked === undefined ? [] : [nowMs - asked];
    }),
  );
  tookMs.sort((a, b) => a - b);
  const median = tookMs[Math.floor(tookMs.length / 2)] ?? 0;
  return Math.min(hopMsMax, Math.max(1, Math.round(median / 2)));
}
