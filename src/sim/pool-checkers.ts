// A second set of books: what each replica's life was, seen only through the rows that were written, compared with what the pool says.
import type { PoolLedger, Replica } from '../core/pool/pool-state.ts';
import type { PoolWrite } from '../hosts/pool-host.ts';

export class PoolLedgerChecker {
  readonly #bornMs = new Map<string, number>();
  #lifetimeMs = 0;
  #gone = 0;
  #doubled: string[] = [];

  observe(change: PoolWrite, nowMs: number): void {
    for (const replica of change.put) this.#observeRow(replica);
    for (const id of change.drop) {
      const bornMs = this.#bornMs.get(id);
      if (bornMs === undefined) continue;
      this.#lifetimeMs += nowMs - bornMs;
      this.#gone += 1;
    }
  }

  /** Differences between these books and the pool's; empty when every second was charged once. */
  compare(ledger: PoolLedger): readonly string[] {
    const { busyMs, idleMs, loadingMs, parkedMs } = ledger.past.life;
    const charged = busyMs + idleMs + loadingMs + parkedMs;
    const broken = [...this.#doubled];
    if (charged !== this.#lifetimeMs) broken.push(`charged ${charged} ms of ${this.#lifetimeMs} ms lived`);
    if (ledger.past.replicas !== this.#gone)
      broken.push(`${ledger.past.replicas} lives on the books, ${this.#gone} seen`);
    return broken;
  }

  #observeRow(replica: Replica): void {
    const bornMs = this.#bornMs.get(replica.id);
    if (bornMs === undefined) this.#bornMs.set(replica.id, replica.createdMs);
    else if (bornMs !== replica.createdMs) this.#doubled.push(`double life: ${replica.id}`);
  }
}
