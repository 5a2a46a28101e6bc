// The driver of a place whose version is gone: nothing starts there, and what an earlier agent has raised is lowered, as often as it takes.
// Owns the retries, and when the floor's file is forgotten.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendCapacity, ReplicaReport } from '../../../src/backends/backend.ts';
import { ManagedBackend } from '../../../src/backends/managed/managed-backend.ts';
import type { ManagedPlace } from '../../../src/backends/managed/managed-place.ts';
import { countShares } from '../../../src/backends/managed/plan-target.ts';
import { err, ok } from '../../../src/core/base/result.ts';
import type { Driver, DriverReply } from '../driver.ts';
import { countGpus, type GpuQuota } from './gpu-quota.ts';
import type { RetiredFloor } from './life-file.ts';

export interface RetiredDriverOptions {
  readonly floor: RetiredFloor;
  readonly place: ManagedPlace;
  readonly gpu: string;
  readonly idleMs: number;
  readonly quota: GpuQuota;
  readonly reconcileMs: number;
  readonly log: (line: string) => void;
}

export class RetiredDriver implements Driver {
  readonly #options: RetiredDriverOptions;
  readonly #backend: ManagedBackend;
  #timer: NodeJS.Timeout | null = null;
  #closing = false;
  #isLowered = false;
  #told = '';

  constructor(options: RetiredDriverOptions) {
    const { floor, place, idleMs, gpu, quota } = options;
    this.#options = options;
    this.#backend = new ManagedBackend({
      version: floor.version.id,
      place,
      lives: { read: () => [], write: () => undefined },
      containersMax: () => 0,
      buffer: 0,
      idleMs,
      now: () => Date.now(),
      wait: (ms) => sleep(ms),
    });
    // Never waited for before something else begins: a place that nobody can reach any more would hold up all the others.
    quota.join({ used: () => this.#used * countGpus(gpu) });
  }

  async reclaim(): Promise<void> {
    await this.#lower();
    if (this.#closing || (this.#isLowered && this.#used === 0)) return;
    this.#timer = setTimeout(() => void this.reclaim(), this.#options.reconcileMs);
    this.#timer.unref();
  }

  async start(): DriverReply<ReplicaReport> {
    const { id } = this.#options.floor.version;
    return err({ kind: 'cannot-start', message: `${id} is not in the agent's models any more` });
  }

  park(): DriverReply<ReplicaReport> {
    return this.#missing();
  }

  wake(): DriverReply<ReplicaReport> {
    return this.#missing();
  }

  drain(): DriverReply<ReplicaReport> {
    return this.#missing();
  }

  stop(): DriverReply<null> {
    return this.#missing();
  }

  async list(): DriverReply<readonly ReplicaReport[]> {
    return ok([]);
  }

  capacity(): BackendCapacity {
    return { replicasMax: 0, replicas: this.#used };
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Containers that are paid for, as far as is known. */
  get #used(): number {
    return this.#isLowered ? this.#backend.used : countShares(this.#options.floor.lives);
  }

  async #lower(): Promise<void> {
    const { floor, log } = this.#options;
    const { id } = floor.version;
    const lowered = await this.#backend.reconcile();
    // The place was told, or there is none of ours any more: what remains ends by itself.
    if (!this.#isLowered && this.#backend.isKnown) {
      this.#isLowered = true;
      floor.forget();
      log(
        `${id} is not in the catalogue any more: ${lowered.ok ? 'its floor is lowered' : wordsOf(lowered)}`,
      );
    }
    const words = lowered.ok || this.#isLowered ? '' : lowered.error.message;
    if (words !== this.#told && words !== '') log(`${id}, which is gone, still has its floor: ${words}`);
    this.#told = words;
  }

  async #missing(): DriverReply<never> {
    const { id } = this.#options.floor.version;
    return err({ kind: 'not-found', message: `${id} is not in the agent's models any more` });
  }
}

function wordsOf({ error }: { readonly error: { readonly message: string } }): string {
  return error.message;
}
