// What runs on Modal compared with what the agent knows, again and again: what ended behind its back has failed, what an earlier agent left
// is taken over, what nobody wants is ended. Owns the comparison, what was found and not asked about yet, and whether anything is known of
// what runs; a life itself is the driver's.
import type { Sandbox } from 'modal';
import type { LifeOrder } from '../../../src/backends/life-order.ts';
import type { BackendError } from '../../../src/backends/backend.ts';
import { ok } from '../../../src/core/base/result.ts';
import type { ModalAccount, ModalReply } from './modal-account.ts';
import { judgeFound } from './judge-found.ts';
import type { SandboxReplica } from './sandbox-replica.ts';
import type { SandboxStore } from './sandbox-store.ts';
import type { SandboxRow } from './sandbox-tags.ts';

export interface SandboxSweepOptions {
  readonly account: ModalAccount;
  readonly store: SandboxStore;
  readonly replicas: ReadonlyMap<string, SandboxReplica>;
  readonly order: LifeOrder;
  /** Holds a sandbox that an earlier agent has left as a replica; false = its version is not served any more, and it ends after `claimMs`. */
  readonly takeOver: (row: SandboxRow, sandbox: Sandbox) => boolean;
  readonly end: (row: SandboxRow) => void;
  /** One that was found, and that no pool asks about for this long, is ended. */
  readonly claimMs: number;
  readonly sweepMs: number;
  readonly log: (line: string) => void;
}

/** Nobody waits for the end of what nobody wants. */
const endWithinMs = 20_000;

export class SandboxSweep {
  readonly #options: SandboxSweepOptions;
  /** Found rather than begun, and not asked about yet: since when. */
  readonly #unclaimed = new Map<string, number>();
  #running: ModalReply<null> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #ignorance: BackendError | null = { kind: 'unreachable', message: 'Modal has not told yet what runs' };

  constructor(options: SandboxSweepOptions) {
    this.#options = options;
  }

  /** Why nothing may be said of what runs; null once Modal has told. */
  get ignorance(): BackendError | null {
    return this.#ignorance;
  }

  /** A pool asked about this replica: it is somebody's. */
  claim(id: string): void {
    this.#unclaimed.delete(id);
  }

  /** Sweeps from now on every `sweepMs`. */
  begin(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.sweep().then(() => this.begin()), this.#options.sweepMs);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Compares what runs with what is known. One at a time: whoever asks while one is under way gets its outcome. */
  sweep(): ModalReply<null> {
    this.#running ??= this.#compare().finally(() => (this.#running = null));
    return this.#running;
  }

  async #compare(): ModalReply<null> {
    const { replicas, store, order } = this.#options;
    const before = [...replicas.values()].filter(
      ({ sandboxId, holdsGpus }) => sandboxId !== null && holdsGpus,
    );
    const listed = await store.listAll();
    if (!listed.ok) {
      if (this.#ignorance !== null) this.#ignorance = listed.error;
      return listed;
    }
    const running = new Set(listed.value.map(({ sandbox }) => sandbox.sandboxId));
    await Promise.all(
      before.map(async (replica) => {
        if (!running.has(replica.sandboxId ?? '')) await replica.askEnd();
      }),
    );
    for (const { sandbox, row } of listed.value) {
      const known = row === null ? undefined : replicas.get(row.id);
      switch (judgeFound(row, sandbox.sandboxId, known ?? null, order)) {
        case 'ours':
          continue;
        case 'not-wanted':
          this.#terminate(sandbox);
          continue;
        case 'unknown':
          if (row !== null) this.#takeOver(row, sandbox);
      }
    }
    const found = new Set(listed.value.map(({ row }) => row?.id));
    for (const id of this.#unclaimed.keys())
      if (!replicas.has(id) && !found.has(id)) this.#unclaimed.delete(id);
    this.#ignorance = null;
    this.#endUnclaimed();
    return ok(null);
  }

  #takeOver(row: SandboxRow, sandbox: Sandbox): void {
    const sinceMs = this.#unclaimed.get(row.id) ?? performance.now();
    this.#unclaimed.set(row.id, sinceMs);
    if (this.#options.takeOver(row, sandbox)) return;
    // Its last requests may still run, and its pool may stop it.
    if (performance.now() - sinceMs < this.#options.claimMs) return;
    this.#unclaimed.delete(row.id);
    this.#options.log(`replica ${row.id} is of ${row.version}, which is not served any more: it is ended`);
    this.#terminate(sandbox);
  }

  #terminate(sandbox: Sandbox): void {
    void this.#options.account.ask(endWithinMs, () => sandbox.terminate());
  }

  #endUnclaimed(): void {
    const { claimMs, replicas, log, end } = this.#options;
    for (const [id, sinceMs] of this.#unclaimed) {
      if (performance.now() - sinceMs < claimMs) continue;
      const row = replicas.get(id)?.row;
      // Of a version that is gone: it is looked at where it is found.
      if (row === undefined) continue;
      this.#unclaimed.delete(id);
      log(`replica ${id} was found running, and no pool asks about it: it is ended`);
      end(row);
    }
  }
}
