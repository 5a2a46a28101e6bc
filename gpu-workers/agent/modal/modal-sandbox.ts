// The driver that runs replicas as Modal sandboxes. Owns which id and generation is which sandbox, and the GPUs in use. A sandbox is
// sandbox-replica.ts, the calls are sandbox-store.ts, what becomes of sandboxes that it did not begin itself is sandbox-sweep.ts.
import type { Sandbox } from 'modal';
import type {
  BackendCapacity,
  BackendError,
  ReplicaRef,
  ReplicaReport,
  StartCommand,
} from '../../../src/backends/backend.ts';
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { Driver, DriverReply } from '../driver.ts';
import { LifeOrder } from '../../../src/backends/life-order.ts';
import { waitAtMost } from '../wait-at-most.ts';
import { withLoad } from '../with-load.ts';
import type { AppMemory } from './app-memory.ts';
import type { ModalAccount, ModalReply } from './modal-account.ts';
import { countGpus, type GpuQuota, type QuotaShare } from '../managed/gpu-quota.ts';
import { SandboxReplica } from './sandbox-replica.ts';
import { SandboxStore, type SandboxVersion } from './sandbox-store.ts';
import { SandboxSweep } from './sandbox-sweep.ts';
import type { SandboxRow } from './sandbox-tags.ts';

export interface ModalSandboxOptions {
  readonly account: ModalAccount;
  readonly owner: string;
  readonly versions: readonly SandboxVersion[];
  /** Where sandboxes of versions that are gone may run. */
  readonly apps: AppMemory;
  readonly key: string | null;
  readonly quota: GpuQuota;
  readonly lifeMsMax: number;
  /** One that was found, and that no pool asks about for this long, is ended. */
  readonly claimMs: number;
  /** What runs is compared with what is known this often. */
  readonly sweepMs: number;
  /** Whether sandboxes end with the agent. */
  readonly endsWithAgent: boolean;
  readonly log: (line: string) => void;
}

/** A caller waits at most this long for a park or wake; then it hears how far it is, and asks again. */
const answerWithinMs = 20_000;
/** A caller of `list` gives up after five seconds. */
const listWithinMs = 4_000;
const quotaRetryMs = 2_000;
const failedMax = 256;

export class ModalSandboxDriver implements Driver {
  readonly quota: GpuQuota;
  readonly #options: ModalSandboxOptions;
  readonly #store: SandboxStore;
  readonly #replicas = new Map<string, SandboxReplica>();
  readonly #order = new LifeOrder();
  readonly #versions: ReadonlyMap<string, SandboxVersion>;
  readonly #share: QuotaShare;
  readonly #sweep: SandboxSweep;
  #closing = false;

