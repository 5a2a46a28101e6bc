// On which terms a request reaches dispatch: its weight and class, how long it will hold its slot, and the time that its client has.
import { beforeEach, describe, expect, test } from 'vitest';
import { adminToken, EdgeApp, errorOf, type Ask } from './edge-app.ts';

let app: EdgeApp;
beforeEach(() => {
  app = new EdgeApp();
});

const messages = [{ role: 'user', content: 'hi' }];
const chat = (headers: Readonly<Record<string, string>> = {}, change: object = {}): Ask => ({
  headers,
  body: JSON.stringify({ model: 'assistant', messages, ...change }),
});
const embed = (headers: Readonly<Record<string, string>>): Ask => ({
  path: '/v1/embeddings',
  headers,
  body: JSON.stringify({ model: 'embed', input: 'hi' }),
});

describe('a request stands beside others', () => {
  test('as its key and tenant say, and as its work is', async () => {
    await app.ask(chat());
    await app.ask(chat({}, { max_tokens: 4 }));
    await app.ask(embed({}));
    const plain = { criticality: 'default', weight: 1 };
    expect(app.dispatched.map(({ priority }) => priority)).toEqual([
      { ...plain, latency: 'slow' },
      { ...plain, latency: 'quick' },
      { ...plain, latency: 'quick' },
    ]);
  });

  test('lower where it asks for that, and never higher', async () => {
    for (const criticality of ['sheddable', 'default', 'critical'])
      await app.ask(chat({ 'x-pilotlight-criticality': criticality }));
    expect(app.dispatched.map(({ priority }) => priority?.criticality)).toEqual([
      'sheddable',
      'default',
      'default',
    ]);
  });
});

test('a copy that a rule has sent is sheddable, with the tenant’s weight and its own kind of work', async () => {
  const rules = [{ id: 'copy', shadow: { to: 'tiny-agent@1', share: 1 } }];
  const publish = (set: unknown): Ask => ({
    method: 'PUT',
    path: '/admin/v1/tenants/demo/rules',
    key: adminToken,
    body: JSON.stringify({ rules: set }),
  });
  expect((await app.ask(publish(rules))).status).toBe(200);
  await app.ask(chat({}, { max_tokens: 4 }));
  await app.ask(publish([]));
  const byVersion = app.dispatched.map(({ attempts, priority }) => [attempts[0]?.version, priority]);
  expect(Object.fromEntries(byVersion)).toEqual({
    'tiny-agent@1': { criticality: 'sheddable', weight: 1, latency: 'quick' },
    'tiny-chat@1': { criticality: 'default', weight: 1, latency: 'quick' },
  });
});

describe('a request has the time that its client has', () => {
  test('by its deadline, whether it streams or not', async () => {
    for (const stream of [true, false])
      await app.ask(chat({ 'x-pilotlight-remaining-ms': '60000' }, { stream }));
    await app.ask(embed({ 'x-pilotlight-remaining-ms': '999999999' }));
    await app.ask(chat());
    expect(app.limits.map(({ totalMs }) => totalMs)).toEqual([60_000, 60_000, 300_000, 300_000]);
  });

  test('by the timeout of an OpenAI client, which bounds an answer in one piece and a stream’s silence', async () => {
    for (const stream of [false, true]) await app.ask(chat({ 'x-stainless-timeout': '9' }, { stream }));
    await app.ask(chat({ 'x-stainless-timeout': 'soon' }));
    expect(app.limits).toMatchObject([
      { totalMs: 8_750, graceMs: 10_000 },
      { totalMs: 300_000, graceMs: 4_500, keepAliveMs: 4_500 },
      { totalMs: 300_000, graceMs: 10_000 },
    ]);
  });

  test('and without any left is not begun', async () => {
    const reply = await app.ask(chat({ 'x-pilotlight-remaining-ms': '0' }));
    expect(reply.status).toBe(504);
    expect(errorOf(reply).code).toBe('deadline_exceeded');
    expect(app.dispatched).toEqual([]);
    expect(app.events).toMatchObject([{ status: 504, error: 'deadline_exceeded' }]);
  });
});

describe('a header that means nothing is refused before anything is asked', () => {
  test.each([
    ['x-pilotlight-criticality', 'urgent', 'must be one of critical, default, sheddable.'],
    ['x-pilotlight-criticality', '', 'must be one of'],
    ['x-pilotlight-criticality', 'default, sheddable', 'must be one of'],
    ['x-pilotlight-remaining-ms', '1.5', 'must be a whole number of milliseconds'],
    ['x-pilotlight-remaining-ms', '-1', 'must be a whole number of milliseconds'],
    ['x-pilotlight-remaining-ms', '5s', 'must be a whole number of milliseconds'],
  ])('%s: %s', async (name, value, words) => {
    for (const ask of [chat({ [name]: value }), embed({ [name]: value })]) {
      const reply = await app.ask(ask);
      expect(reply.status).toBe(400);
      expect(errorOf(reply)).toMatchObject({
        type: 'invalid_request_error',
        code: 'invalid_value',
        param: name,
        message: expect.stringContaining(words),
      });
    }
    expect(app.dispatched).toEqual([]);
  });
});
