// The driver that runs replicas as processes of this machine. Owns which id and generation is which process, the capacity, and that the
// book is written before a process is begun. A process itself is replica-process.ts, the disk replica-book.ts.
import { randomUUID } from 'node:crypto';
import type {
  BackendCapacity,
  BackendError,
  ReplicaRef,
  ReplicaReport,
  StartCommand,
} from '../../src/backends/backend.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import type { Catalogue, ModelVersion } from '../../src/core/registry/model.ts';
import type { Driver, DriverReply } from './driver.ts';
import { FreePorts } from './free-ports.ts';
import { isLocal, planLaunch } from './launch.ts';
import { LifeOrder } from '../../src/backends/life-order.ts';
import { replicaVariable, sweepLeftovers, sweepProcesses, tokenVariable } from './orphans.ts';
import type { Leftovers, ReplicaBook } from './replica-book.ts';
import { ReplicaProcess } from './replica-process.ts';
import { describeTurn, narrateLife, reportOf, type Replica } from './replica.ts';
import { waitAtMost } from './wait-at-most.ts';
import { withLoad } from './with-load.ts';

export interface LocalProcessOptions {
  readonly catalogue: Catalogue;
  readonly replicasMax: number;
  readonly book: ReplicaBook;
  readonly leftovers: Leftovers;
  /** Relative paths of weights count from here. */
  readonly root: string;
  readonly log: (line: string) => void;
}

/** A caller waits at most this long for a park or wake; then it hears how far it is, and asks again. */
const answerWithinMs = 20_000;
const capacityRetryMs = 2_000;
/** Failed replicas are kept so that their reason can be read; a caller that never deletes them must not fill the memory. */
const failedMax = 256;

export class LocalProcessDriver implements Driver {
  readonly #options: LocalProcessOptions;
  readonly #replicas = new Map<string, Replica>();
  readonly #order = new LifeOrder();
  readonly #ports = new FreePorts();
  #beginning = 0;
  #closing = false;

  constructor(options: LocalProcessOptions) {
    this.#options = options;
  }

  async reclaim(): Promise<void> {
    const { leftovers, book, log } = this.#options;
    if (leftovers.damaged) log('the book of the last agent is damaged: what it left running is not known');
    const { killed, stuck } = await sweepLeftovers(leftovers.rows);
    if (killed.length > 0) log(`ended ${killed.length} processes that the last agent left running`);
    for (const { pid } of stuck) log(`cannot end process ${pid}, which the last agent left running`);
    if (stuck.length === 0) book.forget(leftovers.rows.map((row) => row.token));
  }

  async start(command: StartCommand): DriverReply<ReplicaReport> {
    const begun = await this.#order.inTurn(command.id, () => this.#begin(command));
    if (!begun.ok) return begun;
    await waitAtMost(begun.value.child.settled, command.waitMs);
    return ok(reportOf(begun.value));
  }

