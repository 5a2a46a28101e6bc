// The agent with the model servers that ship with the project: each is started, asked, parked, woken and stopped as a real process.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../../src/core/base/assert.ts';
import type { ReplicaReport } from '../../src/backends/backend.ts';
import { AgentProgram, findReplicaPids } from '../support/agent-program.ts';

const agent = new AgentProgram();
beforeAll(async () => void (await agent.start()));
afterAll(() => agent.dispose());

const ask = {
  chat: [
    '/v1/chat/completions',
    { model: 'any', messages: [{ role: 'user', content: 'hello' }], max_tokens: 4 },
  ],
  embedding: ['/v1/embeddings', { model: 'any', input: 'hello' }],
} as const;

test.each([
  ['tiny-chat@1', 'chat'],
  ['use-lite-embed@1', 'embedding'],
  ['paced@1', 'chat'],
] as const)('%s is started, answers, is parked, woken, answers again and is gone', async (version, task) => {
  const backend = agent.backend();
  const ref = { id: `s-${process.pid}-${version.replace('@', '-')}`, generation: 1 };
  const started = await backend.start({ ...ref, pool: `${version}~local`, version, waitMs: 20_000 });
  expect(started).toMatchObject({ ok: true, value: { condition: 'ready' } });
  const report: ReplicaReport = must(started.ok ? started.value : null, 'a report');
  expect(await statusOf(report, task)).toBe(200);
  expect(await backend.park(ref)).toMatchObject({
    ok: true,
    value: { condition: 'parked', pid: report.pid },
  });
  expect(await statusOf(report, task)).toBe(503);
  expect(await backend.wake(ref)).toMatchObject({ ok: true, value: { condition: 'ready', pid: report.pid } });
  expect(await statusOf(report, task)).toBe(200);
  expect(await backend.stop(ref)).toEqual({ ok: true, value: null });
  expect(findReplicaPids(`${ref.id}:1\0`)).toEqual([]);
});

async function statusOf(report: ReplicaReport, task: keyof typeof ask): Promise<number> {
  const [path, body] = ask[task];
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(report.endpoint + path, { method: 'POST', headers, body: JSON.stringify(body) });
  await reply.text();
  return reply.status;
}
