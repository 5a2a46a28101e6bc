// POST /admin/v1/pools/{pool}/circuits: an operator opens or closes the circuit of a replica, or of the whole pool.
import type { Context } from 'hono';
import type { PoolView } from '../../src/core/pool/pool-view.ts';
import { parseCircuitOrder } from '../../src/core/pool/circuit-order.ts';
import type { AppEnv } from '../context.ts';
import { orFail, RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { askPool, poolOf } from './pools.ts';
import { withinAnswerTime } from './within-answer-time.ts';

/** Answers with the circuits as they are then. */
export async function orderCircuit(c: Context<AppEnv>): Promise<Response> {
  const pool = poolOf(c);
  const order = orFail(parseCircuitOrder(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const { replica, open, reason } = order;
  const before = await askPool(c.env, pool);
  if (before === null) throw new RequestFailure({ kind: 'pool-silent' });
  if (replica !== null) checkReplica(before, replica);
  const forced = { replicaId: replica, open, by: reason };
  // Void when it was heard, null when it was not.
  const heard = await withinAnswerTime(c.env.POOL.getByName(pool).force(pool, forced));
  const after = heard === null ? null : await askPool(c.env, pool);
  if (after === null) throw new RequestFailure({ kind: 'pool-silent' });
  const circuits = after.replicas.map(({ id, circuit }) => ({ replica: id, circuit }));
  const body = { pool, circuit: after.circuit, replicas: circuits };
  return c.json(body, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}

function checkReplica({ replicas }: PoolView, replica: string): void {
  const found = replicas.find(({ id }) => id === replica);
  if (found === undefined) throw new RequestFailure({ kind: 'unknown-replica', replica });
  if (found.circuit !== null) return;
  const message = 'The replica is not hot: it has no circuit.';
  throw new RequestFailure({ kind: 'invalid', message, param: 'replica' });
}
