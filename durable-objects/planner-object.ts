// The environment's planner: each minute it looks at the pools that are awake or have a floor, forecasts their demand, and pushes
// targets that end by themselves. A thin shell; the forecast and the price of warmth are in src/core.
import { DurableObject } from 'cloudflare:workers';
import { planPools } from '../src/hosts/planner-host.ts';
import type { Env } from '../src/config.ts';
import { plannerOutside } from './planner-outside.ts';

export class PlannerObject extends DurableObject<Env> {
  /** Pools that enlisted while a round ran: what that round saw of them is out of date. */
  readonly #fresh = new Set<string>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS awake (pool TEXT PRIMARY KEY) STRICT');
  }

  /** A pool has left rest and wants to be planned for. */
  enlist(pool: string): void {
    this.#fresh.add(pool);
    this.ctx.storage.sql.exec('INSERT OR IGNORE INTO awake VALUES (?)', pool);
  }

  /** One round of planning; called by the cron. Returns the pools that were planned for. */
  async planAll(nowMs: number): Promise<readonly string[]> {
    this.#fresh.clear();
    const rows = this.ctx.storage.sql.exec<{ pool: string }>('SELECT pool FROM awake').toArray();
    const { atRest, planned } = await planPools(
      rows.map((row) => row.pool),
      nowMs,
      plannerOutside(this.env),
    );
    for (const pool of atRest.filter((each) => !this.#fresh.has(each)))
      this.ctx.storage.sql.exec('DELETE FROM awake WHERE pool = ?', pool);
    return planned;
  }
}
