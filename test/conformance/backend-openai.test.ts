// The backend contract with any URL that speaks the OpenAI API: real HTTP to a server behind a key and a base path, in front of a real model
// server.
import { expect, test } from 'vitest';
import { OpenaiServer, openaiKey, openaiModel } from '../support/upstream/openai-server.ts';
import { UpstreamRig } from '../support/upstream/upstream-harness.ts';
import { describeFixedEndpoint, fixedReplicasMax, fixedVersion } from './fixed-endpoint.ts';

const server = new OpenaiServer();
await server.open();
const price = { inputMicrosPerMTok: 100_000, outputMicrosPerMTok: 400_000 };
const launchAt = (url: string) => ({
  kind: 'openai',
  baseUrl: OpenaiServer.baseUrl(url),
  model: openaiModel,
  keySecret: 'UPSTREAM_KEY_TEST',
});
const rig = new UpstreamRig(() => server.url, {
  replicasMax: fixedReplicasMax,
  callMs: 1_500,
  version: (url) => ({ id: fixedVersion, price, launch: launchAt(url) }),
  access: (url) => ({
    hosts: [new URL(url).host],
    secret: (name) => (name === 'UPSTREAM_KEY_TEST' ? openaiKey : ''),
  }),
});
await rig.front.open();

describeFixedEndpoint({
  name: 'openai',
  rig,
  stranger: () => rig.stranger({ secret: () => 'sk-wrong' }),
  probe: /\/models$/,
  limit: { take: () => void (server.isLimited = true), give: () => void (server.isLimited = false) },
  unauthorized: { status: 401, body: '{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}' },
  close: () => server.close(),
});

test('openai: a host that is not listed is never called', () => {
  expect(() => rig.stranger({ hosts: ['api.example.com'] })).toThrow('UPSTREAM_HOSTS does not list');
});

test('openai: an endpoint without a list of models is there all the same', async () => {
  rig.front.add({ how: 'answer', status: 404, body: '{"error":{"message":"unknown path"}}' });
  const order = { id: 'no-list', generation: 1, pool: 'p~here', version: fixedVersion, waitMs: 1_000 };
  expect(await rig.backend.start(order)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  rig.front.clear();
  expect((await rig.backend.stop(order)).ok).toBe(true);
});
