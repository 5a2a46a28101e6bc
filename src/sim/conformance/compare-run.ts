// Compares a recorded run with what the simulator's code decides: every plan against a fresh brain that hears the same reports, every
// decision of a pool against the state machine that is told the same events, and the whole course against the program's twin, which is
// told only what came from outside. No I/O.
import { PlannerBrain } from '../../core/warming/planner-brain.ts';
import { checkPlans, type PlanCheck } from './check-plans.ts';
import { checkPools, type PoolsCheck } from './check-pools.ts';
import { CommandTimes } from './command-times.ts';
import { matchCommands, type CommandMatch } from './match-commands.ts';
import { measureHopMs, readTicks } from './planner-times.ts';
import type { GivenCommand } from './pool-command.ts';
import { readInputs, type PoolInputs } from './pool-inputs.ts';
import type { RunRecord } from './run-record.ts';
import { runTwin, type TwinResult } from './twin-program.ts';

/** Trace seconds by which a command may come earlier or later than the twin's. */
export const toleranceTraceS = 15;
/** For a kind of command that was never given there. */
const guessMs = { start: 400, park: 10, wake: 50, stop: 50 } as const;

export interface RunComparison {
  readonly plans: PlanCheck;
  readonly pools: PoolsCheck;
  readonly twin: TwinComparison;
  /** Commands that were seen on the way to the agent and that no record has, or the other way round; null when nobody watched. */
  readonly unrecorded: number | null;
}

export interface TwinComparison {
  readonly commands: CommandMatch;
  /** Slots that were granted with another warmth than the twin's, of all that were granted in both. */
  readonly warmthMismatches: number;
  readonly granted: number;
}

/** Null when the deployment recorded nothing. */
export async function compareRun(record: RunRecord): Promise<RunComparison | null> {
  const { recorded, commands } = record;
  if (recorded === null) return null;
  const inputs = recorded.pools.map(readInputs);
  return {
    plans: checkPlans(recorded.planner),
    pools: checkPools(recorded.pools),
    twin: await compareTwin(record, recorded, inputs),
    unrecorded: commands === null ? null : countUnpaired(commands, commandsOf(inputs), record.endedMs),
  };
}

async function compareTwin(
  record: RunRecord,
  recorded: NonNullable<RunRecord['recorded']>,
  inputs: readonly PoolInputs[],
): Promise<TwinComparison> {
  const { planner, pools } = recorded;
  const hopMs = measureHopMs(planner.notes, pools);
  const ticks = readTicks(planner.notes, hopMs);
  const endMs = Math.floor(record.endedMs);
  const given = commandsOf(inputs).filter(({ askedMs }) => askedMs <= endMs);
  const brain = new PlannerBrain(planner.options);
  if (planner.learned !== null) brain.restore(planner.learned);
  const twin = await runTwin({
    pools: pools.map(({ settings }) => settings),
    brain,
    visits: inputs.flatMap(({ visits }) => visits),
    renewals: inputs.flatMap(({ renewals }) => renewals),
    ticks,
    times: new CommandTimes(given, guessMs),
    hopMs,
    startMs: Math.min(Math.floor(record.startedMs), ticks[0]?.nowMs ?? Infinity) - 1,
    endMs,
  });
  const toleranceMs = (toleranceTraceS * 1000) / record.speed;
  const commands = matchCommands(given, twin.commands, toleranceMs);
  return { commands, ...compareWarmth(recorded, twin) };
}

function commandsOf(inputs: readonly PoolInputs[]): readonly GivenCommand[] {
  return inputs.flatMap(({ commands }) => commands);
}

function compareWarmth(
  { pools }: NonNullable<RunRecord['recorded']>,
  { served }: TwinResult,
): Pick<TwinComparison, 'warmthMismatches' | 'granted'> {
  let [warmthMismatches, granted] = [0, 0];
  for (const { effects } of pools.flatMap(({ notes }) => notes)) {
    for (const effect of effects) {
      const other = effect.kind === 'grant' ? served.get(effect.waiterId) : undefined;
      if (effect.kind !== 'grant' || other === undefined) continue;
      granted += 1;
      if (effect.grant.warmth !== other.warmth) warmthMismatches += 1;
    }
  }
  return { warmthMismatches, granted };
}

/** The last moments are left out: one may have been on its way. */
const onTheWayMs = 1_000;

function countUnpaired(
  seen: readonly GivenCommand[],
  recorded: readonly GivenCommand[],
  endedMs: number,
): number {
  const upTo = (commands: readonly GivenCommand[]): readonly GivenCommand[] =>
    commands.filter(({ askedMs }) => askedMs <= endedMs - onTheWayMs);
  const { matched } = matchCommands(upTo(seen), upTo(recorded), onTheWayMs);
  return upTo(seen).length + upTo(recorded).length - 2 * matched;
}
