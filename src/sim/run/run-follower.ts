// One who follows the log of a run in virtual time: reads from any position, slowly or fast, is cut off in the middle of a line, loses the
// object under it, and comes back behind the last whole event that it has. Owns what it has seen.
import { drawInteger } from '../../core/base/rng.ts';
import type { LogEntry } from '../../core/run/run-state.ts';
import { isTerminal } from '../../core/run/run-state.ts';
import { renderLogEntry } from '../../core/run/view-run.ts';
import { followLog, type LogSink } from '../../hosts/follow-log.ts';
import type { RunHost } from '../../hosts/run-host.ts';
import type { RunWorld } from './run-world.ts';

/** A comment that a stream sends while nothing happens. */
const KEEP_ALIVE = ': keep-alive\n\n';

export class RunFollower {
  readonly #world: RunWorld;
  readonly #fromSeq: number;
  readonly #cut: number;
  #seen = '';
  #connection = 0;
  isDone = false;

  /** `cut`: chance that a write breaks off somewhere. */
  constructor(
    world: RunWorld,
    at: { readonly fromSeq: number; readonly delayMs: number; readonly cut: number },
  ) {
    this.#world = world;
    this.#fromSeq = at.fromSeq;
    this.#cut = at.cut;
    world.clock.after(at.delayMs, () => this.#connect());
  }

  /** What differs between what was seen and the log as it is in the end. */
  check(log: readonly LogEntry[]): readonly string[] {
    const whole = log
      .slice(this.#fromSeq)
      .map((entry) => renderLogEntry(entry))
      .join('');
    if (this.isDone) return this.#seen === whole ? [] : ['a follower saw another log than there is'];
    return whole.startsWith(this.#seen) ? [] : ['a follower saw what the log does not say'];
  }

  get #lastSeq(): number {
    const ids = [...this.#seen.matchAll(/(?:^|\n\n)id: (\d+)\n/g)];
    return Number(ids.at(-1)?.[1] ?? this.#fromSeq);
  }

  #connect(): void {
    if (this.isDone) return;
    const world = this.#world;
    this.#connection += 1;
    const connection = this.#connection;
    const isHeard = world.enter((host) => {
      const progress = host.state?.progress;
      if (progress === undefined) return this.#comeBack(connection);
      // Nothing comes behind the end: the object says so at once.
      const isBehind = this.#lastSeq < progress.tailSeq;
      if (!isBehind && progress.status.kind !== 'active') return this.#finish();
      if (this.#lastSeq > progress.tailSeq) return this.#comeBack(connection);
      world.onDeath(() => this.#comeBack(connection));
      void this.#follow(host, connection);
    });
    if (!isHeard) this.#comeBack(connection);
  }

  #finish(): void {
    this.isDone = true;
  }

  #comeBack(connection: number): void {
    if (connection !== this.#connection || this.isDone) return;
    // What came of an event that was cut off is thrown away, as a client does.
    this.#connection += 1;
    const end = this.#seen.lastIndexOf('\n\n');
    this.#seen = end < 0 ? '' : this.#seen.slice(0, end + 2);
    this.#world.clock.after(drawInteger(this.#world.rng, 1, 3_000), () => this.#connect());
  }

  async #follow(host: RunHost, connection: number): Promise<void> {
    const world = this.#world;
    const log = {
      read: (after: number, max: number) => host.log(after, max),
      changed: () => host.changed(),
      render: renderLogEntry,
      isLast: ({ type }: LogEntry) => isTerminal(type),
      setTimer: (delayMs: number, run: () => void) => world.setTimer(delayMs, run),
    };
    await followLog(log, this.#sink(connection), { afterSeq: this.#lastSeq, keepAliveMs: 500_000 });
  }

  #sink(connection: number): LogSink {
    const world = this.#world;
    return {
      write: (text) =>
        new Promise((resolve, reject) => {
          if (connection !== this.#connection) return reject(new Error('gone'));
          const isCut = world.rng() < this.#cut;
          const taken = isCut ? text.slice(0, drawInteger(world.rng, 0, text.length)) : text;
          this.#seen += taken.replaceAll(KEEP_ALIVE, '');
          const end = (): void => (isCut ? reject(new Error('cut off')) : resolve());
          world.setTimer(drawInteger(world.rng, 0, 40), end);
        }),
      close: async () => {
        if (connection === this.#connection) this.isDone = true;
      },
      abort: () => this.#comeBack(connection),
    };
  }
}
