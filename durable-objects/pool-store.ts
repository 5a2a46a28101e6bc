// A pool's rows in SQLite: one per replica, one for the ledger, one for the pool's name. Owns the tables and their migration.
import { emptyLedger, type PoolLedger, type Replica } from '../src/core/pool/pool-state.ts';
import type { LifeStore, ManagedLife } from '../src/backends/managed/managed-place.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import type { PoolWrite } from '../src/hosts/pool-host.ts';

export class PoolStore {
  readonly #storage: DurableObjectStorage;

  /** Creates the tables on first use; runs on every start and does nothing when they are there. */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec('CREATE TABLE IF NOT EXISTS replica (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT');
    storage.sql.exec('CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT');
  }

  read(): { readonly ledger: PoolLedger; readonly replicas: readonly Replica[] } {
    const rows = this.#storage.sql.exec<{ body: string }>('SELECT body FROM replica ORDER BY id').toArray();
    const ledger = this.#readMeta('ledger');
    return {
      // Rows of an older version may lack newer fields; who restores the state stands in for them.
      ledger: ledger === null ? emptyLedger : (JSON.parse(ledger) as PoolLedger),
      replicas: rows.map((row) => JSON.parse(row.body) as Replica),
    };
  }

  /** One transaction: a crash leaves all of a change or nothing of it. */
  write(change: PoolWrite): void {
    this.#storage.transactionSync(() => {
      for (const replica of change.put) {
        this.#storage.sql.exec(
          'INSERT OR REPLACE INTO replica VALUES (?, ?)',
          replica.id,
          JSON.stringify(replica),
        );
      }
      for (const id of change.drop) this.#storage.sql.exec('DELETE FROM replica WHERE id = ?', id);
      if (change.ledger !== null) this.#writeMeta('ledger', JSON.stringify(change.ledger));
    });
  }

  /** What the pool's own place is told to hold, where the Worker steers it without an agent. */
  get lives(): LifeStore {
    return {
      read: () => JSON.parse(this.#readMeta('lives') ?? '[]') as readonly ManagedLife[],
      write: (lives) => this.#writeMeta('lives', JSON.stringify(lives)),
    };
  }

  /** The version that these lives are of, as it was configured last: one that leaves the configuration can still be stopped. */
  readVersion(): ModelVersion | null {
    const text = this.#readMeta('version');
    return text === null ? null : (JSON.parse(text) as ModelVersion);
  }

  keepVersion(version: ModelVersion): void {
    const text = JSON.stringify(version);
    if (text !== this.#readMeta('version')) this.#writeMeta('version', text);
  }

  /** The pool's name, which an alarm does not carry. Null in an object that nobody has called yet. */
  readName(): string | null {
    return this.#readMeta('name');
  }

  writeName(name: string): void {
    this.#writeMeta('name', name);
  }

  #readMeta(name: string): string | null {
    const [row] = this.#storage.sql
      .exec<{ body: string }>('SELECT body FROM meta WHERE name = ?', name)
      .toArray();
    return row?.body ?? null;
  }

  #writeMeta(name: string, body: string): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, body);
  }
}
