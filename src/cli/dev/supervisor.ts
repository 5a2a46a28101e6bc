// One child program that must run: started in a process group of its own, restarted with backoff when it dies or stops answering,
// ended with everything it started. Its lines come out prefixed. Knows nothing of what the program is.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Print } from './printer.ts';
import { endGroup, killGroup } from './process-group.ts';

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
  /** A line after which the program is suspected of not answering any more, so that it is not given the usual time. */
  readonly isSuspect: (line: string) => boolean;
}

const backoffMs = 200;
const backoffMsMax = 5_000;
/** A program that ran this long was well: its next death starts the backoff anew. */
const wellMs = 10_000;
const pollMs = 50;
/** How often a program that is well is asked, how long it may take to answer on a busy machine, how long it may stay silent. */
const usual = { everyMs: 1_000, answerMs: 3_000, silentMs: 6_000 } as const;
/** The same for a suspect: a runtime that comes back does so in a third of a second. */
const suspect = { everyMs: 100, answerMs: 1_000, silentMs: 1_500 } as const;
/** Lines that were not shown, kept for the case that the program dies of what they say. */
const hiddenMax = 40;

export class Supervisor {
  readonly #program: Program;
  readonly #print: Print;
  readonly #onPid: () => void;
  #child: ChildProcess | null = null;
  #stopping = false;
  #suspected = false;
  #failures = 0;
  #hidden: string[] = [];
  #loop: Promise<void> | null = null;
  /** Ends waiting, so that a death or a stop is seen at once. */
  #nudge: () => void = () => undefined;

  constructor(program: Program, print: Print, onPid: () => void) {
    this.#program = program;
    this.#print = print;
    this.#onPid = onPid;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when the program answers; throws when it does not within its time or ends first. */
  async start(): Promise<void> {
    const { name, startMs } = this.#program;
    const answers = await this.#launch();
    if (answers || this.#stopping) {
      this.#loop = this.#watch();
      return;
    }
    this.#printHidden();
    throw new Error(
      this.#child === null
        ? `the ${name} ended while it started`
        : `the ${name} did not answer within ${startMs} ms`,
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#nudge();
    if (this.#child !== null) await endGroup(this.#child);
    await this.#loop;
  }

  /** Starts the program; true once it answers, false when it died or its time is over. */
  async #launch(): Promise<boolean> {
    this.#spawn();
    const untilMs = Date.now() + this.#program.startMs;
    while (!this.#stopping && this.#child !== null && Date.now() < untilMs) {
      if (await this.#isWell(usual.answerMs)) return true;
      await this.#wait(pollMs);
    }
    return false;
  }

  #spawn(): void {
    const { command, args, cwd, env } = this.#program;
    // The pipe to stdin is never written to: its closing tells the child that this program is gone.
    const child = spawn(command, [...args], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined);
    this.#hidden = [];
    this.#suspected = false;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#hear(line));
    }
    child.once('error', (cause) => {
      this.#print(this.#program.name, cause.message);
      this.#forget(child);
    });
    child.once('exit', () => {
      // What it started must not outlive it.
      killGroup(child);
      this.#forget(child);
    });
    this.#onPid();
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#onPid();
    this.#nudge();
  }

  #hear(line: string): void {
    if (this.#program.isSuspect(line)) {
      this.#suspected = true;
      this.#nudge();
    }
    const shown = this.#program.show(line);
    if (shown !== null) return this.#print(this.#program.name, shown);
    this.#hidden.push(line);
    if (this.#hidden.length > hiddenMax) this.#hidden.shift();
  }

  #printHidden(): void {
    for (const line of this.#hidden.splice(0)) if (line.trim() !== '') this.#print(this.#program.name, line);
  }

  /** Looks after the program until it is stopped. */
  async #watch(): Promise<void> {
    let startedMs = Date.now();
    let silentSinceMs: number | null = null;
    while (!this.#stopping) {
      const pace = this.#suspected ? suspect : usual;
      if (this.#child !== null) await this.#wait(pace.everyMs);
      if (this.#stopping) return;
      const askedMs = Date.now();
      if (this.#child !== null && (await this.#isWell(pace.answerMs))) {
        silentSinceMs = null;
        // An answer that was asked for before the suspicion arose does not lift it.
        if (pace === suspect) this.#suspected = false;
        if (askedMs - startedMs > wellMs) this.#failures = 0;
        continue;
      }
      silentSinceMs ??= askedMs;
      if (this.#child !== null && Date.now() - silentSinceMs < pace.silentMs) continue;
      await this.#restart(this.#child === null ? 'has ended' : 'does not answer');
      startedMs = Date.now();
      silentSinceMs = null;
    }
  }

  async #restart(why: string): Promise<void> {
    if (this.#stopping) return;
    const waitMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#print(this.#program.name, `${why}; it is started again in ${waitMs} ms`);
    if (this.#child !== null) await endGroup(this.#child);
    await this.#wait(waitMs);
    if (this.#stopping) return;
    if (await this.#launch()) this.#print(this.#program.name, 'answers again');
    else if (!this.#stopping) this.#printHidden();
  }

  async #isWell(answerMs: number): Promise<boolean> {
    try {
      const response = await fetch(this.#program.healthUrl, { signal: AbortSignal.timeout(answerMs) });
      await response.body?.cancel();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  async #wait(ms: number): Promise<void> {
    const waiting = new AbortController();
    this.#nudge = () => waiting.abort();
    await sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined);
  }
}
