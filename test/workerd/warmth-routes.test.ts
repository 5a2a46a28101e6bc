// What an operator asks of the planner: one pool with its plan and why, and the planner as a whole.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import type { PlannerView, PoolReply } from '../../src/core/warming/warmth-view.ts';
import { AgentDouble } from './agent-double.ts';
import { adminToken, devKey, EdgeApp, errorOf, type Ask } from './edge-app.ts';

const { PLANNER } = env as unknown as Env;
const pool = 'tiny-chat@1~local';
let app: EdgeApp;

beforeEach(() => {
  AgentDouble.install();
  app = new EdgeApp();
});
afterEach(() => vi.restoreAllMocks());

const get = (path: string, patch: Partial<Ask> = {}) =>
  app.ask({ method: 'GET', path, key: adminToken, ...patch });

describe('one pool', () => {
  test('is shown with its replicas, its plan, what is expected, and why', async () => {
    const reply = await get(`/admin/v1/pools/${pool}`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const body = JSON.parse(reply.text) as PoolReply;
    expect(body.pool).toMatchObject({ pool, replicas: [] });
    expect(body.warmth).toMatchObject({ pool, by: 'windows', cut: 0, levels: [], track: [] });
    expect(body.warmth?.plan?.because).toMatch(/^an idle replica stays hot for 60 s/);
    expect(body.warmth?.forecast.map(({ horizonMs }) => horizonMs)).toEqual([60_000, 600_000, 3_600_000]);
    expect(body.warmth?.figures).toMatchObject({ loadSeconds: 0.5, wakeSeconds: 0.05, floor: 0 });
  });

  test.each(['tiny-chat%401~local', 'tiny-chat@1%7Elocal', '%00'])(
    'spelt with escapes, as %s, is refused at the door, which takes one spelling',
    async (name) => {
      const reply = await get(`/admin/v1/pools/${name}`);
      expect(reply.status).toBe(400);
      expect(errorOf(reply).code).toBe('bad_request_target');
    },
  );

  test.each(['gone@1~local', 'tiny-chat@1~moon', 'tiny-chat@1', 'x'.repeat(900)])(
    'that does not exist is not found',
    async (name) => {
      const reply = await get(`/admin/v1/pools/${name}`);
      expect(reply.status).toBe(404);
      expect(errorOf(reply)).toMatchObject({
        type: 'invalid_request_error',
        code: 'pool_not_found',
        param: null,
      });
      expect(reply.text.length).toBeLessThan(400);
    },
  );

  test('is shown without the planner’s part when that does not answer', async () => {
    vi.spyOn(PLANNER, 'getByName').mockImplementation(
      () => ({ view: () => Promise.reject(new Error('gone')) }) as never,
    );
    const body = JSON.parse((await get(`/admin/v1/pools/${pool}`)).text) as PoolReply;
    expect(body.warmth).toBeNull();
    expect(body.pool).toMatchObject({ pool });
  });
});

describe('the planner', () => {
  test('as a whole: its guard, its budget, and what it saved this week', async () => {
    const reply = await get('/admin/v1/warmth');
    expect(reply.status).toBe(200);
    const body = JSON.parse(reply.text) as PlannerView;
    expect(body).toMatchObject({ tickMs: 60_000, gpuBudget: null, guard: { isTrusting: true, trips: 0 } });
    expect(body.regret).toMatchObject({ paidMicros: 0, savedMicros: 0, coldsSuffered: 0 });
  });

  test('that does not answer is said to be silent', async () => {
    vi.spyOn(PLANNER, 'getByName').mockImplementation(
      () => ({ viewAll: () => Promise.reject(new Error('gone')) }) as never,
    );
    const reply = await get('/admin/v1/warmth');
    expect(reply.status).toBe(503);
    expect(errorOf(reply).code).toBe('planner_unavailable');
    expect(reply.headers.get('retry-after')).toBe('1');
  });
});

test.each(['/admin/v1/warmth', `/admin/v1/pools/${pool}`, '/admin/v1/pools/gone@1~local'])(
  '%s is for the admin alone',
  async (path) => {
    for (const key of [devKey, null, 'x']) {
      const reply = await get(path, { key });
      expect(reply.status).toBe(401);
      expect(reply.text).not.toMatch(/tiny-chat/);
    }
    expect((await get(path, { method: 'POST', body: '{}' })).status).toBe(405);
  },
);
