// What holds for every request with several targets, whatever queues, replicas and clients do and in whichever order: each leased slot comes
// back once, each call is told of once, no more calls than the policy allows and the budget pays for, and an answer that looks whole is the
// answer of one replica from its first to its last word.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { err } from '../../../src/core/base/result.ts';
import { STEADFAST_POLICY, type AttemptReport } from '../../../src/hosts/attempt-target.ts';
import { dispatch, type DispatchLimits, type DispatchPorts } from '../../../src/hosts/dispatch.ts';
import { delta, DONE, keepSummary, makeBench, makeRequest } from './faulty-replica.ts';

const LIMITS: DispatchLimits = {
  totalMs: 90,
  firstTokenMs: 15,
  idleMs: 10,
  graceMs: 8,
  keepAliveMs: 4,
  replyBytesMax: 2_000,
};

/** Most answers begin alike, so that one is often the continuation of another and often only nearly. */
const words = fc.constantFrom(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], ['a', 'b', 'x'], ['q']);
const call = fc.record({
  words,
  /** After how many words it does `then`. */
  after: fc.integer({ min: 0, max: 4 }),
  instead: fc.constantFrom('nothing', 'nothing', 'stall', 'break', 'end', 'garbage', 'wait'),
  head: fc.constantFrom('good', 'good', 'good', 'good', 'dead', 'breaks', 'hangs', 500, 503, 429, 400),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const scenario = fc.record({
  stream: fc.boolean(),
  /** Of what does not stream: whether the replicas are asked for streams all the same. */
  gathered: fc.boolean(),
  targets: fc.integer({ min: 1, max: 3 }),
  hedged: fc.boolean(),
  midStream: fc.constantFrom('error' as const, 'continue' as const),
  budget: fc.integer({ min: 0, max: 4 }),
  slots: fc.array(fc.constantFrom('now', 'now', 'late', 'never', 'refused'), { minLength: 1, maxLength: 4 }),
  calls: fc.array(call, { minLength: 1, maxLength: 4 }),
  clientLeavesMs: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 3 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function answerOf({ words: said }: Call): string {
  return JSON.stringify({ choices: [{ message: { content: said.join('') }, finish_reason: 'stop' }] });
}

function bodyOf(plan: Call, stream: boolean, signal: AbortSignal): ReadableStream<Uint8Array> {
  const whole = stream
    ? [...plan.words.map((word) => delta(word)), delta('', 'stop'), DONE]
    : [answerOf(plan).slice(0, 9), answerOf(plan).slice(9)];
  const left = whole.slice(0, plan.after);
  const rest = whole.slice(plan.after);
  return new ReadableStream({
    start: (controller) => signal.addEventListener('abort', () => controller.error(new Error('aborted'))),
    pull: async (controller) => {
      const next = left.shift();
      if (next !== undefined) return controller.enqueue(new TextEncoder().encode(next));
      if (plan.instead === 'stall') await new Promise(() => {});
      if (plan.instead === 'break') return controller.error(new Error('reset'));
      if (plan.instead === 'garbage') controller.enqueue(new TextEncoder().encode('garbage\n'));
      if (plan.instead === 'wait') await pause(4);
      if (plan.instead === 'nothing' || plan.instead === 'wait')
        for (const each of rest) controller.enqueue(new TextEncoder().encode(each));
      controller.close();
    },
  });
}

function portsOf(plan: Scenario, bench: ReturnType<typeof makeBench>) {
  const made: Call[] = [];
  const reports: AttemptReport[] = [];
  let asked = 0;
  let paid = 0;
  const ports: DispatchPorts = {
    ...bench.ports,
    random: () => 0,
    budget: { take: () => (paid += 1) <= plan.budget },
    onAttempt: (report) => void reports.push(report),
    acquire: async (request, signal) => {
      const how = plan.slots[Math.min(asked, plan.slots.length - 1)];
      asked += 1;
      if (how === 'refused') return err({ kind: 'queue-full', retryAfterMs: 1 });
      if (how === 'never') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      if (how === 'never') return err({ kind: 'cancelled' });
      if (how === 'late') await pause(6);
      return await bench.ports.acquire(request, signal);
    },
    fetch: async (_url, init) => {
      const now = plan.calls[Math.min(made.length, plan.calls.length - 1)] as Call;
      made.push(now);
      const signal = init.signal as AbortSignal;
      if (now.head === 'dead')
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('refused'), { syscall: 'connect' }),
        });
      if (now.head === 'breaks') throw new TypeError('fetch failed');
      if (now.head === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', reject));
      if (typeof now.head === 'number')
        return Response.json({ error: { message: 'no' } }, { status: now.head });
      const isStream = plan.stream || plan.gathered;
      const type = isStream ? 'text/event-stream' : 'application/json';
      return new Response(bodyOf(now, isStream, signal), { headers: { 'content-type': type } });
    },
  };
  return { ports, made, reports, paid: () => Math.min(paid, plan.budget) };
}

async function play(plan: Scenario) {
  const bench = makeBench('http://replica.test');
  const { onEnd, summaries } = keepSummary();
  const client = new AbortController();
  const leaving = plan.clientLeavesMs === null ? null : setTimeout(() => client.abort(), plan.clientLeavesMs);
  const world = portsOf(plan, bench);
  const attempts = Array.from({ length: plan.targets }, (_, at) => ({
    pool: `p${at}`,
    version: `m${at}@1`,
    body: '{"messages":[]}',
    limits: { wholeMs: 15 },
    isGathered: !plan.stream && plan.gathered,
  }));
  const policy = {
    ...STEADFAST_POLICY,
    midStream: plan.midStream,
    hedge: plan.hedged ? { afterMs: 5 } : null,
  };
  const request = makeRequest({ attempts, policy, stream: plan.stream, signal: client.signal, onEnd });
  const outcome = await dispatch(world.ports, request, LIMITS);
  const raw =
    outcome.kind === 'stream' ? await new Response(outcome.body).text().catch(() => 'broken') : null;
  await expect.poll(() => summaries.length, { interval: 2 }).toBe(1);
  if (leaving !== null) clearTimeout(leaving);
  await bench.settled();
  return { ...world, outcome, raw, bench, summary: summaries[0], summaries };
}

function textOf(raw: string): string {
  const events = raw.split('\n\n').filter((event) => event.startsWith('data: {'));
  const contents = events.map((event) => {
    const { choices = [] } = JSON.parse(event.slice(6)) as { choices?: { delta: { content?: string } }[] };
    return choices[0]?.delta.content ?? '';
  });
  return contents.join('');
}

function wordsOf(body: string): string {
  const { choices } = JSON.parse(body) as { choices: { message: { content: string | null } }[] };
  return choices[0]?.message.content ?? '';
}

describe('for every request with several targets', () => {
  it('slots, calls, budget and answers add up', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (plan) => {
        const { outcome, raw, bench, made, reports, paid, summary, summaries } = await play(plan);
        expect(summaries).toHaveLength(1);
        expect(bench.released).toHaveLength(bench.granted());
        expect(made.length).toBeLessThanOrEqual(STEADFAST_POLICY.callsMax);
        // Beside the first call of all each is paid for, but two at most that follow a refused connection or a quota.
        const refused = made.filter(({ head }) => head === 'dead' || head === 429).length;
        expect(made.length).toBeLessThanOrEqual(1 + paid() + Math.min(2, refused));
        expect(reports.filter(({ outcome }) => outcome === 'answered')).toHaveLength(
          summary?.failure === null ? 1 : 0,
        );
        const answers = made.map(({ words: said }) => said.join(''));
        if (outcome.kind === 'json' && plan.gathered) expect(answers).toContain(wordsOf(outcome.body));
        else if (outcome.kind === 'json') expect(made.map(answerOf)).toContain(outcome.body);
        if (raw === null || raw === 'broken') return;
        expect(raw.endsWith(DONE)).toBe(summary?.failure === null);
        if (summary?.failure === null) expect(answers).toContain(textOf(raw));
        else expect(['', ...answers].some((each) => each.startsWith(textOf(raw)))).toBe(true);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 15_000 },
    );
  }, 30_000);
});
