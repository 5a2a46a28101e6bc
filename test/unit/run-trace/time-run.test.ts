import { expect, test } from 'vitest';
import { z } from 'zod';
import { makeTrace } from '../../../src/core/run-trace/make-trace.ts';
import { timeRun } from '../../../src/core/run-trace/time-run.ts';
import { chat, defineFunction, embedding } from '../../../src/core/run/define-function.ts';
import { done, failed, RunFixture, runStartMs, said } from '../../support/run-fixture.ts';

const message = { messages: [{ role: 'user' as const, content: 'hi' }] };
const define = (run: Parameters<typeof defineFunction<z.ZodObject, z.ZodAny, typeof uses>>[0]['run']) =>
  defineFunction({ name: 'f', version: 1, description: '', input: z.object({}), output: z.any(), uses, run });
const uses = { models: { talk: chat('assistant'), embed: embedding('embedder') } };

const cold = { pool: 'm@1~local', version: 'm@1', warmth: 'cold' as const, queueMs: 20, coldMs: 300 };

test('a journal becomes a timing: a step with its waits, a retry before it, a sleep after it', async () => {
  const fn = define(async (ctx) => {
    await ctx.models.talk.chat(message);
    await ctx.sleep(2_000);
    return null;
  });
  let tries = 0;
  const run: RunFixture = new RunFixture(fn, {
    chat: async () => {
      run.nowMs += 500;
      tries += 1;
      if (tries === 1) return failed('upstream', true);
      const reply = said('hello');
      return { ...reply, measure: { ...reply.measure, ...cold } };
    },
  });
  run.start({});
  await run.settle();
  const between = timeRun(run.state);
  expect(between.steps[0]).toMatchObject({ startedMs: null, doneMs: null, status: 'running', attempts: 1 });
  await run.pass(60_000);
  const timing = timeRun(run.state);
  expect(timing).toMatchObject({ run: 'run_1', function: 'f', startedMs: runStartMs, status: 'completed' });
  const [first, sleep] = timing.steps;
  expect(first).toMatchObject({
    n: 0,
    kind: 'chat',
    name: 'talk',
    status: 'done',
    attempts: 2,
    after: [],
    ...cold,
  });
  expect(first?.startedMs).toBe((first?.askedMs ?? 0) + (first?.retriedMs ?? 0));
  expect(first?.retriedMs).toBeGreaterThan(500);
  expect(sleep).toMatchObject({ n: 1, kind: 'sleep', status: 'done', after: [0], retriedMs: 0 });
  const { totals } = makeTrace(timing);
  expect(totals).toMatchObject({
    queueMs: 20,
    coldMs: 300,
    sleepMs: 2_000,
    retryMs: first?.retriedMs,
    codeMs: 0,
  });
  expect(totals.computeMs).toBe(totals.retryMs + totals.sleepMs + 180);
});

test('a step comes after the delivery that the code had seen last, and the losers of a race are cancelled', async () => {
  const answers: (() => void)[] = [];
  const held = (): Promise<void> => new Promise((resolve) => answers.push(resolve));
  const fn = define(async (ctx) => {
    await ctx.race<unknown>([
      (branch) => branch.models.talk.chat(message),
      (branch) => branch.models.embed.embed(['a']),
    ]);
    await ctx.models.talk.chat(message);
    return null;
  });
  const run = new RunFixture(fn, {
    chat: async () => held().then(() => said('hello')),
    embed: async () => held().then(() => done([[1]])),
  });
  run.start({});
  await run.settle();
  run.nowMs += 100;
  answers[1]?.();
  await run.settle();
  run.nowMs += 50;
  answers[2]?.();
  await run.settle();
  const timing = timeRun(run.state);
  expect(timing.steps.map(({ n, status, after }) => ({ n, status, after }))).toEqual([
    { n: 0, status: 'cancelled', after: [] },
    { n: 1, status: 'done', after: [] },
    { n: 2, status: 'done', after: [1] },
  ]);
  const trace = makeTrace(timing);
  expect(trace.steps.filter(({ isCritical }) => isCritical).map(({ timing: { n } }) => n)).toEqual([1, 2]);
  expect(trace.totals).toMatchObject({ endToEndMs: 150, codeMs: 0 });
});

test('a failed step is told from one that was done, and a run that goes on has no end', async () => {
  const fn = define(async (ctx) => {
    await ctx.models.talk.chat(message).catch(() => null);
    await ctx.models.embed.embed(['a']);
    return null;
  });
  const run = new RunFixture(fn, {
    chat: async () => failed('refused'),
    embed: () => new Promise(() => undefined),
  });
  run.start({});
  await run.settle();
  const timing = timeRun(run.state);
  expect(timing).toMatchObject({ endedMs: null, status: 'active' });
  expect(timing.steps).toMatchObject([
    { status: 'failed', after: [] },
    { status: 'running', doneMs: null, after: [0] },
  ]);
  expect(makeTrace(timing, run.nowMs + 700).culprit).toMatchObject({ step: { n: 1 }, durationMs: 700 });
});
