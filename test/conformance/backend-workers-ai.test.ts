// The backend contract with Workers AI, by its OpenAI route: real HTTP to a server that speaks that part of Cloudflare's API, in front of a
// real model server.
import { expect, test } from 'vitest';
import { UpstreamRig, type UpstreamSide } from '../support/upstream/upstream-harness.ts';
import {
  workersAiAccount,
  workersAiModel,
  WorkersAiServer,
  workersAiToken,
} from '../support/upstream/workers-ai-server.ts';
import { describeFixedEndpoint, fixedReplicasMax, fixedVersion } from './fixed-endpoint.ts';

const server = new WorkersAiServer();
await server.open();
const price = { inputMicrosPerMTok: 100_000, outputMicrosPerMTok: 400_000 };
const sideOf = (model: string): UpstreamSide => ({
  replicasMax: fixedReplicasMax,
  callMs: 1_500,
  version: () => ({ id: fixedVersion, price, launch: { kind: 'workers-ai', model } }),
  access: (url) => ({
    workersAiAccount,
    workersAiToken,
    workersAiUrl: WorkersAiServer.apiUrl(url),
  }),
});
const rig = new UpstreamRig(() => server.url, sideOf(workersAiModel));
await rig.front.open();

describeFixedEndpoint({
  name: 'workers-ai',
  rig,
  stranger: () => rig.stranger({ workersAiToken: 'cf-wrong' }),
  probe: /\/models\/search/,
  limit: { take: () => void (server.limit = 'capacity'), give: () => void (server.limit = null) },
  unauthorized: {
    status: 403,
    body: '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}',
  },
  close: () => server.close(),
});

const order = { id: 'other', generation: 1, pool: 'p~here', version: fixedVersion, waitMs: 1_000 };

test('workers-ai: an account that does not exist cannot start, and says what to look at', async () => {
  const stranger = rig.stranger({ workersAiAccount: 'f'.repeat(32) });
  const reply = await stranger.start(order);
  expect(reply).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  if (!reply.ok) expect(reply.error.message).toContain('WORKERS_AI_ACCOUNT');
});

test('workers-ai: a model that does not exist cannot start, and says which', async () => {
  const other = new UpstreamRig(() => server.url, sideOf('@cf/vendor/no-such-model'));
  await other.front.open();
  const reply = await other.backend.start(order);
  other.front.close();
  expect(reply).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  if (!reply.ok) expect(reply.error.message).toContain('@cf/vendor/no-such-model');
});
