// GET /admin/v1/pools/{pool}: one pool with its plan, the forecast, and why. GET /admin/v1/warmth: the planner as a whole.
import type { Context } from 'hono';
import type { PoolReply } from '../../src/core/warming/warmth-view.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { askPool, poolOf } from './pools.ts';
import { withinAnswerTime } from './within-answer-time.ts';

export async function showPool(c: Context<AppEnv>): Promise<Response> {
  const pool = poolOf(c);
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
