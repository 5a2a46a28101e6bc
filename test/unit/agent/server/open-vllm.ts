// The stand-in for vLLM inside a test's own process, and the agent's way to talk to it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VllmTalk } from '../../../../gpu-workers/agent/server/vllm-talk.ts';
import { PacedEngine } from '../../../../gpu-workers/servers/paced-engine.ts';
import { VllmControl } from '../../../../gpu-workers/servers/vllm-control.ts';
import type { VllmFaults } from '../../../../gpu-workers/servers/vllm-faults.ts';
import { VllmFront } from '../../../../gpu-workers/servers/vllm-front.ts';
import { VllmQueue } from '../../../../gpu-workers/servers/vllm-queue.ts';

export interface OpenVllmOptions {
  readonly sleepLevel?: 1 | 2;
  readonly isDevMode?: boolean;
  readonly guardKey?: string | null;
  /** Tokens of a whole answer, two milliseconds each. */
  readonly tokens?: number;
}

const slots = 2;

export async function openVllm(options: OpenVllmOptions = {}) {
  const { sleepLevel = 1, isDevMode = true, guardKey = null, tokens = 4 } = options;
  const pace = { loadMs: 1, wakeMs: 1, firstTokenMs: 1, tokenMs: 2, tokens };
  const flags = {
    model: 'acme/tiny',
    names: ['tiny@1'],
    host: '127.0.0.1',
    port: 0,
    slots,
    hasSleepMode: true,
    middleware: [],
  };
  const engine = new PacedEngine('tiny@1', pace, {});
  await engine.load();
  const queue = new VllmQueue(slots);
  const control = new VllmControl({ flags, pace, engine, queue, isDevMode, faults: {} });
  const guard = guardKey === null ? null : { key: guardKey, controlKey: '' };
  const front = new VllmFront({ flags, engine, queue, control, apiKey: null, guard });
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    void front.answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers: Record<string, string> = guardKey === null ? {} : { authorization: `Bearer ${guardKey}` };
  const address = { endpoint: () => url, readyPath: '/health', headers, isTunnelled: false };
  const post = (path: string, body: object): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    url,
    queue,
    /** Every call that came, in order. */
    calls,
    talk: new VllmTalk({ address, sleepLevel, staleAfterMs: 60, parkWithinMs: 600 }),
    tell: async (faults: VllmFaults) => void (await (await post('/control/vllm', faults)).text()),
    /** What it answers, streamed, to the same question each time. */
    ask: async () => {
      const reply = await post('/v1/chat/completions', {
        model: 'tiny@1',
        stream: true,
        messages: [{ role: 'user', content: 'hello' }],
      });
      const text = await reply.text();
      return { status: reply.status, words: wordsOf(text), isWhole: text.trimEnd().endsWith('data: [DONE]') };
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function wordsOf(text: string): string {
  return [...text.matchAll(/"content":"([^"]*)"/g)].map(([, words]) => words).join('');
}
