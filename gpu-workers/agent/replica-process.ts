// One replica as a child process: spawned, watched until it is healthy, parked, woken, ended. Owns the child and its timings; knows
// nothing of ids that collide, of capacity or of HTTP towards the Worker.
import { spawn, type ChildProcess } from 'node:child_process';
import type { ReplicaCondition } from '../../src/backends/backend.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import type { LaunchPlan } from './launch.ts';

/** The last words of a process, for the reason of its failure. */
const stderrCharsMax = 4_000;
/** Quick at first, so that a fast load is not rounded up; slower once a load takes its time. */
const pollMsFirst = 10;
const pollMsLater = 100;
const pollSlowerAfterMs = 2_000;
/** A child gets this long to end its requests before it is killed. */
const termMs = 3_000;
const turnTimeoutMs = 25_000;

export class ReplicaProcess {
  readonly endpoint: string;
  readonly spawnedMs: number;
  condition: ReplicaCondition = 'loading';
  spawnMs: number | null = null;
  loadMs: number | null = null;
  readyMs: number | null = null;
  wakeMs: number | null = null;
  reason: string | null = null;
  readonly #plan: LaunchPlan;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #settled: Promise<void>;
  #stderr = '';

  constructor(plan: LaunchPlan, endpoint: string, marker: Readonly<Record<string, string>>) {
    this.#plan = plan;
    this.endpoint = endpoint;
    this.spawnedMs = Date.now();
    const env = { ...process.env, ...plan.env, ...marker };
    // The open pipe to stdin tells the child that its parent lives.
    this.#child = spawn(plan.command, [...plan.args], { env, stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8');
    this.#child.stderr?.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrCharsMax);
    });
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#ended = ended;
    this.#child.once('error', (cause) => {
      this.#fail(cause.message);
      end();
    });
    this.#child.once('exit', (code, signal) => {
      this.#fail(this.#lastWords(code, signal));
      end();
    });
    this.#settled = this.#watchLoad();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.pid !== null;
  }

  /** Resolves when the replica is ready or has failed, at the latest after `waitMs`. */
  async waitSettled(waitMs: number): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const handle = setTimeout(timer.resolve, waitMs);
    await Promise.race([this.#settled, timer.promise]);
    clearTimeout(handle);
  }

  async park(): Promise<Result<null, 'busy' | 'unsupported' | 'failed'>> {
    if (!this.#plan.contract) return err('unsupported');
    const status = await this.#post('/park');
    if (status === 409) return err('busy');
    if (status !== 200) return err('failed');
    this.condition = 'parked';
    return ok(null);
  }

  async wake(): Promise<Result<null, 'failed'>> {
    const startedMs = Date.now();
    this.condition = 'waking';
    const status = await this.#post('/wake');
    if (status !== 200 || !this.alive) return err('failed');
    this.condition = 'ready';
    this.wakeMs = Date.now() - startedMs;
    return ok(null);
  }

  async drain(): Promise<void> {
    if (this.#plan.contract) await this.#post('/drain');
    this.condition = 'draining';
  }

  /** Ends the process: asks, waits, kills. Resolves once it is reaped. */
  async stop(): Promise<void> {
    if (!this.alive) return this.pid === null ? undefined : this.#ended;
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), termMs);
    await this.#ended;
    clearTimeout(killer);
  }

  async #post(path: string): Promise<number> {
    try {
      const signal = AbortSignal.timeout(turnTimeoutMs);
      const response = await fetch(this.endpoint + path, { method: 'POST', signal });
      await response.body?.cancel();
      return response.status;
    } catch {
      return 0;
    }
  }

  async #watchLoad(): Promise<void> {
    while (this.condition === 'loading') {
      const health = await this.#readHealth();
      if (this.condition !== 'loading') return;
      const sinceMs = Date.now() - this.spawnedMs;
      if (health.listens) this.spawnMs ??= sinceMs;
      if (health.ready) {
        this.condition = 'ready';
        this.readyMs = sinceMs;
        this.loadMs = health.loadMs ?? sinceMs;
        return;
      }
      const waitMs = sinceMs > pollSlowerAfterMs ? pollMsLater : pollMsFirst;
      await Promise.race([this.#ended, new Promise((done) => setTimeout(done, waitMs))]);
    }
  }

  async #readHealth(): Promise<{ listens: boolean; ready: boolean; loadMs: number | null }> {
    try {
      const response = await fetch(this.endpoint + this.#plan.readyPath, { signal: AbortSignal.timeout(5_000) });
      const text = await response.text();
      if (!this.#plan.contract) return { listens: true, ready: response.ok, loadMs: null };
      const body = JSON.parse(text) as { state?: string; timings?: { loadMs?: number } };
      return { listens: true, ready: body.state === 'ready', loadMs: body.timings?.loadMs ?? null };
    } catch {
      return { listens: false, ready: false, loadMs: null };
    }
  }

  #fail(reason: string): void {
    this.condition = 'failed';
    this.reason ??= reason;
  }

  #lastWords(code: number | null, signal: string | null): string {
    const last = this.#stderr.trimEnd().split('\n').at(-1) ?? '';
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    return last === '' ? how : `${how}: ${last}`;
  }
}
