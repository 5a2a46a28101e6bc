// The backend contract with an endpoint on RunPod Serverless, which the Worker steers by itself. Real HTTP to a server that speaks RunPod's
// published APIs, real processes as workers.
import { afterAll, expect, test } from 'vitest';
import { fixture } from '../support/agent-program.ts';
import { RunpodServer, runpodKey } from '../support/runpod/runpod-server.ts';
import { byVersion } from '../support/upstream/by-version.ts';
import { UpstreamRig, type UpstreamSide } from '../support/upstream/upstream-harness.ts';
import { describeBackendFaults } from './backend-faults.suite.ts';
import { describeBackend } from './backend.suite.ts';

const runpod = new RunpodServer();
const deployment = { command: [process.execPath, fixture], concurrency: 1 };
const good = runpod.add('goodendpoint1', 'vendor/model', {
  ...deployment,
  env: { FIXTURE: 'good', PILOTLIGHT_SLOTS: '1' },
});
const hanging = runpod.add('hangendpoint1', 'vendor/model', { ...deployment, env: { FIXTURE: 'hang' } });
await runpod.open();

const replicasMax = 4;
const sideOf = (id: string, endpoint: string): UpstreamSide => ({
  replicasMax,
  callMs: 1_500,
  version: () => ({ id, launch: { kind: 'runpod', endpoint, model: 'vendor/model', idleMs: 1_000 } }),
  access: (url) => ({ runpodKey, runpodUrl: url }),
  restUrl: (url) => RunpodServer.restUrl(url),
});
const goodRig = new UpstreamRig(() => runpod.url, sideOf('good@1', 'goodendpoint1'));
const hangRig = new UpstreamRig(() => runpod.url, sideOf('hang@1', 'hangendpoint1'));
await Promise.all([goodRig.front.open(), hangRig.front.open()]);

const both = byVersion(
  new Map([
    ['good@1', goodRig.backend],
    ['hang@1', hangRig.backend],
  ]),
);
afterAll(async () => {
  goodRig.front.close();
  hangRig.front.close();
  await runpod.close();
});

const noParking = 'a place that scales by itself parks nothing on command';
const noDeath = 'the place puts another worker in the place of one that died';

describeBackend('runpod', {
  open: () => Promise.resolve(),
  close: () => Promise.resolve(),
  backend: () => both,
  strangers: () => goodRig.stranger({ runpodKey: 'rpa_WRONG' }),
  identify: ({ id, generation }) => `${id}:${generation}`,
  countLives: () => good.of.count + hanging.of.count,
  reach: async ({ endpoint }) => {
    const headers = { authorization: `Bearer ${runpodKey}` };
    return (await fetch(`${endpoint?.replace('/openai/v1', '')}/health`, { headers })).status;
  },
  kill: () => undefined,
  replicasMax,
  versions: { good: 'good@1', hangs: 'hang@1', cannotStart: 'good@1', noParking: 'good@1', busy: 'good@1' },
  cannotStartReason: /./,
  skips: {
    'of a newer generation ends the old life before the new one begins':
      'workers carry no generation, so that they cannot be counted by it',
    'of a replica that cannot start is a failed replica with its reason, begun once': noDeath,
    'a replica is parked and woken again in the same life, any number of times': noParking,
    'a draining replica is reported as such': 'no worker can be told to refuse requests',
    'parking under a request is refused as busy, and the replica stays ready': noParking,
    'a replica that died is failed, with a reason, until it is deleted, and is not begun again': noDeath,
    'strangers are refused every call': 'only RunPod has a door: see the test of a wrong key',
  },
});

