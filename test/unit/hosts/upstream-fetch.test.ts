// A call of an endpoint of others: where it goes and what it carries is the configuration's, and what comes back is fit for a client.
import { describe, expect, test } from 'vitest';
import type { Upstream } from '../../../src/backends/upstream/read-upstreams.ts';
import { fetchUpstream } from '../../../src/hosts/upstream-fetch.ts';

const upstream: Upstream = {
  kind: 'openai',
  baseUrl: 'https://api.example.com/v1beta/openai',
  model: 'vendor/m',
  key: 'sk-x',
};
const init = {
  method: 'POST',
  body: JSON.stringify({
    model: 'vendor/m',
    messages: [{ role: 'user', content: 'a "model": "vendor/m"' }],
    stream: true,
  }),
  headers: { 'content-type': 'application/json', 'x-request-id': 'r-1' },
};

async function call(answer: Response, of: Upstream = upstream) {
  const sent: { url: string; init: RequestInit }[] = [];
  const response = await fetchUpstream(
    (url, init) => {
      sent.push({ url, init });
      return Promise.resolve(answer);
    },
    of,
    { path: '/v1/chat/completions', init },
  );
  return { sent: sent[0], response };
}

describe('a call of an endpoint of others', () => {
  test('goes to its base URL with its key, and carries the very body that was made for it', async () => {
    const { sent } = await call(Response.json({ choices: [] }));
    expect(sent?.url).toBe('https://api.example.com/v1beta/openai/chat/completions');
    const headers = new Headers(sent?.init.headers);
    expect([headers.get('authorization'), headers.get('x-request-id')]).toEqual(['Bearer sk-x', null]);
    expect(sent?.init.body).toBe(init.body);
  });

  test('shows no key where none is asked for', async () => {
    const { sent } = await call(Response.json({}), { ...upstream, key: null });
    expect(new Headers(sent?.init.headers).has('authorization')).toBe(false);
  });

  test('brings back status, type and body, and no header that names anybody', async () => {
    const answer = new Response('data: [DONE]\n\n', {
      headers: {
        'content-type': 'text/event-stream',
        'openai-organization': 'org-4711',
        'set-cookie': 'a=b',
      },
    });
    const { response } = await call(answer);
    expect([...response.headers.keys()]).toEqual(['content-type']);
    expect(await response.text()).toBe('data: [DONE]\n\n');
  });

  test.each([400, 413, 422])('tells a refusal (%i) in words of ours', async (status) => {
    const answer = Response.json(
      { error: { message: 'org-4711', code: 'context_length_exceeded' } },
      { status },
    );
    const { response } = await call(answer);
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(text).toContain('context_length_exceeded');
    expect(text).not.toContain('4711');
  });

  test.each([
    ['a refusal that cannot be read', new Response('<html>', { status: 400 })],
    [
      'a model that is not there',
      Response.json({ error: { message: 'x', code: 'model_not_found' } }, { status: 400 }),
    ],
    ['an error without end', new Response('x'.repeat(70_000), { status: 422 })],
    ['a redirect', new Response(null, { status: 307, headers: { location: 'https://elsewhere.example' } })],
  ])('takes %s for a fault of ours', async (_what, answer) => {
    const { response } = await call(answer);
    expect([response.status, await response.text()]).toEqual([502, '']);
  });

  test('lets a busy answer say how long to stay away', async () => {
    const { response } = await call(new Response('{}', { status: 429, headers: { 'retry-after': '7' } }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
  });
});
