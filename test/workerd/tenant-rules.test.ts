// The admin routes of rules over the real object: versions, concurrency, what is refused and how, what the isolate follows. Routing itself is
// tested elsewhere.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TenantObject } from '../../durable-objects/tenant-object.ts';
import { adminToken, EdgeApp, errorOf, type Ask, type Reply } from './edge-app.ts';

const { TENANT } = env as unknown as { TENANT: DurableObjectNamespace<TenantObject> };
const app = new EdgeApp();
const root = '/admin/v1/tenants/demo';
const solo = { id: 'solo', match: { model: 'assistant' }, target: 'tiny-chat-solo@1' };
const plain = { id: 'plain', match: { model: 'assistant' }, target: 'tiny-chat@1' };

beforeEach(async () => {
  await runInDurableObject(TENANT.getByName('demo'), (_object, { storage }) => storage.deleteAll());
});

function call(method: string, path: string, body?: unknown, more: Ask = {}): Promise<Reply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return app.ask({ method, path, key: adminToken, ...(body === undefined ? {} : { body: text }), ...more });
}

async function json(reply: Promise<Reply>): Promise<Record<string, unknown>> {
  const { status, text } = await reply;
  if (status !== 200) throw new Error(`${status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

const put = (rules: unknown, more: object = {}) => json(call('PUT', `${root}/rules`, { rules, ...more }));

describe('published rules', () => {
  test('are a version with who and why, shown with an entity tag', async () => {
    expect(await json(call('GET', `${root}/rules`))).toMatchObject({
      version: 0,
      by: 'file',
      rules: { rules: [] },
    });
    const made = await put([solo], { by: 'ada', comment: 'try solo' });
    expect(made).toMatchObject({
      tenant: 'demo',
      version: 1,
      isNew: true,
      by: 'ada',
      comment: 'try solo',
      copyOf: null,
      requestId: expect.stringMatching(/^req_[0-9a-f]{32}$/),
      rules: { aliases: {}, rules: [solo], keys: {} },
    });
    const shown = await call('GET', `${root}/rules`);
    expect(shown.headers.get('etag')).toBe(made['etag']);
    expect(JSON.parse(shown.text)).toEqual(
      Object.fromEntries(Object.entries(made).filter(([key]) => key !== 'isNew')),
    );
  });

  test('that hold already make no version', async () => {
    await put([solo]);
    const again = await put([
      { target: 'tiny-chat-solo@1', id: 'solo', match: { model: { equals: 'assistant' } } },
    ]);
    expect(again).toMatchObject({ version: 1, isNew: false });
  });

  test('are listed, compared and rolled back', async () => {
    await put([solo]);
    await put([plain, { ...solo, enabled: false }]);
    const { versions, versionsMax } = await json(call('GET', `${root}/rules/versions`));
    expect(versions).toMatchObject([
      { version: 2, isCurrent: true },
      { version: 1, isCurrent: false },
      { version: 0, isCurrent: false },
    ]);
    expect(versionsMax).toBe(50);
    expect(await json(call('GET', `${root}/rules/versions/1`))).toMatchObject({
      version: 1,
      rules: { rules: [solo] },
    });
    const changes = [
      { kind: 'added', path: 'rules[solo].enabled', to: false },
      { kind: 'added', path: 'rules[plain]', to: plain },
    ];
    for (const query of ['', '?from=1', '?from=1&to=2', '?to=2'])
      expect(await json(call('GET', `${root}/rules/diff${query}`))).toMatchObject({
        from: { version: 1 },
        to: { version: 2 },
        changes,
        isCut: false,
      });
    expect(await json(call('GET', `${root}/rules/diff?from=2&to=2`))).toMatchObject({ changes: [] });
    const back = await json(call('POST', `${root}/rules/rollback`, { version: 1, by: 'ada' }));
    expect(back).toMatchObject({ version: 3, copyOf: 1, isNew: true, by: 'ada', rules: { rules: [solo] } });
    expect(await json(call('POST', `${root}/rules/rollback`, { version: 0 }))).toMatchObject({
      version: 4,
      copyOf: 0,
    });
  });

  test('of somebody who has not seen the current version are refused with its tag', async () => {
    const { etag } = await put([solo]);
    const ifMatch = (tag: unknown): Ask => ({ headers: { 'if-match': String(tag) } });
    expect((await call('PUT', `${root}/rules`, { rules: [plain] }, ifMatch(etag))).status).toBe(200);
    const late = await call('PUT', `${root}/rules`, { rules: [] }, ifMatch(etag));
    expect({ status: late.status, code: errorOf(late).code }).toEqual({ status: 412, code: 'rules_changed' });
    const now = await json(call('GET', `${root}/rules`));
    expect(late.headers.get('etag')).toBe(now['etag']);
    expect(now).toMatchObject({ version: 2, rules: { rules: [plain] } });
    const back = await call('POST', `${root}/rules/rollback`, { version: 1 }, ifMatch(etag));
    expect(errorOf(back).code).toBe('rules_changed');
  });

  test('are known at once to the isolate that took them', async () => {
    await put([solo]);
    const status = await json(call('GET', '/admin/v1/rules-status?tenant=demo'));
    expect(status).toMatchObject({
      tenant: 'demo',
      snapshot: { source: 'published', failures: 0, unreadable: null },
    });
    const all = await json(call('GET', '/admin/v1/rules-status'));
    expect(all).toMatchObject({
      counts: { failed: expect.any(Number), servedOld: 0 },
      oldest: expect.any(Array),
    });
  });
});

describe('a question to rules', () => {
  const question = {
    model: 'assistant',
    tools: true,
    country: 'DE',
    views: { 'tiny-chat@1': { warmth: 'hot', slots: 4 } },
  };

  test('is answered by the rules that hold, with the rule that fired', async () => {
    await put([solo]);
    const said = await json(call('POST', `${root}/explain`, { question }));
    expect(said).toMatchObject({
      version: expect.any(Number),
      source: 'published',
      text: expect.stringContaining('solo'),
    });
    expect(said['plan']).toMatchObject({ attempts: [{ target: 'tiny-chat-solo@1', rule: 'solo' }] });
  });

  test('is answered by rules that are sent along, which are stored nowhere', async () => {
    const request = { model: 'assistant', messages: [{ role: 'user', content: 'hi' }], stream: true };
    const said = await json(call('POST', `${root}/rules/dry-run`, { rules: [solo], question: { request } }));
    expect(said['plan']).toMatchObject({ attempts: [{ target: 'tiny-chat-solo@1' }] });
    expect(await json(call('GET', `${root}/rules`))).toMatchObject({ version: 0 });
  });

  test('depends on what it says of the request', async () => {
    const night = {
      id: 'night',
      match: { time: { zone: 'UTC', from: '22:00', to: '06:00' } },
      target: 'tiny-chat-solo@1',
    };
    const ask = async (at: string) => {
      const said = await json(
        call('POST', `${root}/rules/dry-run`, { rules: [night], question: { model: 'assistant', at } }),
      );
      return (said['plan'] as { attempts: { target: string }[] }).attempts[0]?.target;
    };
    expect(await ask('2026-11-25T23:00:00Z')).toBe('tiny-chat-solo@1');
    expect(await ask('2026-11-25T12:00:00Z')).toBe('tiny-chat@1');
  });
});

const rulesPath = `${root}/rules`;

describe('an object that is dead', () => {
  const dead = {
    TENANT: { getByName: () => new Proxy({}, { get: () => () => Promise.reject(new Error('dead')) }) },
  };

  test('is told as such, with the time to come back', async () => {
    for (const [method, path, body] of [
      ['GET', rulesPath, undefined],
      ['GET', `${rulesPath}/versions`, undefined],
      ['PUT', rulesPath, { rules: [] }],
      ['POST', `${rulesPath}/rollback`, { version: 0 }],
    ] as const) {
      const reply = await call(method, path, body, { env: dead });
      expect({ status: reply.status, code: errorOf(reply).code }).toEqual({
        status: 503,
        code: 'tenant_unavailable',
      });
      expect(reply.headers.get('retry-after')).toBe('1');
    }
  });

  test('does not stop the isolate from explaining by the rules it has', async () => {
    await put([solo]);
    const said = await json(
      call('POST', `${root}/explain`, { question: { model: 'assistant' } }, { env: dead }),
    );
    expect(said).toMatchObject({ source: 'published', plan: { attempts: [{ target: 'tiny-chat-solo@1' }] } });
  });
});
