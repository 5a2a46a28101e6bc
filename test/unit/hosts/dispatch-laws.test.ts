// What holds for every request, whatever the queue, the replica and the client do, and in whichever order: one slot given back for each
// that was leased, one summary, and an answer that looks whole only when it is.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { err } from '../../../src/core/base/result.ts';
import { dispatch, type DispatchLimits, type DispatchPorts } from '../../../src/hosts/dispatch.ts';
import { delta, DONE, keepSummary, makeBench, makeRequest } from './faulty-replica.ts';

/** Small enough that a run ends in a moment, different enough that each of them is the first to be over in some run. */
const LIMITS: DispatchLimits = {
  totalMs: 40,
  firstTokenMs: 25,
  idleMs: 15,
  graceMs: 8,
  keepAliveMs: 4,
  replyBytesMax: 2_000,
};

const REPLY = '{"choices":[{"message":{"content":"hi"}}]}';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(delta('a'), delta('b'), delta('\u20ac').slice(0, 40), ': hi\n\n') },
  { weight: 3, arbitrary: fc.constantFrom(DONE, REPLY) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'garbage\n',
      'data: {\n\n',
      'data: {"error":{"message":"x"}}\n\n',
      'x'.repeat(3_000),
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('!wait', '!stall', '!break') },
);

const scenario = fc.record({
  stream: fc.boolean(),
  slots: fc.array(fc.constantFrom('now', 'late', 'never', 'refused'), { minLength: 1, maxLength: 2 }),
  calls: fc.array(
    fc.constantFrom('answers', 'answers', 'answers', 'dead', 'breaks', 'hangs', 'refuses', 'html'),
    { minLength: 1, maxLength: 2 },
  ),
  steps: fc.array(step, { maxLength: 6 }),
  clientLeavesMs: fc.option(fc.integer({ min: 0, max: 30 })),
  clientReads: fc.boolean(),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function bodyOf(steps: readonly string[], signal: AbortSignal): ReadableStream<Uint8Array> {
  const left = [...steps];
  return new ReadableStream({
    start: (controller) => signal.addEventListener('abort', () => controller.error(new Error('aborted'))),
    pull: async (controller) => {
      const next = left.shift();
      if (next === undefined) controller.close();
      else if (next === '!stall') await new Promise(() => {});
      else if (next === '!break') controller.error(new Error('reset'));
      else if (next === '!wait') await pause(5).then(() => controller.enqueue(new Uint8Array()));
      else controller.enqueue(new TextEncoder().encode(next));
    },
  });
}

function connectError(): Error {
  return new TypeError('fetch failed', {
    cause: Object.assign(new Error('refused'), { syscall: 'connect' }),
  });
}

function portsOf(plan: Scenario, bench: ReturnType<typeof makeBench>): DispatchPorts {
  let asked = 0;
  let called = 0;
  return {
    ...bench.ports,
    acquire: async (request, signal) => {
      const how = plan.slots[Math.min(asked, plan.slots.length - 1)];
      asked += 1;
      if (how === 'refused') return err({ kind: 'queue-full', retryAfterMs: 1 });
      if (how === 'never') await new Promise(() => {});
      if (how === 'late') await pause(12);
      return await bench.ports.acquire(request, signal);
    },
    fetch: async (_url, init) => {
      const how = plan.calls[Math.min(called, plan.calls.length - 1)];
      called += 1;
      const signal = init.signal as AbortSignal;
      if (how === 'dead') throw connectError();
      if (how === 'breaks') throw new TypeError('fetch failed');
      if (how === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', reject));
      if (how === 'refuses') return Response.json({ error: { message: 'no' } }, { status: 400 });
      const type = plan.stream ? 'text/event-stream' : 'application/json';
      return new Response(bodyOf(plan.steps, signal), {
        headers: { 'content-type': how === 'html' ? 'text/html' : type },
      });
    },
  };
}

async function play(plan: Scenario) {
  const bench = makeBench('http://replica.test');
  const { onEnd, summaries } = keepSummary();
  const client = new AbortController();
  const leaving = plan.clientLeavesMs === null ? null : setTimeout(() => client.abort(), plan.clientLeavesMs);
  const request = makeRequest({ stream: plan.stream, signal: client.signal, onEnd });
  const outcome = await dispatch(portsOf(plan, bench), request, LIMITS);
  const text =
    outcome.kind === 'stream' && plan.clientReads
      ? await new Response(outcome.body).text().catch(() => 'broken')
      : null;
  await expect.poll(() => summaries.length, { interval: 2 }).toBe(1);
  // A late grant may still be on its way for a request that is over.
  if (plan.slots.includes('late')) await pause(15);
  if (leaving !== null) clearTimeout(leaving);
  return { outcome, text, bench, summary: summaries[0], summaries };
}

describe('for every request', () => {
  it('each leased slot comes back once, one summary is made, and only a whole answer looks whole', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (plan) => {
        const { outcome, text, bench, summary, summaries } = await play(plan);
        expect(bench.released).toHaveLength(bench.granted());
        expect(summaries).toHaveLength(1);
        const isWhole = summary?.failure === null;
        if (outcome.kind === 'failed') expect(summary?.failure).toEqual(outcome.failure);
        if (outcome.kind === 'json')
          expect([isWhole, outcome.body]).toEqual([true, plan.steps.join('').replaceAll('!wait', '')]);
        if (text === null) return;
        expect(text.endsWith(DONE)).toBe(isWhole);
        if (!isWhole && text !== 'broken') expect(text).toMatch(/data: \{"error":\{"message":"[^\n]*\n\n$/);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 20_000 },
    );
  }, 30_000);
});
