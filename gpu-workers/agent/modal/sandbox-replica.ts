// One replica as a Modal sandbox: obtained, watched until it is healthy, parked, woken, ended. Owns the sandbox, its condition and its
// timings; knows nothing of ids that collide, of capacity, of tags or of HTTP towards the Worker. Begins nothing a second time.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from 'modal';
import type { BackendError, ReplicaCondition, ServerLoad } from '../../../src/backends/backend.ts';
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { ServerProtocol } from '../../../src/core/registry/model.ts';
import type { Health } from '../health.ts';
import { makeTalk } from '../server/make-talk.ts';
import type { ServerTalk } from '../server/server-talk.ts';
import { waitAtMost } from '../wait-at-most.ts';
import type { ModalAccount, ModalReply } from './modal-account.ts';
import type { SandboxRow } from './sandbox-tags.ts';

/** Each look is a TLS connection through a tunnel; loads take seconds to minutes. */
const pollMsQuick = 100;
const pollQuickForMs = 5_000;
const pollMsSlow = 1_000;
/** While nothing answers, Modal is asked this often whether the process still runs. */
const askEndEveryMs = 1_000;
const tunnelsWithinMs = 30_000;
const askWithinMs = 3_000;
/** The agent promises the end of a replica within 20 seconds. */
const endWithinMs = 15_000;

