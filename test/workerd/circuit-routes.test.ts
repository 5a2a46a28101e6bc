// An operator's word on a circuit: which pool and which replica it reaches, and what is answered when it cannot be heard.
import { beforeEach, describe, expect, test } from 'vitest';
import type { CircuitView } from '../../src/core/pool/circuit-view.ts';
import { adminToken, devKey, EdgeApp, errorOf, type Ask } from './edge-app.ts';

const pool = 'tiny-chat@1~local';
const path = `/admin/v1/pools/${pool}/circuits`;
const order = { replica: 'r-1', open: true, reason: 'drill' };

const circuitOf = (open: boolean): CircuitView => ({
  phase: open ? 'open' : 'closed',
  sinceMs: 1,
  cause: open ? 'operator' : null,
  probeDueMs: null,
  history: [],
});

/** A pool's object as far as the route talks to it. */
class Pool {
  readonly heard: unknown[] = [];
  readonly open = new Set<string | null>();
  isDeaf = false;
  isGone = false;

  readonly POOL = { getByName: (name: string) => this.#stub(name) };

  #stub(name: string) {
    return {
      view: () => {
        if (this.isGone) return Promise.reject(new Error('gone'));
        const hot = ['r-1', 'r-2'].map((id) => ({ id, circuit: circuitOf(this.open.has(id)) }));
        const replicas = [...hot, { id: 'parked', circuit: null }];
        return Promise.resolve({ pool: name, replicas, circuit: circuitOf(this.open.has(null)) });
      },
      force: (named: string, forced: { replicaId: string | null; open: boolean }) => {
        if (this.isDeaf) return Promise.reject(new Error('deaf'));
        this.heard.push([name, named, forced]);
        this.open[forced.open ? 'add' : 'delete'](forced.replicaId);
        return Promise.resolve();
      },
    };
  }
}

let app: EdgeApp;
let double: Pool;
beforeEach(() => {
  app = new EdgeApp();
  double = new Pool();
});

const send = (body: unknown, patch: Partial<Ask> = {}) =>
  app.ask({ path, key: adminToken, body: JSON.stringify(body), env: { POOL: double.POOL }, ...patch });

describe('an operator', () => {
  test('opens a replica’s circuit, is told what is open now, and closes it again', async () => {
    const opened = await send(order);
    expect(opened.status).toBe(200);
    expect(opened.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(opened.text)).toEqual({
      pool,
      circuit: circuitOf(false),
      replicas: [
        { replica: 'r-1', circuit: circuitOf(true) },
        { replica: 'r-2', circuit: circuitOf(false) },
        { replica: 'parked', circuit: null },
      ],
    });
    await send({ ...order, open: false, reason: 'done' });
    expect(double.heard).toEqual([
      [pool, pool, { replicaId: 'r-1', open: true, by: 'drill' }],
      [pool, pool, { replicaId: 'r-1', open: false, by: 'done' }],
    ]);
    expect(double.open.size).toBe(0);
  });

  test('opens that of the whole pool', async () => {
    const reply = await send({ ...order, replica: null });
    expect(JSON.parse(reply.text)).toMatchObject({ circuit: { phase: 'open', cause: 'operator' } });
    expect(double.heard).toMatchObject([[pool, pool, { replicaId: null }]]);
  });
});

test('a pool’s own object hears it, and keeps the reason', async () => {
  const real = { env: {} };
  const circuit = async (body: object): Promise<CircuitView> =>
    (JSON.parse((await send({ ...order, replica: null, ...body }, real)).text) as { circuit: CircuitView })
      .circuit;
  expect(await circuit({})).toMatchObject({
    phase: 'open',
    cause: 'operator',
    history: [{ to: 'open', detail: 'drill' }],
  });
  expect(await circuit({ open: false, reason: 'done' })).toMatchObject({ phase: 'closed', cause: null });
});

describe('an order that cannot be carried out is refused, and nothing is opened', () => {
  test.each<[string, () => Promise<{ status: number; text: string }>, number, string]>([
    [
      'of a pool that is not there',
      () => send(order, { path: '/admin/v1/pools/gone@1~local/circuits' }),
      404,
      'pool_not_found',
    ],
    ['of a replica that is not there', () => send({ ...order, replica: 'r-9' }), 404, 'replica_not_found'],
    ['of a replica that is parked', () => send({ ...order, replica: 'parked' }), 400, 'invalid_value'],
    ['without a reason', () => send({ replica: null, open: true }), 400, 'invalid_value'],
    ['that is a list', () => send([order]), 400, 'invalid_value'],
    ['by a tenant', () => send(order, { key: devKey }), 401, 'invalid_admin_token'],
    ['by nobody', () => send(order, { key: null }), 401, 'missing_api_key'],
    ['by GET', () => app.ask({ method: 'GET', path, key: adminToken }), 405, 'method_not_allowed'],
  ])('%s', async (_name, ask, status, code) => {
    const reply = await ask();
    expect({ status: reply.status, code: errorOf(reply as never).code }).toEqual({ status, code });
    expect(double.heard).toEqual([]);
  });

  test('of a pool that does not hear it, saying so', async () => {
    double.isDeaf = true;
    expect(errorOf(await send(order)).code).toBe('pool_unavailable');
    double.isGone = true;
    const reply = await send(order);
    expect([reply.status, errorOf(reply).code]).toEqual([503, 'pool_unavailable']);
  });
});
