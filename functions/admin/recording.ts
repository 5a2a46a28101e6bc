// GET /admin/v1/recording?from=N: what the planner was told and answered, page by page; with &pool=NAME what happened to that pool. There
// only where a deployment for development records it (RECORD_DECISIONS); the conformance run compares it with the simulator.
import type { Context } from 'hono';
import { poolName } from '../../src/core/pool/pool-settings.ts';
import type { PoolRecording } from '../../src/hosts/pool-recorder.ts';
import type { PlannerRecording } from '../../src/hosts/recorded-brain.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { withinAnswerTime } from './within-answer-time.ts';

export async function showRecording(c: Context<AppEnv>): Promise<Response> {
  const asked = c.req.query('from') ?? '0';
  const { recordDecisions, catalogue, place } = c.get('config');
  if (!recordDecisions || !/^[0-9]{1,9}$/.test(asked))
    throw new RequestFailure({ kind: 'unknown-route', path: c.req.path });
  const pool = c.req.query('pool');
  if (pool !== undefined && !catalogue.versions.some(({ id }) => poolName(id, place) === pool))
    throw new RequestFailure({ kind: 'unknown-pool', pool });
  const from = Number(asked);
  const answer =
    pool === undefined
      ? c.env.PLANNER.getByName('planner').recording(from)
      : c.env.POOL.getByName(pool).recording(pool, from);
  const recording = await withinAnswerTime(answer as Promise<PlannerRecording | PoolRecording | null>);
  if (recording === null) throw new RequestFailure({ kind: 'planner-silent' });
  return c.json(recording, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}