describeBackendFaults('runpod', {
  open: () => Promise.resolve(),
  close: () => Promise.resolve(),
  backend: () => goodRig.backend,
  callMs: 1_500,
  front: () => goodRig.front,
  isStart: ({ method }) => method === 'PATCH',
  isStop: ({ method }) => method === 'PATCH',
  countLives: () => good.of.count,
  held: () => good.figures.workersMin,
  version: 'good@1',
  room: { take: () => void (good.of.isFull = true), give: () => void (good.of.isFull = false) },
  restart: () => Promise.resolve(goodRig.restart()),
  unauthorized: { status: 401, body: '{"error":"Unauthorized"}' },
});

const order = (id: string, waitMs = 8_000) => ({
  id,
  generation: 1,
  pool: 'good@1~here',
  version: 'good@1',
  waitMs,
});

test('a wrong key is refused as such, and nothing is begun', async () => {
  const stranger = goodRig.stranger({ runpodKey: 'rpa_WRONG' });
  const reply = await stranger.start(order('stranger'));
  expect(reply).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
  expect(await stranger.list('good@1~here')).toEqual({ ok: true, value: [] });
  expect(good.of.count).toBe(0);
});

test('floor, ceiling and idle time follow the replicas, and what others have set is set again', async () => {
  const backend = goodRig.backend;
  const command = order('floor');
  expect(await backend.start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  expect(good.figures).toEqual({ workersMin: 1, workersMax: 1, idleTimeout: 1 });
  runpod.reset('goodendpoint1', { workersMin: 0, workersMax: 9, idleTimeout: 60 });
  expect((await backend.list(command.pool)).ok).toBe(true);
  expect(good.figures).toEqual({ workersMin: 1, workersMax: 1, idleTimeout: 1 });
  const told = runpod.told.length;
  expect((await backend.list(command.pool)).ok).toBe(true);
  // Each change may be a release that replaces all workers.
  expect(runpod.told).toHaveLength(told);
  expect(await backend.stop(command)).toEqual({ ok: true, value: null });
  expect(good.figures).toMatchObject({ workersMin: 0 });
});

test('workers that are only cached make no replica ready, and keep none from being gone', async () => {
  const backend = goodRig.backend;
  good.cached = 2;
  good.of.isFull = true;
  const command = order('cached', 200);
  const starting = backend.start(command);
  expect(await starting).toMatchObject({ ok: false, error: { kind: 'no-capacity' } });
  good.of.isFull = false;
  const second = order('cached-2');
  expect(await backend.start(second)).toMatchObject({ ok: true, value: { condition: 'ready' } });
  expect(await backend.stop(second)).toEqual({ ok: true, value: null });
  good.cached = 0;
});

test('a quota of the account that is used up is a quota, not an outage', async () => {
  const backend = goodRig.backend;
  runpod.workersQuota = 0;
  const reply = await backend.start(order('quota'));
  expect(reply).toMatchObject({ ok: false, error: { kind: 'quota' } });
  expect(await backend.list('good@1~here')).toEqual({ ok: true, value: [] });
  runpod.workersQuota = 100;
});

test('throttled after the floor was raised: the start is transient, and nothing is held after its stop', async () => {
  const backend = goodRig.backend;
  const command = order('throttled');
  goodRig.front.add({
    how: 'answer',
    status: 429,
    body: '{}',
    meets: ({ path }) => path.endsWith('/health'),
  });
  expect(await backend.start(command)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  expect(good.figures).toMatchObject({ workersMin: 1 });
  expect(await backend.stop(command)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  goodRig.front.clear();
  await expect.poll(() => backend.stop(command)).toEqual({ ok: true, value: null });
  expect(good.figures).toMatchObject({ workersMin: 0 });
  expect(good.of.count).toBe(0);
});

test('an endpoint that does not exist cannot start, and says which', async () => {
  const rig = new UpstreamRig(() => runpod.url, sideOf('absent@1', 'absentendpoint'));
  await rig.front.open();
  const reply = await rig.backend.start({ ...order('absent'), version: 'absent@1' });
  rig.front.close();
  expect(reply).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
  if (!reply.ok) expect(reply.error.message).toContain('absentendpoint');
});
