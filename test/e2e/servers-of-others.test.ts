// vLLM and Ollama behind the whole platform: a client's request starts the server cold, the pool parks it in its own protocol, and the next
// request wakes it. The real development program; stand-ins for the two programs.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pacedAnswer } from '../../gpu-workers/servers/pace-text.ts';
import { chat, eventually, patienceMs, readPool, startStack, type Stack } from '../support/stack.ts';
import { vllmLaunch } from '../support/vllm-launch.ts';

const ollama = resolve(import.meta.dirname, '../support/doubles/ollama.ts');
const messages = [{ role: 'user', content: 'hello' }];
let stack: Stack;

beforeAll(async () => {
  const windows = { hotIdleMs: 1_000, parkedIdleMs: 600_000, slots: 4, replicasMax: 1, task: 'chat' };
  stack = await startStack({
    models: {
      versions: [
        { ...windows, id: 'vllm-one@1', launch: vllmLaunch({ sleepLevel: 1 }) },
        { ...windows, id: 'vllm-two@1', launch: vllmLaunch({ sleepLevel: 2 }) },
        {
          ...windows,
          id: 'ollama@1',
          launch: {
            kind: 'command',
            command: [process.execPath, ollama, 'serve'],
            env: { OLLAMA_HOST: '127.0.0.1:$PORT' },
            readyPath: '/api/version',
            protocol: { kind: 'ollama', model: 'llama3.2' },
          },
        },
      ],
      aliases: {},
    },
  });
});
afterAll(() => stack.stop());

test.each([
  ['vllm-one@1', pacedAnswer('user:hello', 4)],
  ['vllm-two@1', pacedAnswer('user:hello', 4)],
  ['ollama@1', 'hello'],
])(
  '%s starts cold, is parked when nobody asks, and answers the same once it is woken',
  async (model, words) => {
    const cold = await chat(stack, { model, messages });
    expect(cold.headers.get('x-pilotlight-warmth')).toBe('cold');
    expect(wordsOf(cold.text)).toBe(words);
    await eventually(
      'parked',
      patienceMs,
      async () => (await readPool(stack, model)).replicas[0]?.phase === 'parked',
    );
    const woken = await chat(stack, { model, messages });
    expect(woken.headers.get('x-pilotlight-warmth')).toBe('parked');
    expect(wordsOf(woken.text)).toBe(words);
    expect((await readPool(stack, model)).past.replicas).toBe(0);
  },
);

function wordsOf(text: string): string | undefined {
  return (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]?.message.content;
}
