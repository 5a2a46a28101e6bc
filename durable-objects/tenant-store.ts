// The rows of a tenant object in SQLite: the versions of its rules that are kept. Owns the table, which appears with the first version: an
// object that is only asked stores nothing.
import type { RuleVersion, RuleVersionHead } from '../src/core/tenant/rule-versions.ts';

type HeadRow = {
  version: number;
  generation: number;
  hash: string;
  created_ms: number;
  author: string;
  comment: string | null;
  copy_of: number | null;
  request_id: string;
};
type Row = HeadRow & { document: string };

const headColumns = 'version, generation, hash, created_ms, author, comment, copy_of, request_id';

export class TenantStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The version that holds; null = none was ever published. */
  current(): RuleVersion | null {
    return this.#one('ORDER BY version DESC LIMIT 1');
  }

  find(version: number): RuleVersion | null {
    return this.#one('WHERE version = ?', version);
  }

  /** Without their rules, newest first. */
  heads(): readonly RuleVersionHead[] {
    if (!this.#hasTable()) return [];
    const query = `SELECT ${headColumns} FROM versions ORDER BY version DESC`;
    return this.#storage.sql.exec<HeadRow>(query).toArray().map(headOf);
  }

  /** Runs `change` in one transaction: what it reads is what it writes upon. */
  transaction<T>(change: () => T): T {
    return this.#storage.transactionSync(change);
  }

  add(made: RuleVersion, keepFrom: number): void {
    const { sql } = this.#storage;
    sql.exec(`CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY, generation INTEGER NOT NULL, hash TEXT NOT NULL,
      created_ms INTEGER NOT NULL, author TEXT NOT NULL, comment TEXT, copy_of INTEGER, request_id TEXT NOT NULL, document TEXT NOT NULL) STRICT`);
    sql.exec(
      `INSERT INTO versions (${headColumns}, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      made.version,
      made.generation,
      made.hash,
      made.createdMs,
      made.by,
      made.comment,
      made.copyOf,
      made.requestId,
      made.document,
    );
    sql.exec('DELETE FROM versions WHERE version < ?', keepFrom);
  }

  #one(where: string, ...values: number[]): RuleVersion | null {
    if (!this.#hasTable()) return null;
    const query = `SELECT ${headColumns}, document FROM versions ${where}`;
    const [row] = this.#storage.sql.exec<Row>(query, ...values).toArray();
    return row === undefined ? null : { ...headOf(row), document: row.document };
  }

  #hasTable(): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'versions'";
    return this.#storage.sql.exec(query).toArray().length > 0;
  }
}

function headOf(row: HeadRow): RuleVersionHead {
  return {
    version: row.version,
    generation: row.generation,
    hash: row.hash,
    createdMs: row.created_ms,
    by: row.author,
    comment: row.comment,
    copyOf: row.copy_of,
    requestId: row.request_id,
  };
}