export interface SandboxReplicaOptions {
  readonly account: ModalAccount;
  readonly port: number;
  readonly readyPath: string;
  /** What its server asks of whoever calls it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly wakeTimeoutMs: number;
  readonly protocol: ServerProtocol | null;
}

export class SandboxReplica {
  readonly row: SandboxRow;
  readonly gpus: number;
  readonly #options: SandboxReplicaOptions;
  readonly #begunMs = performance.now();
  readonly #settled = Promise.withResolvers<void>();
  readonly #obtained: Promise<void>;
  #sandbox: Sandbox | null = null;
  #refusal: BackendError | null = null;
  #condition: ReplicaCondition = 'loading';
  #reason: string | null = null;
  #endpoint: string | null = null;
  readonly #talk: ServerTalk;
  #stopping = false;
  #hasEnded = false;
  #spawnMs: number | null = null;
  #loadMs: number | null = null;
  #readyMs: number | null = null;
  #wakeMs: number | null = null;
  /** One park or wake at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `obtain` gives the sandbox: a new one, or one that an earlier agent has left. */
  constructor(
    { row, gpus }: { readonly row: SandboxRow; readonly gpus: number },
    options: SandboxReplicaOptions,
    obtain: () => ModalReply<Sandbox>,
  ) {
    this.row = row;
    this.gpus = gpus;
    this.#options = options;
    const { readyPath, headers, protocol } = options;
    this.#talk = makeTalk(protocol, {
      endpoint: () => this.#endpoint,
      readyPath,
      headers,
      isTunnelled: true,
    });
    this.#obtained = this.#obtain(obtain);
  }

  get report() {
    return {
      ...this.row,
      condition: this.#condition,
      endpoint: this.#endpoint,
      spawnMs: this.#spawnMs,
      loadMs: this.#loadMs,
      readyMs: this.#readyMs,
      wakeMs: this.#wakeMs,
      pid: null,
      reason: this.#reason,
    };
  }

  /** Why there is no sandbox; null while it is not known, and when there is one. */
  get refusal(): BackendError | null {
    return this.#refusal;
  }

  /** Null while there is none yet. */
  get sandboxId(): string | null {
    return this.#sandbox?.sandboxId ?? null;
  }

  get alive(): boolean {
    return this.#condition !== 'failed' && this.#refusal === null;
  }

  /** Whether its GPUs are paid for, or may be: one that has failed runs on until Modal says that it has ended. */
  get holdsGpus(): boolean {
    return !this.#hasEnded && this.#refusal === null;
  }

  /** Resolves once the start has ended, well or badly. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  park(): Promise<Result<null, 'busy' | 'unsupported'>> {
    return this.#inTurn(async () => {
      if (this.#condition === 'parked' || this.#condition === 'failed') return ok(null);
      if (this.#condition !== 'ready') return err('busy');
      const parked = await this.#talk.park();
      if (parked === 'busy' || parked === 'unsupported') return err(parked);
      if (parked === 'parked') this.#enter('parked');
      else this.#fail('it did not park');
      return ok(null);
    });
  }

  wake(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#condition !== 'parked') return;
      this.#enter('waking');
      const startedMs = performance.now();
      if (!(await this.#talk.wake(this.#options.wakeTimeoutMs))) {
        await this.askEnd();
        return this.#fail('it did not wake');
      }
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

  /** Ends the sandbox. Answers well once Modal says that it has ended; asked again after an error, it goes on where that left it. */
  async stop(endCreation: () => Promise<unknown>): ModalReply<null> {
    this.#stopping = true;
    this.#enter('draining');
    if (this.#sandbox === null && this.#refusal === null) {
      // It is being created: what Modal has of it by now is ended, so that the creation ends too.
      await endCreation();
      await waitAtMost(this.#obtained, endWithinMs);
      if (this.#sandbox === null && this.#refusal === null)
        return err({ kind: 'timeout', message: 'Modal has not said what became of the creation' });
    }
    const sandbox = this.#sandbox;
    if (sandbox === null) return ok(null);
    const ended = await this.#options.account.ask(endWithinMs, () => sandbox.terminate({ wait: true }));
    if (!ended.ok && ended.error.kind !== 'not-found') return ended;
    this.#hasEnded = true;
    return ok(null);
  }

  /** Asks Modal whether the process has ended, and fails if so. */
  async askEnd(): Promise<void> {
    const sandbox = this.#sandbox;
    if (sandbox === null) return;
    const code = await this.#options.account.ask(askWithinMs, () => sandbox.poll());
    const isGone = !code.ok && code.error.kind === 'not-found';
    this.#hasEnded ||= isGone || (code.ok && code.value !== null);
    if (this.#stopping) return;
    if (isGone) this.#fail('the sandbox is gone');
    if (code.ok && code.value !== null) this.#fail(`exit code ${code.value}`);
  }

  async #obtain(obtain: () => ModalReply<Sandbox>): Promise<void> {
    const got = await obtain();
    if (!got.ok) {
      this.#refusal = got.error;
      this.#fail(got.error.message);
      return this.#settled.resolve();
    }
    this.#sandbox = got.value;
    void this.#bringUp(got.value);
  }

  async #bringUp(sandbox: Sandbox): Promise<void> {
    const { account, port } = this.#options;
    while (this.#condition === 'loading' && this.#endpoint === null) {
      const tunnels = await account.ask(tunnelsWithinMs, () => sandbox.tunnels(tunnelsWithinMs));
      if (tunnels.ok) this.#endpoint = tunnels.value[port]?.url ?? null;
      if (tunnels.ok && this.#endpoint === null) this.#fail(`the sandbox has no tunnel for port ${port}`);
      if (!tunnels.ok) await this.askEnd();
      if (this.#endpoint === null && this.#condition === 'loading') await sleep(pollMsSlow);
    }
    await this.#watchLoad();
    this.#settled.resolve();
  }

  async #watchLoad(): Promise<void> {
    let askedMs = performance.now();
    while (this.#condition === 'loading') {
      const health = await this.#talk.look();
      if (this.#condition !== 'loading') return;
      const sinceMs = Math.round(performance.now() - this.#begunMs);
      if (health !== null) {
        this.#spawnMs ??= sinceMs;
        this.#follow(health, sinceMs);
      } else if (performance.now() - askedMs > askEndEveryMs) {
        await this.askEnd();
        askedMs = performance.now();
      }
      if (this.#condition === 'loading') await sleep(sinceMs < pollQuickForMs ? pollMsQuick : pollMsSlow);
    }
  }

  /** One that an earlier agent has left may be in any condition. A wake that is under way there is awaited like a load. */
  #follow(health: Health, sinceMs: number): void {
    if (health.state === 'parked' || health.state === 'draining') return this.#enter(health.state);
    if (!health.ready) return;
    this.#readyMs = sinceMs;
    this.#loadMs = health.loadMs ?? sinceMs - (this.#spawnMs ?? 0);
    this.#enter('ready');
  }

  /** Failure is the last condition of a life: nothing is entered after it. */
  #enter(condition: ReplicaCondition): void {
    if (this.#condition === 'failed' || (this.#stopping && condition !== 'draining')) return;
    this.#condition = condition;
    if (condition !== 'loading') this.#settled.resolve();
  }

  #fail(reason: string): void {
    if (this.#stopping) return this.#settled.resolve();
    this.#reason ??= reason;
    this.#condition = 'failed';
    this.#settled.resolve();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn;
    return turn;
  }
}
