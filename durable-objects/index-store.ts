// The rows of an index object in SQLite: the head of its index, or the list of a tenant's indexes; and the port through which the index
// itself keeps its documents. Owns these two tables. Tables appear with the first row: an object that is only asked stores nothing.
import type { SqlPort } from '../src/backends/search/sql-port.ts';
import type { IndexHead } from '../src/hosts/index-ports.ts';

type HeadRow = {
  tenant: string;
  name: string;
  model: string;
  created_ms: number;
  built_in: string | null;
};

export interface ListedIndex {
  readonly name: string;
  readonly listedMs: number;
}

export class IndexStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  readHead(): IndexHead | null {
    if (!this.#has('head')) return null;
    const [row] = this.#storage.sql.exec<HeadRow>('SELECT * FROM head').toArray();
    if (row === undefined) return null;
    return {
      tenant: row.tenant,
      name: row.name,
      embeddingModel: row.model,
      createdMs: row.created_ms,
      builtIn: row.built_in,
    };
  }

  writeHead({ tenant, name, embeddingModel, createdMs, builtIn }: IndexHead): void {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      sql.exec(`CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY CHECK (one = 1), tenant TEXT NOT NULL,
        name TEXT NOT NULL, model TEXT NOT NULL, created_ms INTEGER NOT NULL, built_in TEXT)`);
      const values = [tenant, name, embeddingModel, createdMs, builtIn];
      sql.exec('INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?)', ...values);
    });
  }

  listed(): readonly ListedIndex[] {
    if (!this.#has('listed')) return [];
    return this.#storage.sql
      .exec<{ name: string; listed_ms: number }>('SELECT * FROM listed ORDER BY name')
      .toArray()
      .map((row) => ({ name: row.name, listedMs: row.listed_ms }));
  }

  enlist({ name, listedMs }: ListedIndex): void {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      sql.exec(
        'CREATE TABLE IF NOT EXISTS listed (name TEXT PRIMARY KEY, listed_ms INTEGER NOT NULL) WITHOUT ROWID',
      );
      sql.exec('INSERT OR REPLACE INTO listed VALUES (?, ?)', name, listedMs);
    });
  }

  dismiss(name: string): void {
    if (this.#has('listed')) this.#storage.sql.exec('DELETE FROM listed WHERE name = ?', name);
  }

  #has(table: string): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    return this.#storage.sql.exec(query, table).toArray().length > 0;
  }
}

/** A Durable Object's database as the index sees it. */
export function sqlPort(storage: DurableObjectStorage): SqlPort {
  const { sql } = storage;
  return {
    all: (query, ...values) => sql.exec(query, ...values).toArray() as never[],
    each: (visit, query, ...values) => {
      for (const row of sql.exec(query, ...values)) visit(row as never);
    },
    run: (query, ...values) => void sql.exec(query, ...values),
    transaction: (change) => storage.transactionSync(change),
  };
}
