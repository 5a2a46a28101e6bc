// GET /admin/v1/pools: the truth about every pool of the configuration, asked of its own object.
import type { Context } from 'hono';
import type { Env } from '../../src/env.ts';
import { poolName } from '../../src/core/pool/pool-settings.ts';
import type { PoolsReply, PoolView } from '../../src/core/pool/pool-view.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { withinAnswerTime } from './within-answer-time.ts';

export async function listPools(c: Context<AppEnv>): Promise<Response> {
  const { catalogue, place, environment } = c.get('config');
  const names = catalogue.versions.map((version) => poolName(version.id, place));
  const answers = await Promise.all(names.map((name) => askPool(c.env, name)));
  const reply: PoolsReply = {
    environment,
    nowMs: c.get('deps').now(),
    pools: answers.flatMap((answer) => (answer === null ? [] : [answer])),
    silent: names.filter((_, at) => answers[at] === null),
  };
  return c.json(reply, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}

/** The pool of the path; pools are those of the configuration. */
export function poolOf(c: Context<AppEnv>): string {
  const pool = c.req.param('pool') ?? '';
  const { catalogue, place } = c.get('config');
  if (catalogue.versions.some((version) => poolName(version.id, place) === pool)) return pool;
  throw new RequestFailure({ kind: 'unknown-pool', pool });
}

/** A pool as its object sees it; null when it does not answer in time. */
export function askPool(env: Env, pool: string): Promise<PoolView | null> {
  return withinAnswerTime(env.POOL.getByName(pool).view(pool) as Promise<PoolView>);
}
