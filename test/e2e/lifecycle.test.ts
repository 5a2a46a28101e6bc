import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  askFrance,
  chat,
  eventually,
  listModelProcesses,
  patienceMs,
  readPool,
  startStack,
  type Stack,
} from '../support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  // Long enough to meet what is hot and what is parked, also where somebody stands still in between.
  stack = await startStack({ env: { PILOTLIGHT_HOT_IDLE_MS: '6000', PILOTLIGHT_PARKED_IDLE_MS: '6000' } });
});

afterAll(async () => {
  await stack.stop();
});

/** A stall can make one wake as slow as a start, and not each of them. */
const wakesMax = 3;

test('a model starts cold, is hot, is parked, wakes faster than it starts, and goes to zero, as the process table shows', async () => {
  expect(listModelProcesses(stack)).toEqual([]);
  const cold = await chat(stack, { ...askFrance, stream: true });
  expect(cold.headers.get('x-pilotlight-warmth')).toBe('cold');
  expect(textOfStream(cold.text)).toBe('The capital of France is Paris.');
  const hot = await chat(stack, { ...askFrance, stream: true });
  expect(hot.headers.get('x-pilotlight-warmth')).toBe('hot');
  expect(listModelProcesses(stack)).toHaveLength(1);

  const [born] = listModelProcesses(stack);
  let wakes = 0;
  let isFaster = false;
  while (!isFaster && wakes < wakesMax) {
    await eventually(
      'parked',
      patienceMs,
      async () => (await readPool(stack, 'tiny-chat@1')).replicas[0]?.phase === 'parked',
    );
    const parked = await chat(stack, { ...askFrance, stream: true });
    expect(parked.headers.get('x-pilotlight-warmth')).toBe('parked');
    expect(textOfStream(parked.text)).toBe('The capital of France is Paris.');
    // Woken where it was parked, which is why it takes less time.
    expect(listModelProcesses(stack)).toEqual([born]);
    const waits = [cold, hot, parked].map(({ headers }) => Number(headers.get('x-pilotlight-wait-ms')));
    console.log(`waited: cold ${waits[0]} ms, hot ${waits[1]} ms, parked ${waits[2]} ms`);
    isFaster = (waits[2] ?? Infinity) < (waits[0] ?? 0);
    wakes += 1;
  }
  expect(isFaster).toBe(true);

  const view = await eventually('at rest', patienceMs, async () => {
    const now = await readPool(stack, 'tiny-chat@1');
    return now.replicas.length === 0 && now;
  });
  expect(listModelProcesses(stack)).toEqual([]);
  expect(view.nextWakeMs).toBeNull();
  expect(view.past.replicas).toBe(1);
  const { busyMs, idleMs, loadingMs, parkedMs, lifetimeMs } = view.life;
  expect(busyMs + idleMs + loadingMs + parkedMs).toBe(lifetimeMs);
  expect(view.requests).toMatchObject({ served: 2 + wakes, cold: 1, hot: 1, parked: wakes, failed: 0 });
});

test('the same model name means another version for the tenant whose rule says so', async () => {
  const demo = await chat(stack, askFrance);
  const acme = await chat(stack, askFrance, stack.acmeKey);
  expect(demo.headers.get('x-pilotlight-model')).toBe('tiny-chat@1');
  expect(acme.headers.get('x-pilotlight-model')).toBe('tiny-chat-solo@1');
});

test('the cron plans for the pools that are awake', async () => {
  await chat(stack, askFrance);
  const reply = await fetch(`${stack.url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
  expect(reply.status).toBe(200);
  const view = await eventually('a plan', patienceMs, async () => {
    const now = await readPool(stack, 'tiny-chat@1');
    return now.target.planned !== null && now;
  });
  expect(view.target.planned?.because).toMatch(/stays hot for 6 s, .*as asked/);
});

function textOfStream(text: string): string {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map(
      (event) =>
        (JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta
          .content ?? '',
    )
    .join('')
    .trim();
}
