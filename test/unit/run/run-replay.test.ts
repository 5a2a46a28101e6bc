// A replay takes the turns that the first run took, whatever was quicker then; and where code and journal do not tell the same story, the
// run ends and says at which step.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chat, defineFunction, type ChatUse } from '../../../src/core/run/define-function.ts';
import type { RunContext } from '../../../src/core/run/run-context.ts';
import { RunCode } from '../../../src/hosts/run-code.ts';
import type { RunEvent } from '../../../src/core/run/run-events.ts';
import { RunHost } from '../../../src/hosts/run-host.ts';
import type { StepPerformers } from '../../../src/hosts/run-ports.ts';
import { makeBudget } from '../../../src/core/run/run-budget.ts';
import { MemoryRunStore } from '../../../src/sim/run/memory-run-store.ts';
import { RunFixture, said } from '../../support/run-fixture.ts';

type Ctx = RunContext<{ models: { talk: ChatUse } }>;

function fnOf(run: (ctx: Ctx) => Promise<unknown>) {
  return defineFunction({
    name: 'f',
    version: 1,
    description: '',
    input: z.object({}),
    output: z.unknown(),
    uses: { models: { talk: chat('assistant') } },
    run,
  });
}

const talk = (ctx: Ctx, content: string) => ctx.models.talk.chat({ messages: [{ role: 'user', content }] });
const hang = (ctx: Ctx) => ctx.step('hang', () => new Promise<null>(() => undefined));

/** The code does `first` in its first life and `second` in the next, whose end is returned. */
async function changed(
  first: (ctx: Ctx) => Promise<unknown>,
  second: (ctx: Ctx) => Promise<unknown>,
): Promise<RunFixture> {
  let life = 0;
  const run = new RunFixture(fnOf((ctx) => ((life += 1) === 1 ? first(ctx) : second(ctx))));
  run.start({});
  await run.settle();
  run.revive();
  await run.settle();
  return run;
}

describe('code that changed since its journal was written is found out when it', () => {
  const before = async (ctx: Ctx): Promise<unknown> => {
    await talk(ctx, 'one');
    await ctx.step('two', () => 2);
    return hang(ctx);
  };

  test.each([
    [
      'asks the same model for something else',
      (ctx: Ctx) => talk(ctx, 'eins'),
      /At step 0 .* with another request/,
    ],
    [
      'asks for another kind of step',
      (ctx: Ctx) => ctx.sleep(1),
      /sleep "sleep" where its journal has chat "talk"/,
    ],
    [
      'turns the order around',
      async (ctx: Ctx) => (await ctx.step('two', () => 2), talk(ctx, 'one')),
      /effect "two" where its journal has chat "talk"/,
    ],
    [
      'ends before its journal does',
      async () => 'done',
      /ended after 0 steps, but its journal goes on with step 0/,
    ],
  ])('%s', async (_name, after, message) => {
    const run = await changed(before, after);
    const { status } = run.state.progress;
    expect(status).toMatchObject({ kind: 'failed', error: { code: 'journal_mismatch' } });
    expect(status.kind === 'failed' ? status.error.message : '').toMatch(message);
    expect(run.check()).toEqual([]);
  });

  test('asks for more than before only after all of it: then it goes on', async () => {
    const run = await changed(before, async (ctx) => {
      await talk(ctx, 'one');
      await ctx.step('two', () => 2);
      await ctx.step('hang', () => null);
      return ctx.step('three', () => 3);
    });
    expect(run.state.progress.status).toEqual({ kind: 'completed', output: 3 });
  });

  test('never asks for the step whose outcome comes next: silence ends it after a while', () => {
    const told: RunEvent[] = [];
    const timers: (() => void)[] = [];
    const code = new RunCode(
      {
        tell: (event) => told.push(event),
        setTimer: (_delayMs, run) => {
          const at = timers.push(run) - 1;
          return () => void (timers[at] = () => undefined);
        },
        settled: () => 2,
        stepOfOrder: (order) => order + 3,
      },
      0,
    );
    code.begin(() => undefined);
    for (let at = 0; at < timers.length; at += 1) timers[at]?.();
    expect(told).toEqual([
      {
        kind: 'disagree',
        message: expect.stringContaining('goes on with step 4, for which the code does not ask'),
      },
    ]);
  });
});

test('a run does not die of those who only listen to how far it is', async () => {
  const heard: unknown[] = [];
  const store = new MemoryRunStore();
  const fn = fnOf(async (ctx) => ctx.step('one', () => 1));
  const host = new RunHost({
    store,
    perform: {} as StepPerformers,
    findFunction: () => fn,
    now: () => 0,
    setTimer: (_delayMs, run) => {
      const timer = setImmediate(run);
      return () => clearImmediate(timer);
    },
    setWake: () => undefined,
    waitUntil: (work) => void work,
    crash: (cause) => heard.push(cause),
    reportBug: (_run, cause) => heard.push(cause),
    abandonChild: () => undefined,
    onProgress: () => {
      throw new Error('a listener fails');
    },
  });
  const budget = makeBudget({});
  host.create({
    id: 'run_1',
    tenant: 'acme',
    function: 'f',
    version: 1,
    input: {},
    inputHash: 'x',
    budget,
    createdMs: 0,
    parent: null,
  });
  while (host.state?.progress.status.kind === 'active') await host.changed();
  expect(host.state?.progress.status).toEqual({ kind: 'completed', output: 1 });
  expect(new Set(heard.map(String))).toEqual(new Set(['Error: a listener fails']));
  expect(store.violations).toEqual([]);
});

describe('a replay', () => {
  test('gives an outcome to the code only when its turn is over, as it did at first: slow helpers keep their place', async () => {
    const run = new RunFixture(
      fnOf(async (ctx) => {
        await ctx.all([
          async (branch) => {
            await talk(branch, 'a');
            await talk(branch, 'c');
          },
          async (branch) => {
            for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
            await talk(branch, 'b');
          },
        ]);
        return hang(ctx);
      }),
      { chat: async (_attempt, _model, { messages }) => said(messages[0]?.content ?? '') },
    );
    run.start({});
    await run.settle();
    const first = run.state.steps.map(({ hash }) => hash);
    expect(first).toHaveLength(4);
    run.revive();
    await run.settle();
    expect(run.state.progress.status.kind).toBe('active');
    expect(run.state.steps.map(({ hash }) => hash)).toEqual(first);
  });

  test('of a long sleep, put away again and again, is no crash loop; dying at once, again and again, is one', async () => {
    const run = new RunFixture(fnOf(async (ctx) => ctx.sleep(200_000)));
    run.start({});
    await run.settle();
    for (let life = 0; life < 30; life += 1) {
      run.revive();
      await run.pass(5_000);
    }
    expect(run.state.progress.status.kind).toBe('active');
    for (let life = 0; life < 21; life += 1) run.revive();
    expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'crash_loop' } });
  });

  test('sends the request as it was when it was asked for', async () => {
    const seen: string[] = [];
    const run = new RunFixture(
      fnOf(async (ctx) => {
        const messages = [{ role: 'user' as const, content: 'a' }];
        const reply = ctx.models.talk.chat({ messages });
        messages.push({ role: 'user', content: 'b' });
        await reply;
      }),
      { chat: async (_attempt, _model, { messages }) => (seen.push(String(messages.length)), said('x')) },
    );
    run.start({});
    await run.settle();
    expect(seen).toEqual(['1']);
  });
});
