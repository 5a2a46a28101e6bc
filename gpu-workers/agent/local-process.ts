// The driver that runs replicas as processes of this machine. Owns which id and generation is which process, the capacity, and the
// words on disk; a process itself is replica-process.ts.
import { createServer } from 'node:net';
import type { BackendCapacity, BackendError, ReplicaRef, ReplicaReport, StartCommand } from '../../src/backends/backend.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import type { Catalogue } from '../../src/core/registry/model.ts';
import type { Driver, DriverReply } from './driver.ts';
import { planLaunch } from './launch.ts';
import { OrphanBook, replicaMarker } from './orphans.ts';
import { ReplicaProcess } from './replica-process.ts';

export interface LocalProcessOptions {
  readonly catalogue: Catalogue;
  readonly replicasMax: number;
  readonly stateDir: string;
  /** Relative paths of weights count from here. */
  readonly root: string;
  readonly log: (line: string) => void;
}

interface Replica {
  readonly ref: ReplicaRef;
  readonly pool: string;
  readonly version: string;
  readonly process: ReplicaProcess;
}

/** Ends remembered so that a start that was overtaken by its own stop is refused; far more than can be on their way. */
const endedMax = 10_000;
/** Between asking for a free port and the child listening on it, another program may take it. */
const capacityRetryMs = 2_000;

export class LocalProcessDriver implements Driver {
  readonly #options: LocalProcessOptions;
  readonly #book: OrphanBook;
  readonly #replicas = new Map<string, Replica>();
  readonly #ended = new Map<string, number>();
  /** One change of an id at a time: two starts of the same life are one start. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: LocalProcessOptions) {
    this.#options = options;
    this.#book = new OrphanBook(options.stateDir);
  }

  async start(command: StartCommand): DriverReply<ReplicaReport> {
    const begun = await this.#inTurn(command.id, () => this.#begin(command));
    if (!begun.ok) return begun;
    await begun.value.process.waitSettled(command.waitMs);
    return ok(reportOf(begun.value));
  }

  async park(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#inTurn(ref.id, () =>
      this.#with(ref, async (replica) => {
        if (replica.process.condition === 'parked') return ok(reportOf(replica));
        const parked = await replica.process.park();
        if (parked.ok || !replica.process.alive) return ok(reportOf(replica));
        if (parked.error === 'failed') return err({ kind: 'bad-reply', message: 'the replica did not park' });
        return err({ kind: parked.error, message: `park: ${parked.error}` });
      }),
    );
  }

  async wake(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#inTurn(ref.id, () =>
      this.#with(ref, async (replica) => {
        if (replica.process.condition === 'ready') return ok(reportOf(replica));
        const woken = await replica.process.wake();
        if (woken.ok || !replica.process.alive) return ok(reportOf(replica));
        return err({ kind: 'cannot-start', message: 'the replica did not wake' });
      }),
    );
  }

  async drain(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#with(ref, async (replica) => {
      await replica.process.drain();
      return ok(reportOf(replica));
    });
  }

  async stop(ref: ReplicaRef): DriverReply<null> {
    this.#rememberEnd(ref);
    return this.#inTurn(ref.id, () => this.#end(ref));
  }

  list(pool: string | null): readonly ReplicaReport[] {
    return [...this.#replicas.values()].filter((each) => pool === null || each.pool === pool).map(reportOf);
  }

  capacity(): BackendCapacity {
    const replicas = [...this.#replicas.values()].filter((each) => each.process.alive).length;
    return { replicasMax: this.#options.replicasMax, replicas };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#replicas.values()].map((each) => this.stop(each.ref)));
  }

  async #begin(command: StartCommand): Promise<Result<Replica, BackendError>> {
    const { id, generation } = command;
    const known = this.#replicas.get(id);
    const latest = Math.max(this.#ended.get(id) ?? 0, (known?.ref.generation ?? 0) - 1);
    if (generation <= latest) {
      return err({ kind: 'stale-generation', message: 'a later life is known', knownGeneration: latest });
    }
    if (known?.ref.generation === generation) return ok(known);
    if (known !== undefined) await this.#end(known.ref);
    return this.#spawn(command);
  }

  async #spawn(command: StartCommand): Promise<Result<Replica, BackendError>> {
    const { catalogue, root, log } = this.#options;
    const version = catalogue.versions.find((each) => each.id === command.version);
    if (version === undefined) return err({ kind: 'cannot-start', message: `unknown version ${command.version}` });
    const { replicas, replicasMax } = this.capacity();
    if (replicas >= replicasMax) {
      return err({ kind: 'no-capacity', message: `${replicas} replicas run`, retryAfterMs: capacityRetryMs });
    }
    const port = await findFreePort();
    const marker = `${command.id}:${command.generation}`;
    this.#book.intend(marker);
    const plan = planLaunch(version, port, root);
    const child = new ReplicaProcess(plan, `http://127.0.0.1:${port}`, { [replicaMarker]: marker });
    if (child.pid !== null) this.#book.record(marker, child.pid);
    const ref = { id: command.id, generation: command.generation };
    const replica = { ref, pool: command.pool, version: command.version, process: child };
    this.#replicas.set(command.id, replica);
    void child.waitSettled(version.startTimeoutMs).then(() => log(describe(replica)));
    return ok(replica);
  }

  async #end(ref: ReplicaRef): DriverReply<null> {
    const replica = this.#replicas.get(ref.id);
    if (replica === undefined || replica.ref.generation > ref.generation) {
      return err({ kind: 'not-found', message: `no replica ${ref.id} of generation ${ref.generation}` });
    }
    await replica.process.stop();
    this.#replicas.delete(ref.id);
    this.#book.forget(`${replica.ref.id}:${replica.ref.generation}`);
    this.#options.log(`replica ${ref.id} stopped`);
    return ok(null);
  }

  #rememberEnd(ref: ReplicaRef): void {
    this.#ended.set(ref.id, Math.max(ref.generation, this.#ended.get(ref.id) ?? 0));
    const oldest = this.#ended.keys().next();
    if (this.#ended.size > endedMax && oldest.done !== true) this.#ended.delete(oldest.value);
  }

  async #with(
    ref: ReplicaRef,
    act: (replica: Replica) => DriverReply<ReplicaReport>,
  ): DriverReply<ReplicaReport> {
    const replica = this.#replicas.get(ref.id);
    if (replica === undefined) return err({ kind: 'not-found', message: `no replica ${ref.id}` });
    if (replica.ref.generation !== ref.generation) {
      return err({ kind: 'stale-generation', message: 'another life', knownGeneration: replica.ref.generation });
    }
    return act(replica);
  }

  /** Runs `act` after every earlier change of the same replica. */
  async #inTurn<T>(id: string, act: () => Promise<T>): Promise<T> {
    const earlier = this.#turns.get(id) ?? Promise.resolve();
    const turn = earlier.then(act, act);
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }
}

function reportOf({ ref, pool, version, process: child }: Replica): ReplicaReport {
  const { condition, endpoint, spawnMs, loadMs, readyMs, wakeMs, pid, reason } = child;
  return { ...ref, pool, version, condition, endpoint, spawnMs, loadMs, readyMs, wakeMs, pid, reason };
}

function describe({ ref, process: child }: Replica): string {
  if (child.condition === 'failed') return `replica ${ref.id} failed: ${child.reason}`;
  if (child.readyMs === null) return `replica ${ref.id} is still loading`;
  return `replica ${ref.id} ready in ${child.readyMs} ms (listening after ${child.spawnMs}, load ${child.loadMs})`;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}
