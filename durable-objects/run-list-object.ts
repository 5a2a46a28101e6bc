// The recent runs of one tenant, so that a person can find them. A convenience: runs report here without waiting, and what is lost here is
// lost to the list alone. Name: the tenant. Table: runs. Alarm: none.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../src/env.ts';
import type { RunView } from '../src/core/run/view-run.ts';

/** Runs listed of one tenant; the oldest makes room. */
const RUNS_MAX = 500;

export type ListedRun = Pick<
  RunView,
  'id' | 'function' | 'version' | 'status' | 'created_ms' | 'ended_ms' | 'parent' | 'usage'
> & {
  /** Of the critical path: waiting because nothing was hot. */
  readonly cold_ms: number;
};

export class RunListObject extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT',
    );
    ctx.storage.sql.exec('CREATE INDEX IF NOT EXISTS runs_by_age ON runs (created_ms)');
  }

  /** Takes a run's newest state; an ended one is not overtaken by a late report of its life. */
  put(run: ListedRun): void {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      const [known] = sql.exec<{ body: string }>('SELECT body FROM runs WHERE id = ?', run.id).toArray();
      const isLate = known !== undefined && (JSON.parse(known.body) as ListedRun).ended_ms !== null;
      if (isLate && run.ended_ms === null) return;
      sql.exec('INSERT OR REPLACE INTO runs VALUES (?, ?, ?)', run.id, run.created_ms, JSON.stringify(run));
      sql.exec(
        'DELETE FROM runs WHERE id IN (SELECT id FROM runs ORDER BY created_ms DESC LIMIT -1 OFFSET ?)',
        RUNS_MAX,
      );
    });
  }

  /** Newest first. */
  list(limit: number): readonly ListedRun[] {
    return this.ctx.storage.sql
      .exec<{ body: string }>('SELECT body FROM runs ORDER BY created_ms DESC, id LIMIT ?', limit)
      .toArray()
      .map(({ body }) => JSON.parse(body) as ListedRun);
  }
}
