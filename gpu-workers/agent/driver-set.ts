// Several drivers as one: a version is started by the driver that it belongs to, and a command about a replica goes to the driver
// that knows it. Owns the choice alone.
import type {
  BackendCapacity,
  HoldCommand,
  ReplicaRef,
  ReplicaReport,
  StartCommand,
} from '../../src/backends/backend.ts';
import { err, ok } from '../../src/core/base/result.ts';
import { must } from '../../src/core/base/assert.ts';
import type { Driver, DriverReply } from './driver.ts';

export class DriverSet implements Driver {
  readonly #local: Driver;
  readonly #byVersion: ReadonlyMap<string, Driver>;
  readonly #all: readonly Driver[];

  /** A command meets `local` first, which answers from memory; it also refuses the versions that nobody has. */
  constructor(local: Driver, byVersion: ReadonlyMap<string, Driver>) {
    this.#local = local;
    this.#byVersion = byVersion;
    this.#all = [...new Set([local, ...byVersion.values()])];
  }

  async reclaim(): Promise<void> {
    await Promise.all(this.#all.map((driver) => driver.reclaim()));
  }

  start(command: StartCommand): DriverReply<ReplicaReport> {
    return (this.#byVersion.get(command.version) ?? this.#local).start(command);
  }

  park(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#askInTurn((driver) => driver.park(ref));
  }

  wake(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#askInTurn((driver) => driver.wake(ref));
  }

  drain(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#askInTurn((driver) => driver.drain(ref));
  }

  stop(ref: ReplicaRef): DriverReply<null> {
    return this.#askInTurn((driver) => driver.stop(ref));
  }

  async list(pool: string | null): DriverReply<readonly ReplicaReport[]> {
    const lists = await Promise.all(this.#all.map((driver) => driver.list(pool)));
    const reports: ReplicaReport[] = [];
    for (const list of lists) {
      if (!list.ok) return list;
      reports.push(...list.value);
    }
    return ok(reports);
  }

  capacity(): BackendCapacity {
    let replicas = 0;
    /** What each quota has left, counted once however many share it: as many replicas as the smallest ones would be. */
    const left = new Map<object, number>();
    for (const driver of this.#all) {
      const own = driver.capacity();
      const quota = driver.quota ?? driver;
      replicas += own.replicas;
      left.set(quota, Math.max(left.get(quota) ?? 0, own.replicasMax - own.replicas));
    }
    return { replicasMax: [...left.values()].reduce((sum, each) => sum + each, replicas), replicas };
  }

  async hold(command: HoldCommand): DriverReply<null> {
    const driver = this.#byVersion.get(command.version) ?? this.#local;
    return (
      driver.hold?.(command) ??
      err({ kind: 'unsupported', message: `what ${command.version} runs on has no buffer` })
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((driver) => driver.close()));
  }

  /**
   * The first good answer; without one the first refusal that is not "unknown here", else the last one's. A place that cannot be asked does
   * not speak for the others: a replica of theirs is ended all the same.
   */
  async #askInTurn<T>(ask: (driver: Driver) => DriverReply<T>): DriverReply<T> {
    let refused: Awaited<DriverReply<T>> | null = null;
    let missing: Awaited<DriverReply<T>> | null = null;
    for (const driver of this.#all) {
      const answer = await ask(driver);
      if (answer.ok) return answer;
      if (answer.error.kind === 'not-found') missing = answer;
      else refused ??= answer;
    }
    return refused ?? must(missing, 'a driver');
  }
}
