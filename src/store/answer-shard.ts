// One part of a tenant's answers over SQLite: what is read, what makes room, what is left when all has expired. Owns the table, which appears
// with the first answer: an object that is only asked stores nothing.
import type { SqlPort } from '../backends/search/sql-port.ts';
import { shardAnswersMax, shardBytesMax } from '../core/store/store-bounds.ts';
import type { KeptAnswer } from './edge-store.ts';

export class AnswerShard {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  read(key: string, nowMs: number): string | null {
    if (!this.#hasTable()) return null;
    const query = 'SELECT text FROM answers WHERE key = ? AND expires_ms > ?';
    const [row] = this.#sql.all<{ text: string }>(query, key, nowMs);
    return row?.text ?? null;
  }

  keep(key: string, { text, expiresMs }: KeptAnswer, nowMs: number): void {
    const sql = this.#sql;
    sql.transaction(() => {
      sql.run(`CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, text TEXT NOT NULL, bytes INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL) STRICT`);
      sql.run('CREATE INDEX IF NOT EXISTS answers_by_expiry ON answers (expires_ms, bytes)');
      sql.run('DELETE FROM answers WHERE expires_ms <= ?', nowMs);
      const insert = 'INSERT OR REPLACE INTO answers VALUES (?, ?, length(CAST(? AS BLOB)), ?)';
      sql.run(insert, key, text, text, expiresMs);
      this.#makeRoom();
    });
  }

  /** Forgets what has expired; null = nothing is left, else when the last of it expires. */
  prune(nowMs: number): number | null {
    if (!this.#hasTable()) return null;
    this.#sql.run('DELETE FROM answers WHERE expires_ms <= ?', nowMs);
    const [row] = this.#sql.all<{ last: number | null }>('SELECT max(expires_ms) AS last FROM answers');
    return row?.last ?? null;
  }

  #makeRoom(): void {
    const query = 'SELECT key, bytes FROM answers ORDER BY expires_ms DESC, key';
    let answers = 0;
    let bytes = 0;
    for (const row of this.#sql.all<{ key: string; bytes: number }>(query)) {
      answers += 1;
      bytes += row.bytes;
      if (answers <= shardAnswersMax && bytes <= shardBytesMax) continue;
      this.#sql.run('DELETE FROM answers WHERE key = ?', row.key);
    }
  }

  #hasTable(): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'answers'";
    return this.#sql.all(query).length > 0;
  }
}
