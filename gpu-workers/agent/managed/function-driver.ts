// The driver of one version whose place scales by itself, a function of Modal or an object of a cluster: the contract is
// src/backends/managed's; here is when the place is told again what it is to hold, because a redeploy resets it.
import type {
  BackendCapacity,
  HoldCommand,
  ReplicaRef,
  ReplicaReport,
  StartCommand,
} from '../../../src/backends/backend.ts';
import { ManagedBackend } from '../../../src/backends/managed/managed-backend.ts';
import type { ManagedOptions } from '../../../src/backends/managed/managed-options.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver, DriverReply } from '../driver.ts';
import { countGpus, type GpuQuota } from './gpu-quota.ts';

export interface FunctionDriverOptions extends Omit<
  ManagedOptions,
  'containersMax' | 'sharing' | 'now' | 'wait'
> {
  readonly gpu: string;
  readonly quota: GpuQuota;
  readonly reconcileMs: number;
  readonly endsWithAgent: boolean;
  readonly log: (line: string) => void;
}

export class FunctionDriver implements Driver {
  readonly quota: GpuQuota;
  readonly #options: FunctionDriverOptions;
  readonly #backend: ManagedBackend;
  #timer: NodeJS.Timeout | null = null;
  #closing = false;
  #told = '';

  constructor(options: FunctionDriverOptions) {
    this.#options = options;
    this.quota = options.quota;
    const gpus = countGpus(options.gpu);
    const share = options.quota.join({
      used: () => this.#backend.used * gpus,
      isKnown: () => this.#backend.isKnown,
      makeRoom: () => void this.#backend.makeRoom(),
    });
    this.#backend = new ManagedBackend({
      ...options,
      containersMax: () => Math.floor(share.gpusLeft() / gpus),
      sharing: share.sharing,
      now: () => Date.now(),
      wait: (ms) => sleep(ms),
    });
  }

  async reclaim(): Promise<void> {
    await this.#reconcile();
  }

  start(command: StartCommand): DriverReply<ReplicaReport> {
    return this.#backend.start(command);
  }

  park(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#backend.park(ref);
  }

  wake(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#backend.wake(ref);
  }

  drain(ref: ReplicaRef): DriverReply<ReplicaReport> {
    return this.#backend.drain(ref);
  }

  stop(ref: ReplicaRef): DriverReply<null> {
    return this.#backend.stop(ref);
  }

  list(pool: string | null): DriverReply<readonly ReplicaReport[]> {
    return this.#backend.list(pool);
  }

  hold(command: HoldCommand): DriverReply<null> {
    return this.#backend.hold(command);
  }

  capacity(): BackendCapacity {
    return this.#backend.capacity();
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.#options.endsWithAgent) return;
    const lives = this.#options.lives.read();
    await Promise.all(lives.map((life) => this.#backend.stop(life)));
  }

  async #reconcile(): Promise<void> {
    const set = await this.#backend.reconcile();
    // Once, not every ten seconds.
    const words = set.ok ? '' : set.error.message;
    if (words !== this.#told && words !== '') this.#options.log(`${this.#options.version}: ${words}`);
    this.#told = words;
    if (this.#closing) return;
    this.#timer = setTimeout(() => void this.#reconcile(), this.#options.reconcileMs);
    this.#timer.unref();
  }
}
