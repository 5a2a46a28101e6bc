import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chat, defineFunction, type ChatUse } from '../../../src/core/run/define-function.ts';
import { FunctionError, type RunContext } from '../../../src/core/run/run-context.ts';
import { done, failed, RunFixture, said } from '../../support/run-fixture.ts';

const text = z.object({ text: z.string() });

const twoSteps = defineFunction({
  name: 'two-steps',
  version: 1,
  description: 'asks a model, then does something',
  input: z.object({ q: z.string() }),
  output: text,
  uses: { models: { talk: chat('assistant') } },
  async run(ctx, { q }) {
    const reply = await ctx.models.talk.chat({ messages: [{ role: 'user', content: q }], stream: true });
    ctx.emit('progress', { half: true });
    const paid = await ctx.step('pay', ({ key }) => key);
    return { text: `${reply.text} ${paid}` };
  },
});

/** What others call. */
const child = defineFunction({
  name: 'child',
  version: 1,
  description: '',
  input: z.object({}),
  output: z.object({}),
  uses: {},
  run: async () => ({}),
});

describe('a run', () => {
  test('goes from its input to its output, and its log tells the way', async () => {
    const run = new RunFixture(twoSteps);
    run.start({ q: 'hi' });
    await run.settle();
    expect(run.state.progress.status).toEqual({ kind: 'completed', output: { text: 'hello run_1/1' } });
    expect(run.types).toEqual([
      'run.started',
      'step.started',
      'step.done',
      'event',
      'step.started',
      'step.done',
      'run.completed',
    ]);
    expect(run.check()).toEqual([]);
  });

  test('that dies after a step goes on behind it: the step is not done again', async () => {
    let asked = 0;
    let paid = 0;
    let hold = true;
    const fn = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: text,
      uses: { models: { talk: chat('assistant') } },
      async run(ctx) {
        const { text: words } = await ctx.models.talk.chat({ messages: [{ role: 'user', content: 'a' }] });
        ctx.emit('seen', words);
        await ctx.step('pay', async () => {
          paid += 1;
          if (hold) await new Promise(() => undefined);
          return paid;
        });
        return { text: words };
      },
    });
    const run = new RunFixture(fn, { chat: async () => said(`answer ${(asked += 1)}`) });
    run.start({});
    await run.settle();
    expect(run.state.steps.map(({ status }) => status.kind)).toEqual(['settled', 'running']);
    hold = false;
    run.revive();
    await run.settle();
    expect(run.state.progress.status).toEqual({ kind: 'completed', output: { text: 'answer 1' } });
    expect([asked, paid]).toEqual([1, 2]);
    expect(run.types.filter((type) => type === 'event')).toHaveLength(1);
    expect(run.check()).toEqual([]);
  });

  test('an effect that may happen once only is not tried again after a crash', async () => {
    let tries = 0;
    const fn = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: text,
      uses: {},
      async run(ctx) {
        try {
          await ctx.step('wire', () => new Promise<string>(() => (tries += 1)), { once: true });
          return { text: 'done' };
        } catch (cause) {
          return { text: cause instanceof Error && 'code' in cause ? String(cause.code) : '' };
        }
      },
    });
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    run.revive();
    await run.settle();
    expect(run.state.progress.status).toMatchObject({
      kind: 'completed',
      output: { text: 'step_indeterminate' },
    });
    expect(tries).toBe(1);
  });

  test('words of an attempt that was cut stand apart from those of the next by a segment', async () => {
    let tries = 0;
    const run = new RunFixture(twoSteps, {
      chat: async (_attempt, _model, _ask, onText) => {
        tries += 1;
        await onText?.(`try ${tries}`);
        await run.settle();
        return tries === 1 ? failed('stream_cut', true) : said('try 2');
      },
    });
    run.start({ q: 'hi' });
    await run.settle();
    await run.settle();
    expect(run.types).toContain('step.retry');
    await run.pass(20_000);
    await run.settle();
    const words = run.log.filter(({ type }) => type === 'text' || type === 'segment');
    expect(words.map(({ type, data }) => [type, data['attempt']])).toEqual([
      ['text', 1],
      ['segment', 2],
      ['text', 2],
    ]);
    expect(run.state.progress.status.kind).toBe('completed');
    expect(run.check()).toEqual([]);
  });

  test('branches run at once, and the first failure ends the others', async () => {
    const aborted: number[] = [];
    const fn = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: text,
      uses: { models: { talk: chat('assistant') } },
      async run(ctx) {
        await ctx.all([
          (branch) => branch.models.talk.chat({ messages: [{ role: 'user', content: 'slow' }] }),
          async () => {
            await ctx.step('a', () => 1);
            throw new FunctionError('no_way', 'It cannot be done.');
          },
        ]);
        return { text: '' };
      },
    });
    const run = new RunFixture(fn, {
      chat: (attempt) =>
        new Promise(() => attempt.signal.addEventListener('abort', () => aborted.push(attempt.n))),
    });
    run.start({});
    await run.settle();
    expect(run.state.progress.status).toEqual({
      kind: 'failed',
      error: { code: 'no_way', message: 'It cannot be done.' },
    });
    expect(aborted).toEqual([0]);
    expect(run.check()).toEqual([]);
  });

  test('a race is won by the first, at first and at replay', async () => {
    let pay = (): void => undefined;
    const fn = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: text,
      uses: { models: { talk: chat('assistant') } },
      async run(ctx) {
        const ask = (content: string) => ({ messages: [{ role: 'user' as const, content }] });
        const won = await ctx.race([
          (branch) => branch.models.talk.chat(ask('slow')),
          (branch) => branch.models.talk.chat(ask('quick')),
        ]);
        await ctx.step('pay', () => new Promise<null>((resolve) => (pay = () => resolve(null))));
        return { text: won.text };
      },
    });
    const run = new RunFixture(fn, {
      chat: (_attempt, _model, { messages }) =>
        messages[0]?.content === 'quick' ? Promise.resolve(said('quick')) : new Promise(() => undefined),
    });
    run.start({});
    await run.settle();
    run.revive();
    await run.settle();
    pay();
    await run.settle();
    expect(run.state.progress.status).toEqual({ kind: 'completed', output: { text: 'quick' } });
    expect(run.state.steps.map(({ status }) => status.kind)).toEqual(['dropped', 'settled', 'settled']);
    expect(run.check()).toEqual([]);
  });

  test('a sleep ends at its time, whether or not the object lived through it', async () => {
    const fn = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: z.object({ ms: z.number() }),
      uses: {},
      async run(ctx) {
        const before = ctx.now();
        await ctx.sleep(60_000);
        return { ms: ctx.now() - before };
      },
    });
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    await run.pass(30_000);
    run.revive();
    await run.settle();
    await run.pass(30_000);
    expect(run.state.progress.status).toEqual({ kind: 'completed', output: { ms: 60_000 } });
  });
});