  constructor(options: ModalSandboxOptions) {
    this.#options = options;
    this.quota = options.quota;
    this.#store = new SandboxStore(options);
    this.#versions = new Map(options.versions.map((version) => [version.id, version]));
    this.#sweep = new SandboxSweep({
      ...options,
      store: this.#store,
      replicas: this.#replicas,
      order: this.#order,
      takeOver: (row, sandbox) => this.#takeOver(row, sandbox),
      end: (row) => void this.stop(row),
    });
    this.#share = options.quota.join({
      used: () => this.#gpusInUse(),
      isKnown: () => this.#sweep.ignorance === null,
    });
  }

  /** Takes over what runs. While Modal cannot be asked, nothing is known and every call is refused. */
  async reclaim(): Promise<void> {
    const swept = await this.#sweep.sweep();
    if (!swept.ok) this.#options.log(`what runs on Modal is not known yet: ${swept.error.message}`);
    this.#sweep.begin();
  }

  async start(command: StartCommand): DriverReply<ReplicaReport> {
    const known = this.#known();
    if (!known.ok) return known;
    const begun = await this.#order.inTurn(command.id, () => this.#begin(command));
    if (!begun.ok) return begun;
    const replica = begun.value;
    await waitAtMost(replica.settled, command.waitMs);
    if (replica.refusal === null) return ok(replica.report);
    return err(replica.refusal);
  }

  async park(ref: ReplicaRef): DriverReply<ReplicaReport> {
    const replica = this.#find(ref);
    if (!replica.ok) return replica;
    const parked = await waitAtMost(replica.value.park(), answerWithinMs);
    if (parked === null || parked.ok) return ok(this.#told(replica.value));
    if (parked.error === 'busy') return err({ kind: 'busy', message: 'a request runs, or it is not ready' });
    return err({ kind: 'unsupported', message: 'this program has no parking' });
  }

  async wake(ref: ReplicaRef): DriverReply<ReplicaReport> {
    const replica = this.#find(ref);
    if (!replica.ok) return replica;
    await waitAtMost(replica.value.wake(), answerWithinMs);
    return ok(this.#told(replica.value));
  }

  async drain(ref: ReplicaRef): DriverReply<ReplicaReport> {
    const replica = this.#find(ref);
    if (!replica.ok) return replica;
    await replica.value.drain();
    return ok(replica.value.report);
  }

  async stop(ref: ReplicaRef): DriverReply<null> {
    const known = this.#known();
    if (!known.ok) return known;
    this.#order.end(ref);
    return this.#order.inTurn(ref.id, () => this.#end(ref));
  }

  async list(pool: string | null): DriverReply<readonly ReplicaReport[]> {
    if (pool !== null && !this.#serves(pool)) return ok([]);
    const swept = await waitAtMost(this.#sweep.sweep(), listWithinMs);
    if (swept === null)
      return err({ kind: 'timeout', message: 'Modal has not listed its sandboxes in time' });
    if (!swept.ok) return swept;
    const replicas = [...this.#replicas.values()].filter(({ row }) => pool === null || row.pool === pool);
    if (pool !== null) for (const { row } of replicas) this.#sweep.claim(row.id);
    return ok(await Promise.all(replicas.map((replica) => withLoad(replica, () => replica.report))));
  }

  capacity(): BackendCapacity {
    return { replicasMax: this.#share.gpusLeft(), replicas: this.#gpusInUse() };
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#sweep.close();
    if (!this.#options.endsWithAgent) return;
    await Promise.all([...this.#replicas.values()].map(({ row }) => this.stop(row)));
  }

  #known(): Result<null, BackendError> {
    if (this.#closing) return err({ kind: 'timeout', message: 'the agent is shutting down' });
    const { ignorance } = this.#sweep;
    return ignorance === null ? ok(null) : err(ignorance);
  }

  /** A pool's name begins with its version's. */
  #serves(pool: string): boolean {
    if (this.#versions.has(pool.split('~')[0] ?? '')) return true;
    return [...this.#replicas.values()].some(({ row }) => row.pool === pool);
  }

  async #begin(command: StartCommand): Promise<Result<SandboxReplica, BackendError>> {
    const { id, generation, pool } = command;
    const known = this.#replicas.get(id);
    const latest = Math.max(this.#order.latestEnded(id), known?.row.generation ?? 0);
    if (known?.row.generation === generation && !this.#order.hasEnded(command)) {
      this.#sweep.claim(id);
      return ok(known);
    }
    if (generation <= latest) {
      const message = `generation ${latest} is known`;
      return err({ kind: 'stale-generation', message, knownGeneration: latest });
    }
    const version = this.#versions.get(command.version);
    if (version === undefined)
      return err({ kind: 'cannot-start', message: `no version ${command.version} runs in sandboxes here` });
    if (known !== undefined) {
      const ended = await this.#end(known.row);
      if (!ended.ok && ended.error.kind !== 'not-found') return ended;
    }
    const gpus = countGpus(version.launch.gpu);
    const isKnown = this.#share.sharing.isKnown();
    if (!isKnown || gpus > this.#share.gpusLeft() - this.#gpusInUse()) {
      if (isKnown) this.#share.sharing.tellShort();
      const message = isKnown
        ? `${this.#options.quota.used} of ${this.#options.quota.gpusMax} GPUs are in use`
        : 'it is not known yet what an earlier agent has left';
      return err({ kind: 'quota', message, retryAfterMs: quotaRetryMs });
    }
    const row = { id, generation, pool, version: version.id };
    return ok(this.#hold(row, version, () => this.#store.create(row, version, version.startTimeoutMs)));
  }

  /** From here on the life is known, whatever comes of it. */
  #hold(row: SandboxRow, version: SandboxVersion, obtain: () => ModalReply<Sandbox>): SandboxReplica {
    const { account, key, log } = this.#options;
    const { port, readyPath, gpu, protocol = null } = version.launch;
    const replica = new SandboxReplica(
      { row, gpus: countGpus(gpu) },
      {
        account,
        port,
        readyPath,
        headers: key === null ? {} : { authorization: `Bearer ${key}` },
        wakeTimeoutMs: version.startTimeoutMs,
        protocol,
      },
      obtain,
    );
    this.#replicas.set(row.id, replica);
    log(`replica ${row.id} starting ${row.version} (generation ${row.generation})`);
    void replica.settled.then(() => {
      const { condition, reason } = replica.report;
      log(`replica ${row.id} ${condition}${reason === null ? '' : `: ${reason}`} (${replica.sandboxId})`);
      // Nothing was begun: the same start may be tried again.
      if (replica.refusal !== null && this.#replicas.get(row.id) === replica) this.#replicas.delete(row.id);
      this.#forgetOldFailures();
    });
    return replica;
  }

  async #end(ref: ReplicaRef): DriverReply<null> {
    const replica = this.#replicas.get(ref.id);
    if (replica !== undefined && replica.row.generation <= ref.generation) {
      const stopped = await replica.stop(() => this.#store.endAll(replica.row));
      if (!stopped.ok) return stopped;
      this.#replicas.delete(ref.id);
      this.#sweep.claim(ref.id);
      this.#options.log(`replica ${ref.id} stopped`);
      return ok(null);
    }
    // Its creation may have been sent by an agent that did not live to hear of it.
    const ended = await this.#store.endAll(ref);
    if (!ended.ok) return ended;
    if (ended.value > 0) return ok(null);
    return err({ kind: 'not-found', message: `no replica ${ref.id} of generation ${ref.generation}` });
  }

  #find(ref: ReplicaRef): Result<SandboxReplica, BackendError> {
    const known = this.#known();
    if (!known.ok) return known;
    const replica = this.#replicas.get(ref.id);
    if (replica === undefined) return err({ kind: 'not-found', message: `no replica ${ref.id}` });
    this.#sweep.claim(ref.id);
    const { generation } = replica.row;
    if (generation === ref.generation) return ok(replica);
    const message = `generation ${generation} runs`;
    return err({ kind: 'stale-generation', message, knownGeneration: generation });
  }

  #told(replica: SandboxReplica): ReplicaReport {
    const { report } = replica;
    this.#options.log(`replica ${report.id} ${report.condition}`);
    return report;
  }

  #gpusInUse(): number {
    return [...this.#replicas.values()].reduce((sum, { holdsGpus, gpus }) => sum + (holdsGpus ? gpus : 0), 0);
  }

  #forgetOldFailures(): void {
    // One that runs on is not forgotten: its GPUs are in use.
    const failed = [...this.#replicas.values()].filter(({ alive, holdsGpus }) => !alive && !holdsGpus);
    for (const { row } of failed.slice(0, Math.max(0, failed.length - failedMax)))
      this.#replicas.delete(row.id);
  }

  #takeOver(row: SandboxRow, sandbox: Sandbox): boolean {
    const version = this.#versions.get(row.version);
    if (version === undefined) return false;
    this.#hold(row, version, async () => ok(sandbox));
    return true;
  }
}