  async park(ref: ReplicaRef): DriverReply<ReplicaReport> {
    const replica = this.#find(ref);
    if (!replica.ok) return replica;
    const parked = await waitAtMost(replica.value.child.park(), answerWithinMs);
    if (parked === null || parked.ok) return ok(this.#told(replica.value));
    if (parked.error === 'busy') return err({ kind: 'busy', message: 'a request runs, or it is not ready' });
    return err({ kind: 'unsupported', message: 'this program has no parking' });
  }

  async wake(ref: ReplicaRef): DriverReply<ReplicaReport> {
    const replica = this.#find(ref);
    if (!replica.ok) return replica;
    await waitAtMost(replica.value.child.wake(), answerWithinMs);
    return ok(this.#told(replica.value));
  }

  async drain(ref: ReplicaRef): DriverReply<ReplicaReport> {
    const replica = this.#find(ref);
    if (!replica.ok) return replica;
    await replica.value.child.drain();
    return ok(reportOf(replica.value));
  }

  async stop(ref: ReplicaRef): DriverReply<null> {
    this.#order.end(ref);
    return this.#order.inTurn(ref.id, () => this.#end(ref));
  }

  async list(pool: string | null): DriverReply<readonly ReplicaReport[]> {
    const replicas = [...this.#replicas.values()].filter(({ row }) => pool === null || row.pool === pool);
    return ok(await Promise.all(replicas.map((replica) => withLoad(replica.child, () => reportOf(replica)))));
  }

  capacity(): BackendCapacity {
    return { replicasMax: this.#options.replicasMax, replicas: this.#countAlive() };
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#order.settled();
    await Promise.all([...this.#replicas.values()].map(({ row }) => this.stop(row)));
  }

  async #begin(command: StartCommand): Promise<Result<Replica, BackendError>> {
    const known = this.#replicas.get(command.id);
    const latest = Math.max(this.#order.latestEnded(command.id), known?.row.generation ?? 0);
    if (known?.row.generation === command.generation && !this.#order.hasEnded(command)) return ok(known);
    if (command.generation <= latest) {
      return err({
        kind: 'stale-generation',
        message: `generation ${latest} is known`,
        knownGeneration: latest,
      });
    }
    const version = this.#options.catalogue.versions.find((each) => each.id === command.version);
    if (version === undefined || !isLocal(version)) {
      return err({ kind: 'cannot-start', message: `no version ${command.version} is configured here` });
    }
    if (known !== undefined) await this.#end(known.row);
    return this.#beginWithin(command, version);
  }

  async #beginWithin(command: StartCommand, version: ModelVersion): Promise<Result<Replica, BackendError>> {
    const replicas = this.#countAlive() + this.#beginning;
    if (replicas >= this.#options.replicasMax) {
      return err({ kind: 'no-capacity', message: `${replicas} replicas run`, retryAfterMs: capacityRetryMs });
    }
    this.#beginning += 1;
    try {
      const port = await this.#ports.take();
      if (this.#closing) return err({ kind: 'timeout', message: 'the agent is shutting down' });
      return this.#spawn(command, version, port);
    } finally {
      this.#beginning -= 1;
    }
  }

  #spawn(command: StartCommand, version: ModelVersion, port: number): Result<Replica, BackendError> {
    const { root, book } = this.#options;
    const { id, generation, pool } = command;
    const row = { id, generation, pool, version: version.id, token: randomUUID() };
    const plan = planLaunch(version, { port, root });
    const marks = { [replicaVariable]: `${id}:${generation}`, [tokenVariable]: row.token };
    let child: ReplicaProcess | null = null;
    try {
      book.intend(row);
      const endpoint = `http://127.0.0.1:${port}`;
      child = new ReplicaProcess({ plan, endpoint, marks, wakeTimeoutMs: version.startTimeoutMs });
      if (child.pid !== null) book.record(row.token, child.pid);
    } catch (cause) {
      // The disk is full, or the system refuses the command line: nothing may run that the book does not know.
      void child?.stop();
      this.#ports.giveBack(port);
      book.forget([row.token]);
      const why = cause instanceof Error ? cause.message : String(cause);
      return err({ kind: 'cannot-start', message: `cannot start ${plan.command}: ${why}` });
    }
    const replica: Replica = { row, port, foreign: plan.foreign, child };
    this.#replicas.set(id, replica);
    this.#forgetOldFailures();
    narrateLife(replica, (line) => !this.#closing && this.#options.log(line));
    return ok(replica);
  }

  async #end(ref: ReplicaRef): DriverReply<null> {
    const replica = this.#replicas.get(ref.id);
    if (replica === undefined || replica.row.generation > ref.generation) {
      return err({ kind: 'not-found', message: `no replica ${ref.id} of generation ${ref.generation}` });
    }
    const startedMs = performance.now();
    await replica.child.stop();
    await this.#clear(replica);
    this.#options.log(`replica ${ref.id} stopped in ${Math.round(performance.now() - startedMs)} ms`);
    return ok(null);
  }

  /** What a process leaves behind when it has ended: its own children, its port, its row, its place in the table. */
  async #clear({ row, foreign, port }: Replica): Promise<void> {
    if (foreign) await sweepProcesses([{ ...row, process: null }]);
    this.#options.book.forget([row.token]);
    this.#ports.giveBack(port);
    if (this.#replicas.get(row.id)?.row.token === row.token) this.#replicas.delete(row.id);
  }

  #forgetOldFailures(): void {
    const failed = [...this.#replicas.values()].filter(({ child }) => !child.alive);
    for (const each of failed.slice(0, Math.max(0, failed.length - failedMax))) void this.#clear(each);
  }

  #find(ref: ReplicaRef): Result<Replica, BackendError> {
    const replica = this.#replicas.get(ref.id);
    if (replica === undefined) return err({ kind: 'not-found', message: `no replica ${ref.id}` });
    const { generation } = replica.row;
    if (generation === ref.generation) return ok(replica);
    return err({
      kind: 'stale-generation',
      message: `generation ${generation} runs`,
      knownGeneration: generation,
    });
  }

  #told(replica: Replica): ReplicaReport {
    const report = reportOf(replica);
    this.#options.log(describeTurn(report));
    return report;
  }

  #countAlive(): number {
    return [...this.#replicas.values()].filter(({ child }) => child.alive).length;
  }
}
