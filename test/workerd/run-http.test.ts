// Runs over HTTP, with the app and the objects as they are deployed: what is refused and why, keys, tenants, positions in the log, and the
// command that ends a run. The models behind are silent: no run here gets further than its first step.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AgentDouble } from './agent-double.ts';
import { EdgeApp, errorOf, type Ask, type Reply } from './edge-app.ts';

let app: EdgeApp;
const begun: { readonly id: string; readonly key: string }[] = [];

beforeEach(() => {
  AgentDouble.install();
  app = new EdgeApp();
});
afterEach(async () => {
  for (const { id, key } of begun.splice(0)) await app.ask({ path: `/v1/runs/${id}/cancel`, key });
  vi.restoreAllMocks();
});

const demo = 'sk-pilotlight-dev';
const acme = 'sk-pilotlight-acme';

const call = (input: unknown, more: Partial<Ask> = {}): Ask => ({
  path: '/v1/functions/hello',
  body: JSON.stringify(input),
  ...more,
});
const look = (path: string, more: Partial<Ask> = {}): Ask => ({ method: 'GET', path, ...more });

async function begin(headers: Record<string, string> = {}, key = demo, question = 'why?'): Promise<Reply> {
  const reply = await app.ask(call({ question }, { key, headers: { prefer: 'respond-async', ...headers } }));
  const id = reply.headers.get('x-pilotlight-run');
  if (id !== null) begun.push({ id, key });
  return reply;
}

function idOf(reply: Reply): string {
  return (JSON.parse(reply.text) as { readonly id: string }).id;
}

describe('a call of a function is refused', () => {
  test('when nobody knows the function, however it is asked for', async () => {
    for (const ask of [
      call({ question: 'x' }, { path: '/v1/functions/nope' }),
      look('/v1/functions/nope'),
      look('/v1/functions/Hello'),
    ]) {
      const reply = await app.ask(ask);
      expect([reply.status, errorOf(reply).code]).toEqual([404, 'function_not_found']);
    }
  });

  test('when it is called as a chat model and is none', async () => {
    const messages = [{ role: 'user', content: 'hi' }];
    const nobody = await app.ask({ body: JSON.stringify({ model: 'function:nope', messages }) });
    expect(nobody.status).toBe(404);
    const none = await app.ask({ body: JSON.stringify({ model: 'function:hello', messages }) });
    expect([none.status, errorOf(none).message]).toEqual([400, expect.stringContaining('/v1/functions')]);
  });

  test.each([
    ['a field is missing', {}, 'question'],
    ['a field is of another kind', { question: 7 }, 'question'],
    ['a field is too long', { question: 'x'.repeat(501) }, 'question'],
    ['it is no object', [], null],
  ])('with the field that does not fit: %s', async (_name, input, param) => {
    const reply = await app.ask(call(input));
    expect(reply.status).toBe(400);
    expect(errorOf(reply).param).toBe(param);
    expect(errorOf(reply).message).not.toBe('');
  });

  test('when the body is no JSON, or the key no key', async () => {
    expect((await app.ask(call({}, { body: '{"question":' }))).status).toBe(400);
    const spaced = await app.ask(call({ question: 'x' }, { headers: { 'idempotency-key': 'a b' } }));
    expect([spaced.status, errorOf(spaced).param]).toEqual([400, 'Idempotency-Key']);
  });
});

