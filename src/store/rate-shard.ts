// The count of a tenant's permits over SQLite: one row, which appears with the first permit.
import type { SqlPort } from '../backends/search/sql-port.ts';
import { takeFromWindow, type RateAsk, type RateGrant, type RateWindow } from '../core/store/rate-window.ts';

export class RateShard {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  take(ask: RateAsk, nowMs: number): RateGrant {
    const { window, grant } = takeFromWindow(this.#window(), ask, nowMs);
    // Nothing new to write down is no reason to write.
    if (grant.granted > 0) this.#write(window);
    return grant;
  }

  /** Forgets a window that is over; null = nothing is left, else when it ends. */
  prune(nowMs: number): number | null {
    const window = this.#window();
    if (window === null || window.endMs > nowMs) return window?.endMs ?? null;
    this.#sql.run('DELETE FROM rate');
    return null;
  }

  #window(): RateWindow | null {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'rate'";
    if (this.#sql.all(query).length === 0) return null;
    const [row] = this.#sql.all<{ end_ms: number; used: number }>('SELECT end_ms, used FROM rate');
    return row === undefined ? null : { endMs: row.end_ms, used: row.used };
  }

  #write({ endMs, used }: RateWindow): void {
    this.#sql.transaction(() => {
      this.#sql.run(
        'CREATE TABLE IF NOT EXISTS rate (one INTEGER PRIMARY KEY CHECK (one = 1), end_ms INTEGER NOT NULL, used INTEGER NOT NULL) STRICT',
      );
      this.#sql.run('INSERT OR REPLACE INTO rate VALUES (1, ?, ?)', endMs, used);
    });
  }
}
