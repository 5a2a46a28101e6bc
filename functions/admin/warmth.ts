// GET /admin/v1/pools/{pool}: one pool with its plan, the forecast, and why. GET /admin/v1/warmth: the planner as a whole.
import type { Context } from 'hono';
import { poolName } from '../../src/core/pool/pool-settings.ts';
import type { PoolReply } from '../../src/core/warming/warmth-view.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { askPool } from './pools.ts';
import { withinAnswerTime } from './within-answer-time.ts';

export async function showPool(c: Context<AppEnv>): Promise<Response> {
  const pool = c.req.param('pool') ?? '';
  const { catalogue, place } = c.get('config');
  if (!catalogue.versions.some((version) => poolName(version.id, place) === pool))
    throw new RequestFailure({ kind: 'unknown-pool', pool });
  const nowMs = c.get('deps').now();
  const [view, warmth] = await Promise.all([
    askPool(c.env, pool),
    withinAnswerTime(c.env.PLANNER.getByName('planner').view(pool, nowMs)),
  ]);
  const reply: PoolReply = { nowMs, pool: view, warmth };
  return c.json(reply, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}

export async function showWarmth(c: Context<AppEnv>): Promise<Response> {
  const planner = await withinAnswerTime(c.env.PLANNER.getByName('planner').viewAll(c.get('deps').now()));
  if (planner === null) throw new RequestFailure({ kind: 'planner-silent' });
  return c.json(planner, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}
