// One replica as a child process: spawned, watched until it is healthy, parked, woken, ended. Owns the child, its condition and its
// timings; knows nothing of ids that collide, of capacity, of the disk or of HTTP towards the Worker. Restarts nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import type { ReplicaCondition } from '../../src/backends/backend.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import { callServer } from './call-server.ts';
import { parseHealth } from './health.ts';
import { LastWords } from './last-words.ts';
import type { LaunchPlan } from './launch.ts';

/** Quick at first, so that a fast load is not rounded up; slower once a load takes its time. */
const pollMsQuick = 15;
const pollQuickForMs = 2_000;
const pollMsSlow = 100;
/** A server that blocks its loop while it loads is asked again after this long. */
const healthTimeoutMs = 2_000;
/** Parking frees memory and draining sets a flag: a server that does not answer by then is broken. */
const parkTimeoutMs = 20_000;
const drainTimeoutMs = 2_000;
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
  #stopping = false;
  #parking = false;
  #spawnMs: number | null = null;
  #loadMs: number | null = null;
  #readyMs: number | null = null;
  #wakeMs: number | null = null;
  /** One park or wake at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws when the system refuses the command line itself; a program that is not there is a failed replica. */
  constructor(options: ReplicaProcessOptions) {
    this.#options = options;
    const { plan, marks } = options;
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
      if (!this.#parking) return err('unsupported');
      const reply = await this.#post('/park', parkTimeoutMs);
      if (reply?.status === 409) return err('busy');
      if (reply?.status === 404 || reply?.status === 405) return err('unsupported');
      if (reply?.status === 200) this.#enter('parked');
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
      const reply = await this.#post('/wake', this.#options.wakeTimeoutMs);
      if (reply?.status !== 200) return this.#break('it did not wake');
      this.#wakeMs = Math.round(performance.now() - startedMs);
      this.#enter('ready');
    });
  }

  async drain(): Promise<void> {
    if (this.#parking) await this.#post('/drain', drainTimeoutMs);
    this.#enter('draining');
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

  #post(path: string, timeoutMs: number): ReturnType<typeof callServer> {
    return callServer('POST', this.#options.endpoint + path, timeoutMs);
  }

  async #watchLoad(): Promise<void> {
    const url = this.#options.endpoint + this.#options.plan.readyPath;
    while (this.#condition === 'loading') {
      const reply = await callServer('GET', url, healthTimeoutMs);
      if (this.#condition !== 'loading') return;
      const sinceMs = Math.round(performance.now() - this.#spawnedMs);
      if (reply !== null) {
        this.#spawnMs ??= sinceMs;
        const health = parseHealth(reply.status, reply.text);
        this.#parking = health.parking;
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