describe('a run', () => {
  test('that nobody waits for is told where it is', async () => {
    const reply = await begin();
    expect(reply.status).toBe(202);
    expect(reply.headers.get('location')).toBe(`/v1/runs/${idOf(reply)}`);
    expect(reply.headers.get('preference-applied')).toBe('respond-async');
    const seen = await app.ask(look(`/v1/runs/${idOf(reply)}`));
    expect(JSON.parse(seen.text)).toMatchObject({ id: idOf(reply), status: 'active', function: 'hello' });
  });

  test('is one for one Idempotency-Key; another input under it is refused, and another tenant’s key is another key', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    const first = await begin(headers);
    expect(idOf(await begin(headers))).toBe(idOf(first));
    const other = await begin(headers, demo, 'something else');
    expect([other.status, errorOf(other).code]).toEqual([422, 'idempotency_key_reused']);
    expect(idOf(await begin(headers, acme, 'something else'))).not.toBe(idOf(first));
  });

  test('of another tenant cannot be told from one that does not exist', async () => {
    const id = idOf(await begin());
    const nothing = `run_${'0'.repeat(32)}`;
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/events'],
      ['POST', '/cancel'],
    ] as const) {
      const foreign = await app.ask({ method, path: `/v1/runs/${id}${path}`, key: acme });
      const absent = await app.ask({ method, path: `/v1/runs/${nothing}${path}`, key: acme });
      expect(foreign.status).toBe(404);
      expect(errorOf(foreign)).toEqual(errorOf(absent));
    }
    expect(JSON.parse((await app.ask(look(`/v1/runs/${id}`))).text)).toMatchObject({ status: 'active' });
  });

  test.each([
    'nope',
    'run_1',
    `run_${'0'.repeat(33)}`,
    `run_${'0'.repeat(32)}.x`,
    `run_${'0'.repeat(32)}${'.1'.repeat(5)}`,
  ])('under the odd id %s does not exist', async (id) => {
    const reply = await app.ask(look(`/v1/runs/${id}`));
    expect([reply.status, errorOf(reply).code]).toEqual([404, 'run_not_found']);
  });

  test('is not followed from a position that is none, or has not come yet', async () => {
    const path = `/v1/runs/${idOf(await begin())}/events`;
    for (const after of ['-1', 'x', '1.5', '1e3', '99999999999999999999']) {
      const reply = await app.ask(look(`${path}?after=${after}`));
      expect([after, reply.status]).toEqual([after, 400]);
    }
    expect((await app.ask(look(path, { headers: { 'last-event-id': 'x' } }))).status).toBe(400);
    const future = await app.ask(look(`${path}?after=1000000`));
    expect([future.status, errorOf(future).code]).toEqual([416, 'sequence_in_future']);
    expect(future.headers.get('content-range')).toMatch(/^items \*\/\d+$/);
  });

  test('is cancelled from another connection than the one that follows it, which hears its end', async () => {
    const headers = { 'idempotency-key': 'key-2' };
    const id = idOf(await begin(headers));
    const following = app.ask(
      call({ question: 'why?' }, { headers: { ...headers, accept: 'text/event-stream' } }),
    );
    const cancelled = await app.ask({ path: `/v1/runs/${id}/cancel` });
    expect(JSON.parse(cancelled.text)).toMatchObject({ id, status: 'cancelled' });
    const { text, headers: streamed } = await following;
    expect(streamed.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(text).toMatch(/^id: 1\nevent: run\.started\n/);
    expect(text).toMatch(/event: run\.cancelled\ndata: \{"seq":\d+\}\n\ndata: \[DONE\]\n\n$/);
    const page = await app.ask(
      look(`/v1/runs/${id}/events?after=1`, { headers: { accept: 'application/json' } }),
    );
    const { data, last_event } = JSON.parse(page.text) as { data: { seq: number }[]; last_event: number };
    expect(data.map(({ seq }) => seq)).toEqual(data.map((_, at) => at + 2));
    expect(data.at(-1)?.seq).toBe(last_event);
    const again = await app.ask({ path: `/v1/runs/${id}/cancel` });
    expect([again.status, JSON.parse(again.text).ended_ms]).toEqual([
      200,
      JSON.parse(cancelled.text).ended_ms,
    ]);
    const waited = await app.ask(call({ question: 'why?' }, { headers }));
    expect([waited.status, errorOf(waited).code]).toEqual([409, 'run_cancelled']);
  });

  test('is found in the list of its tenant, whose length has bounds', async () => {
    const id = idOf(await begin());
    const ids = async (key: string): Promise<readonly string[]> => {
      const { text } = await app.ask(look('/v1/runs?limit=100', { key }));
      return (JSON.parse(text) as { data: { id: string }[] }).data.map((run) => run.id);
    };
    await vi.waitUntil(async () => (await ids(demo)).includes(id), 10_000);
    expect(await ids(acme)).not.toContain(id);
    for (const limit of ['0', '101', '-1', 'x', '1.5']) {
      expect((await app.ask(look(`/v1/runs?limit=${limit}`))).status).toBe(400);
    }
  });
});
