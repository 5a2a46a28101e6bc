// One child program that must run: started in a process group of its own, restarted with backoff when it dies or stops answering,
// ended with everything it started. Its lines come out prefixed.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers 200 while the program is well. */
  readonly healthUrl: string;
  /** How long a start may take. */
  readonly startMs: number;
  /** Says what to print for a line of its output; null = nothing. */
  readonly show: (line: string) => string | null;
}

const backoffMs = 200;
const backoffMsMax = 5_000;
/** A program that ran this long was well: its next death starts the backoff anew. */
const wellMs = 10_000;
const healthEveryMs = 1_000;
/** A runtime that restarts its own workers answers again within this. */
const sickMsMax = 6_000;
/** Within the five seconds that the whole program has to end. */
const termMs = 3_500;

export class Supervisor {
  readonly #program: Program;
  readonly #print: (name: string, line: string) => void;
  #child: ChildProcess | null = null;
  #stopping = false;
  #failures = 0;
  #loop: Promise<void> | null = null;

  constructor(program: Program, print: (name: string, line: string) => void) {
    this.#program = program;
    this.#print = print;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when the program answers; throws when it does not within its time or ends first. */
  async start(): Promise<void> {
    this.#spawn();
    const untilMs = Date.now() + this.#program.startMs;
    while (!(await this.#isWell())) {
      if (this.#stopping) return;
      if (this.#child === null)
        throw new Error(`${this.#program.name} ended while it started; its words are above`);
      if (Date.now() > untilMs)
        throw new Error(`${this.#program.name} did not answer within ${this.#program.startMs} ms`);
      await sleep(50);
    }
    this.#loop = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child !== null) await endGroup(child);
    await this.#loop;
  }

  #spawn(): void {
    const { command, args, cwd, env } = this.#program;
    const child = spawn(command, [...args], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#show(line));
    }
    child.once('error', (cause) => this.#print(this.#program.name, cause.message));
    child.once('exit', () => {
      // What it started must not outlive it.
      signalGroup(child, 'SIGKILL');
      if (this.#child === child) this.#child = null;
    });
  }

  #show(line: string): void {
    const shown = this.#program.show(line);
    if (shown !== null) this.#print(this.#program.name, shown);
  }

  /** Looks after the program until it is stopped. */
  async #watch(): Promise<void> {
    let wellSinceMs = Date.now();
    let sickSinceMs: number | null = null;
    while (!this.#stopping) {
      await sleep(this.#child === null ? 20 : healthEveryMs, undefined, { ref: false });
      if (this.#stopping) return;
      const well = await this.#isWell();
      if (well) sickSinceMs = null;
      else sickSinceMs ??= Date.now();
      if (well && Date.now() - wellSinceMs > wellMs) this.#failures = 0;
      const dead = this.#child === null;
      if (!dead && (sickSinceMs === null || Date.now() - sickSinceMs < sickMsMax)) continue;
      await this.#restart(dead ? 'has ended' : 'does not answer');
      wellSinceMs = Date.now();
      sickSinceMs = null;
    }
  }

  async #restart(why: string): Promise<void> {
    const waitMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#print(this.#program.name, `${why}; starting it again in ${waitMs} ms`);
    if (this.#child !== null) await endGroup(this.#child);
    await sleep(waitMs);
    if (this.#stopping) return;
    this.#spawn();
    const untilMs = Date.now() + this.#program.startMs;
    while (!this.#stopping && this.#child !== null && Date.now() < untilMs && !(await this.#isWell()))
      await sleep(50);
  }

  async #isWell(): Promise<boolean> {
    try {
      const response = await fetch(this.#program.healthUrl, { signal: AbortSignal.timeout(3_000) });
      await response.body?.cancel();
      return response.status === 200;
    } catch {
      return false;
    }
  }
}

/** Asks the child to end, then ends its whole group. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGTERM');
  const killer = setTimeout(() => signalGroup(child, 'SIGKILL'), termMs);
  await promise;
  clearTimeout(killer);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
