// How long each command took in the real program, so that the twin's commands take as long: the same replica's same command its own
// time, one that the real program never gave the usual time of its kind. Pure.
import type { PoolCommand } from '../../core/pool/pool-events.ts';
import { commandKey, type GivenCommand } from './pool-command.ts';

const kinds: readonly PoolCommand[] = ['start', 'park', 'wake', 'stop'];

export class CommandTimes {
  readonly #measured = new Map<string, number>();
  readonly #usual = new Map<PoolCommand, number>();
  readonly #given = new Map<string, number>();

  /** `guessMs` stands for a kind of command that was never measured. */
  constructor(commands: readonly GivenCommand[], guessMs: Readonly<Record<PoolCommand, number>>) {
    const counts = new Map<string, number>();
    for (const command of commands) {
      const nth = countUp(counts, commandKey(command, 0));
      if (command.doneMs !== null)
        this.#measured.set(commandKey(command, nth), command.doneMs - command.askedMs);
    }
    for (const kind of kinds) {
      const times = commands.flatMap(({ command, askedMs, doneMs }) =>
        command === kind && doneMs !== null ? [doneMs - askedMs] : [],
      );
      this.#usual.set(kind, times.length === 0 ? guessMs[kind] : medianOf(times));
    }
  }

  /** Whole milliseconds; asked once for each command that is given. */
  take(command: Pick<GivenCommand, 'pool' | 'command' | 'generation'>): number {
    const nth = countUp(this.#given, commandKey(command, 0));
    const usual = this.#usual.get(command.command) ?? 0;
    return Math.max(0, Math.round(this.#measured.get(commandKey(command, nth)) ?? usual));
  }
}

function countUp(counts: Map<string, number>, key: string): number {
  const nth = counts.get(key) ?? 0;
  counts.set(key, nth + 1);
  return nth;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
