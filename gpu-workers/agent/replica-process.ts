// One replica as a child process: spawned, watched until it is healthy, parked, woken, ended. Owns the child, its condition and its
// timings; knows nothing of ids that collide, of capacity, of the disk or of HTTP towards the Worker. Restarts nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import type { ReplicaCondition, ServerLoad } from '../../src/backends/backend.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import { LastWords } from './last-words.ts';
import type { LaunchPlan } from './launch.ts';
import { makeTalk } from './server/make-talk.ts';
import type { ServerTalk } from './server/server-talk.ts';

/** Quick at first, so that a fast load is not rounded up; slower once a load takes its time. */
const pollMsQuick = 15;
const pollQuickForMs = 2_000;
const pollMsSlow = 100;
/** A child gets this long after SIGTERM to end its requests before it is killed. */
const termMs = 3_000;
/** The pipe of stderr may deliver the last line after the exit is known; a grandchild may hold it open for ever. */
const lastWordsMs = 100;
/** A connection breaks a moment before the exit of the process behind it is known. */
const exitKnownMs = 250;

export interface ReplicaProcessOptions {
  readonly plan: LaunchPlan;
  readonly endpoint: string;
  /** Variables that mark the process as this replica. */
  readonly marks: Readonly<Record<string, string>>;
  /** How long a wake may take: it loads the weights again. */
  readonly wakeTimeoutMs: number;
}

/** Variables of the agent that are no business of a model server. */
const secretVariables: readonly string[] = [
  'AGENT_TOKEN',
  'MODAL_TOKEN_ID',
  'MODAL_TOKEN_SECRET',
  'MODAL_PROXY_SECRET',
  'REPLICA_KEY',
];

export class ReplicaProcess {
  readonly #options: ReplicaProcessOptions;
  readonly #child: ChildProcess;
  readonly #spawnedMs = performance.now();
  readonly #exited = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  readonly #lastWords = new LastWords();
  #condition: ReplicaCondition = 'loading';
  #reason: string | null = null;
  readonly #talk: ServerTalk;
  #stopping = false;
  #spawnMs: number | null = null;
  #loadMs: number | null = null;
  #readyMs: number | null = null;
  #wakeMs: number | null = null;
  /** One park or wake at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws when the system refuses the command line itself; a program that is not there is a failed replica. */
  constructor(options: ReplicaProcessOptions) {
    this.#options = options;
    const { plan, marks, endpoint } = options;
    const { readyPath, protocol } = plan;
    const address = { endpoint: () => endpoint, readyPath, headers: {}, isTunnelled: false };
    this.#talk = makeTalk(protocol, address);
    const env = { ...process.env, ...plan.env, ...marks };
    for (const name of secretVariables) delete env[name];
    // The open pipe to stdin tells the child that its parent lives.
    this.#child = spawn(plan.command, [...plan.args], {
      env,
      cwd: plan.directory,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#lastWords.hear(text));
    this.#child.once('error', (cause) => {
      if (this.pid === null) this.#leave(`cannot run ${plan.command}: ${cause.message}`);
    });
    this.#child.once('exit', (code, signal) => {
      this.#leave(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
    void this.#watchLoad();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get alive(): boolean {
    return this.pid !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get report(): ProcessReport {
    return {
      condition: this.#condition,
      endpoint: this.#spawnMs === null ? null : this.#options.endpoint,
      spawnMs: this.#spawnMs,
      loadMs: this.#loadMs,
      readyMs: this.#readyMs,
      wakeMs: this.#wakeMs,
      pid: this.pid,
      reason: this.#reason === null ? null : this.#lastWords.explain(this.#reason),
    };
  }

  /** Resolves once the start has ended, well or badly. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Resolves once the process is reaped. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** Gives the weights back. A replica that broke meanwhile is `failed` in its report, which is no error of the call. */
  park(): Promise<Result<null, 'busy' | 'unsupported'>> {
    return this.#inTurn(async () => {
      if (this.#condition === 'parked' || this.#condition === 'failed') return ok(null);
      if (this.#condition !== 'ready') return err('busy');
      const parked = await this.#talk.park();
      if (parked === 'busy' || parked === 'unsupported') return err(parked);
      if (parked === 'parked') this.#enter('parked');
      else await this.#break('it did not park');
      return ok(null);
    });
  }

  /** Loads the weights again; `failed` when that does not work. */
  wake(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#condition !== 'parked') return;
      this.#enter('waking');
      const startedMs = performance.now();
      if (!(await this.#talk.wake(this.#options.wakeTimeoutMs))) return this.#break('it did not wake');
      this.#wakeMs = Math.round(performance.now() - startedMs);
      this.#enter('ready');
    });
  }

  async drain(): Promise<void> {
    await this.#talk.drain();
    this.#enter('draining');
  }

  /** What runs on it now, where its server tells. */
  async load(): Promise<ServerLoad | null> {
    return this.#condition === 'ready' ? this.#talk.load() : null;
  }

  /** Ends the process: asks, waits, kills. Resolves once it is reaped. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#enter('draining');
    if (!this.alive) return;
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), termMs);
    await this.exited;
    clearTimeout(killer);
  }

  async #watchLoad(): Promise<void> {
    while (this.#condition === 'loading') {
      const health = await this.#talk.look();
      if (this.#condition !== 'loading') return;
      const sinceMs = Math.round(performance.now() - this.#spawnedMs);
      if (health !== null) {
        this.#spawnMs ??= sinceMs;
        if (health.ready) return this.#becomeReady(sinceMs, health.loadMs);
      }
      await delay(sinceMs < pollQuickForMs ? pollMsQuick : pollMsSlow);
    }
  }

  #becomeReady(sinceMs: number, loadMs: number | null): void {
    this.#readyMs = sinceMs;
    this.#loadMs = loadMs ?? sinceMs - (this.#spawnMs ?? 0);
    this.#enter('ready');
    this.#settled.resolve();
  }

  /** Failure is the last condition of a life: nothing is entered after it. */
  #enter(condition: ReplicaCondition): void {
    if (this.#condition === 'failed' || (this.#stopping && condition !== 'draining')) return;
    this.#condition = condition;
    if (condition !== 'loading' && condition !== 'ready') this.#settled.resolve();
  }

  #leave(how: string): void {
    this.#exited.resolve();
    if (this.#stopping) return;
    this.#fail(how);
    const heard = new Promise((done) => this.#child.stderr?.once('close', done));
    void Promise.race([heard, delay(lastWordsMs)]).then(() => this.#settled.resolve());
  }

  /** It lives, but does not do what it is told: it is of no more use. If it is about to exit, that says more. */
  async #break(how: string): Promise<void> {
    await Promise.race([this.exited, delay(exitKnownMs)]);
    if (!this.#stopping) this.#fail(how);
  }

  #fail(reason: string): void {
    this.#reason ??= reason;
    this.#condition = 'failed';
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn;
    return turn;
  }
}

export interface ProcessReport {
  readonly condition: ReplicaCondition;
  readonly endpoint: string | null;
  readonly spawnMs: number | null;
  readonly loadMs: number | null;
  readonly readyMs: number | null;
  readonly wakeMs: number | null;
  readonly pid: number | null;
  readonly reason: string | null;
}

function delay(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
