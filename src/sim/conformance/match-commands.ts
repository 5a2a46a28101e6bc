// Pairs the commands of two runs, pool by pool: the longest common sequence of commands of the same kind at the same time, give or take a
// tolerance. Which one of several equal replicas is told counts apart. What has no partner is a mismatch, with a word on why. Pure.
import type { GivenCommand } from './pool-command.ts';

export interface CommandMismatch {
  readonly pool: string;
  /** `other-time`: the other run gave the same command, beyond the tolerance. */
  readonly what: 'only-real' | 'only-twin' | 'other-time';
  readonly command: GivenCommand;
  /** By how much the real program was later, for `other-time`. */
  readonly laterMs: number | null;
}

export interface CommandMatch {
  readonly real: number;
  readonly twin: number;
  readonly matched: number;
  /** Matched ones that another replica of the pool was told. */
  readonly otherReplica: number;
  /** Commands of either run without a partner in time, as a share of the commands of both. */
  readonly mismatchShare: number;
  /** How far the times of matched pairs lie apart. */
  readonly apartMs: readonly number[];
  readonly mismatches: readonly CommandMismatch[];
}

/** A table of this many cells is compared at most for one pool; more commands than its root are a run gone wild. */
const commandsMax = 4_000;

/** Commands beyond `commandsMax` of a pool are not compared. */
export function matchCommands(
  real: readonly GivenCommand[],
  twin: readonly GivenCommand[],
  toleranceMs: number,
): CommandMatch {
  const pools = [...new Set([...real, ...twin].map(({ pool }) => pool))].sort();
  const of = (commands: readonly GivenCommand[], pool: string): readonly GivenCommand[] =>
    commands.filter((each) => each.pool === pool).slice(0, commandsMax);
  const apartMs: number[] = [];
  const mismatches: CommandMismatch[] = [];
  let otherReplica = 0;
  for (const pool of pools) {
    const [ours, theirs] = [of(real, pool), of(twin, pool)];
    const pairs = pairUp(ours, theirs, toleranceMs);
    for (const [at, other] of pairs) {
      const [command, partner] = [ours[at], theirs[other]];
      if (command === undefined || partner === undefined) continue;
      apartMs.push(Math.abs(command.askedMs - partner.askedMs));
      if (command.replicaId !== partner.replicaId) otherReplica += 1;
    }
    const taken = new Set(pairs.values());
    mismatches.push(
      ...explainRest(
        ours.filter((_, at) => !pairs.has(at)),
        theirs.filter((_, at) => !taken.has(at)),
      ),
    );
  }
  const all = real.length + twin.length;
  const matched = apartMs.length;
  const mismatchShare = all === 0 ? 0 : 1 - (2 * matched) / all;
  return { real: real.length, twin: twin.length, matched, otherReplica, mismatchShare, apartMs, mismatches };
}

/** What has no partner: the same command to the same replica at another time, or nothing like it. */
function explainRest(
  ours: readonly GivenCommand[],
  theirs: readonly GivenCommand[],
): readonly CommandMismatch[] {
  const left = [...theirs];
  const rest: CommandMismatch[] = [];
  for (const command of ours) {
    const { pool, askedMs, replicaId } = command;
    const at = left.findIndex((each) => each.command === command.command && each.replicaId === replicaId);
    const partner = at === -1 ? undefined : left.splice(at, 1)[0];
    if (partner === undefined) rest.push({ pool, what: 'only-real', command, laterMs: null });
    else rest.push({ pool, what: 'other-time', command, laterMs: askedMs - partner.askedMs });
  }
  return [
    ...rest,
    ...left.map((command) => ({
      pool: command.pool,
      what: 'only-twin' as const,
      command,
      laterMs: null,
    })),
  ];
}

/** Partners by index, by the longest common subsequence: kept in the order of both runs. */
function pairUp(
  ours: readonly GivenCommand[],
  theirs: readonly GivenCommand[],
  toleranceMs: number,
): ReadonlyMap<number, number> {
  const isSame = (one: GivenCommand | undefined, other: GivenCommand | undefined): boolean =>
    one !== undefined &&
    one.command === other?.command &&
    Math.abs(one.askedMs - other.askedMs) <= toleranceMs;
  const width = theirs.length + 1;
  const lengths = new Uint16Array((ours.length + 1) * width);
  const length = (at: number, other: number): number => lengths[at * width + other] ?? 0;
  for (let at = ours.length - 1; at >= 0; at -= 1)
    for (let other = theirs.length - 1; other >= 0; other -= 1)
      lengths[at * width + other] = isSame(ours[at], theirs[other])
        ? length(at + 1, other + 1) + 1
        : Math.max(length(at + 1, other), length(at, other + 1));
  const pairs = new Map<number, number>();
  for (let at = 0, other = 0; at < ours.length && other < theirs.length;) {
    if (isSame(ours[at], theirs[other])) {
      pairs.set(at, other);
      at += 1;
      other += 1;
    } else if (length(at + 1, other) >= length(at, other + 1)) at += 1;
    else other += 1;
  }
  return pairs;
}
