import { afterEach, describe, expect, test, vi } from 'vitest';
import { pacedAnswer } from '../../../../gpu-workers/servers/pace-text.ts';
import { openVllm, type OpenVllmOptions } from './open-vllm.ts';

const opened: { close: () => void }[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.close()));

async function open(options: OpenVllmOptions = {}): ReturnType<typeof openVllm> {
  const vllm = await openVllm(options);
  opened.push(vllm);
  return vllm;
}

/** One that was looked at, as drivers do before they command anything. */
async function openReady(options: OpenVllmOptions = {}): ReturnType<typeof openVllm> {
  const vllm = await open(options);
  expect(await vllm.talk.look()).toMatchObject({ state: 'ready', ready: true, parking: true });
  vllm.calls.length = 0;
  return vllm;
}

const sense = pacedAnswer('user:hello', 4);

describe.each([1, 2] as const)('sleep level %i', (sleepLevel) => {
  test('a server that was parked is found asleep, and answers as before once it is woken', async () => {
    const { talk, ask } = await openReady({ sleepLevel });
    expect((await ask()).words).toBe(sense);
    expect(await talk.park()).toBe('parked');
    expect(await talk.look()).toMatchObject({ state: 'parked', ready: false });
    expect(await talk.wake(2_000)).toBe(true);
    expect(await talk.look()).toMatchObject({ state: 'ready', ready: true });
    expect(await ask()).toEqual({ status: 200, words: sense, isWhole: true });
  });

  test('a wake that fails is told, and the next one finishes it', async () => {
    const { talk, ask, tell } = await openReady({ sleepLevel });
    await talk.park();
    await tell(sleepLevel === 1 ? { wake: 'fail' } : { reload: 'fail' });
    expect(await talk.wake(2_000)).toBe(false);
    // Whatever had been done by then, it says that it sleeps, and no request is answered from empty memory.
    expect(await talk.look()).toMatchObject({ state: 'parked' });
    await tell({});
    expect(await talk.wake(2_000)).toBe(true);
    expect((await ask()).words).toBe(sense);
  });

  test('a wake that hangs ends by its deadline', async () => {
    const { talk, tell } = await openReady({ sleepLevel });
    await talk.park();
    await tell({ wake: 'hang' });
    expect(await talk.wake(100)).toBe(false);
  });
});

test('from level 2 the weights are read before the cache is given back', async () => {
  const { talk, calls } = await openReady({ sleepLevel: 2 });
  await talk.park();
  calls.length = 0;
  await talk.wake(2_000);
  expect(calls.filter((call) => call.startsWith('POST'))).toEqual([
    'POST /wake_up?tags=weights',
    'POST /collective_rpc',
    'POST /wake_up?tags=kv_cache',
  ]);
});

describe('a request that runs', () => {
  test('keeps its server awake while it gets on', async () => {
    const { talk, ask, queue } = await openReady({ tokens: 200 });
    const answer = ask();
    await vi.waitUntil(() => queue.running === 1);
    expect(await talk.park()).toBe('busy');
    expect(await talk.look()).toMatchObject({ ready: true });
    expect(await answer).toMatchObject({ isWhole: true });
  });

  test.each(['garbage', 'absent'] as const)(
    'is answered whole before the server sleeps, where the metrics are %s',
    async (metrics) => {
      const { talk, ask, queue, tell } = await openReady({ tokens: 50 });
      await tell({ metrics });
      const answer = ask();
      await vi.waitUntil(() => queue.running === 1);
      expect(await talk.park()).toBe('parked');
      expect(await answer).toMatchObject({
        status: 200,
        isWhole: true,
        words: pacedAnswer('user:hello', 50),
      });
    },
  );

  test('long ago does not keep it awake: gauges that stand still are old', async () => {
    const { talk, ask, queue, tell } = await openReady({ tokens: 300 });
    const answer = ask();
    await vi.waitUntil(() => queue.running === 1);
    await tell({ metrics: 'frozen' });
    expect(await talk.load()).toMatchObject({ running: 1 });
    await answer;
    expect(await talk.load()).toMatchObject({ running: 1 });
    expect(await talk.park()).toBe('parked');
  });

  test('and others that wait are told, with the share of the cache in use', async () => {
    const { talk, ask, queue } = await openReady({ tokens: 100 });
    const answers = [ask(), ask(), ask()];
    await vi.waitUntil(() => queue.waiting === 1);
    expect(await talk.load()).toEqual({ running: 2, waiting: 1, cacheShare: 0.25 });
    await Promise.all(answers);
    expect(await talk.load()).toEqual({ running: 0, waiting: 0, cacheShare: 0 });
  });
});

test('a request that comes while it sleeps is kept by it, and answered once it is woken', async () => {
  const { talk, ask, queue } = await openReady();
  await talk.park();
  const answer = ask();
  await vi.waitUntil(() => queue.waiting === 1);
  await talk.wake(2_000);
  expect((await answer).words).toBe(sense);
});

describe('a server that does not go to sleep', () => {
  test.each(['hang', 'fail', 'never'] as const)('(%s) is broken', async (sleep) => {
    const { talk, tell } = await openReady();
    await tell({ sleep });
    expect(await talk.park()).toBe('broken');
  });

  test('at once is parked only when it sleeps', async () => {
    const { talk, tell } = await openReady();
    await tell({ sleep: 'late' });
    expect(await talk.park()).toBe('parked');
    expect(await talk.look()).toMatchObject({ state: 'parked' });
  });

  test('because it has no such calls has no parking, and is ready all the same', async () => {
    const { talk } = await open({ isDevMode: false });
    expect(await talk.look()).toMatchObject({ ready: true, parking: false });
    expect(await talk.park()).toBe('unsupported');
  });
});

test('one that does not say whether it sleeps is not ready yet', async () => {
  const { talk, tell } = await open();
  await tell({ isSleeping: 'garbage' });
  expect(await talk.look()).toBeNull();
  await tell({});
  expect(await talk.look()).toMatchObject({ ready: true });
});

test('behind a guard strangers reach nothing but its health', async () => {
  const { url, talk } = await openReady({ guardKey: 'a-key-of-a-test' });
  for (const path of ['/sleep', '/wake_up', '/collective_rpc', '/is_sleeping', '/metrics', '/v1/models'])
    expect((await fetch(url + path)).status).toBe(401);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(await talk.park()).toBe('parked');
});