describe('a run that cannot end well says why', () => {
  const withRun = (run: (ctx: RunContext<{ models: { talk: ChatUse } }>) => Promise<unknown>, budget = {}) =>
    defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: z.unknown().refine((value) => typeof value === 'object'),
      uses: { models: { talk: chat('assistant') } },
      budget,
      run,
    });

  test.each([
    ['throws', withRun(() => Promise.reject(new Error('secret'))), 'function_error'],
    [
      'returns before a step has ended',
      withRun(async (ctx) => {
        void ctx.step('pay', () => new Promise<null>(() => undefined)).catch(() => undefined);
        return {};
      }),
      'step_not_awaited',
    ],
    ['returns what its schema does not know', withRun(async () => 7), 'invalid_output'],
    [
      'emits too much at once',
      withRun(async (ctx) => {
        ctx.emit('big', 'x'.repeat(10_000_000));
        await ctx.sleep(1);
        return {};
      }),
      'event_too_large',
    ],
  ])('%s', async (_name, fn, code) => {
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code } });
    expect(JSON.stringify(run.log)).not.toContain('secret');
    expect(run.check()).toEqual([]);
  });

  test('loops for ever: its budget of steps ends it, with the draft that it had', async () => {
    const fn = withRun(async (ctx) => {
      for (let round = 0; ; round += 1) {
        ctx.draft({ round });
        await ctx.step('again', () => round);
      }
    });
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    await run.settle();
    expect(run.state.progress.status).toEqual({
      kind: 'incomplete',
      reason: 'budget_steps',
      draft: { round: 32 },
    });
    expect(run.check()).toEqual([]);
  });

  test('takes too long: the deadline ends it', async () => {
    const fn = withRun(async (ctx) => {
      await ctx.sleep(10 * 60_000);
      return {};
    });
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    await run.pass(6 * 60_000);
    expect(run.state.progress.status).toMatchObject({ kind: 'incomplete', reason: 'budget_time' });
  });

  test('asks for something else at replay', async () => {
    let life = 0;
    const fn = withRun(async (ctx) => {
      life += 1;
      await ctx.step(`name ${life}`, () => 1);
      await ctx.step('hang', () => new Promise<null>(() => undefined));
      return {};
    });
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    run.revive();
    await run.settle();
    expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'journal_mismatch' } });
  });

  test('its version is gone from the deployment', async () => {
    const run = new RunFixture(null);
    run.start({});
    await run.settle();
    expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'code_version_gone' } });
  });

  test('kills its object again and again', async () => {
    const fn = withRun(async (ctx) => {
      await ctx.step('hang', () => new Promise<null>(() => undefined));
      return {};
    });
    const run = new RunFixture(fn);
    run.start({});
    await run.settle();
    for (let life = 0; life < 25; life += 1) run.revive();
    expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'crash_loop' } });
  });

  test('is cancelled: its steps are aborted and its code is let go', async () => {
    const fn = withRun(async (ctx) => {
      await ctx.models.talk.chat({ messages: [] });
      return {};
    });
    let gone = false;
    const run = new RunFixture(fn, {
      chat: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (gone = true))),
    });
    run.start({});
    await run.settle();
    run.host.cancel();
    expect(run.state.progress.status).toEqual({ kind: 'cancelled' });
    expect(gone).toBe(true);
    expect(run.check()).toEqual([]);
  });

  test('is cancelled in a later life: the run that it has called is told, which nothing here could abort', async () => {
    const parent = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: z.object({}),
      uses: { functions: { child } },
      run: (ctx) => ctx.call('child', {}),
    });
    const run = new RunFixture(parent, { call: () => new Promise(() => undefined) });
    run.start({});
    await run.settle();
    run.revive();
    run.host.cancel();
    expect(run.abandoned).toEqual(['run_1.0']);
  });

  test('a child gets what is left of the budget', async () => {
    const parent = defineFunction({
      name: 'f',
      version: 1,
      description: '',
      input: z.object({}),
      output: z.object({}),
      uses: { functions: { child } },
      budget: { steps: 5 },
      async run(ctx) {
        await ctx.step('a', () => 1);
        return ctx.call('child', {});
      },
    });
    const budgets: number[] = [];
    const run = new RunFixture(parent, {
      call: async (_attempt, { budget }) => {
        budgets.push(budget.steps, budget.depth);
        return done({});
      },
    });
    run.start({});
    await run.settle();
    expect(run.state.progress.status.kind).toBe('completed');
    expect(budgets).toEqual([3, 3]);
  });
});
