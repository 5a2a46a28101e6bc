// What the README promises to who writes a function: one file and one line, served by the running program without a restart, over its own route
// and to any OpenAI client.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunView } from '../../src/core/run/view-run.ts';
import { plantEdits } from '../chaos/plants.ts';
import { eventually, patienceMs, startStack, type Stack } from '../support/stack.ts';

let copy: string;
let stack: Stack;

beforeAll(async () => {
  copy = plantEdits('new-function', []);
  stack = await startStack({ root: copy });
});

afterAll(async () => {
  await stack.stop();
  rmSync(copy, { recursive: true, force: true });
});

async function callMine(): Promise<{ readonly status: number; readonly run: RunView }> {
  const response = await fetch(`${stack.url}/v1/functions/mine`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'How long does a wake take?' }),
  });
  return { status: response.status, run: (await response.json()) as RunView };
}

test('a function that is written into the running program is served: two models and a search from one file', async () => {
  expect((await callMine()).status).toBe(404);
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const source = /```ts\n(\/\/ functions\/compound\/mine\.ts\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  writeFileSync(join(copy, 'functions/compound/mine.ts'), source);
  const registry = join(copy, 'functions/compound/registry.ts');
  const listed = readFileSync(registry, 'utf8')
    .replace(/\] *;\s*$/, ', mine];\n')
    .replace('[, ', '[');
  writeFileSync(registry, `import { mine } from './mine.ts';\n${listed}`);

  const served = await eventually('the new function', patienceMs, async () => {
    const reply = await callMine().catch(() => null);
    return reply?.status === 200 && reply.run;
  });
  expect(served.status).toBe('completed');
  expect(served.output).toMatchObject({ source: 'wake' });
  expect(served.steps.map(({ kind }) => kind)).toEqual(['search', 'rerank', 'chat']);
});

test('an OpenAI client asks it like any model, whole and streamed', async () => {
  const client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key });
  const ask = { model: 'function:mine', messages: [{ role: 'user' as const, content: 'What is a wake?' }] };
  const whole = await client.chat.completions.create(ask);
  const said = whole.choices[0]?.message.content ?? '';
  expect(said).not.toBe('');
  let streamed = '';
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    streamed += chunk.choices[0]?.delta.content ?? '';
  }
  expect(streamed).not.toBe('');
});
