// What an author's code may do wrong, and what becomes of the run: it ends with a clear reason, and nothing else is harmed.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chat, defineFunction, type ChatUse } from '../../../src/core/run/define-function.ts';
import { FunctionError, type RunContext } from '../../../src/core/run/run-context.ts';
import { viewRun } from '../../../src/core/run/view-run.ts';
import { NOTHING_MEASURED } from '../../../src/hosts/perform-effect.ts';
import { RunFixture, said } from '../../support/run-fixture.ts';

type Ctx = RunContext<{ models: { talk: ChatUse } }>;

function fnOf(run: (ctx: Ctx) => Promise<unknown>, budget = {}) {
  return defineFunction({
    name: 'f',
    version: 1,
    description: '',
    input: z.object({}),
    output: z.unknown(),
    uses: { models: { talk: chat('assistant') } },
    budget,
    run,
  });
}

async function runOf(run: (ctx: Ctx) => Promise<unknown>, budget = {}): Promise<RunFixture> {
  const fixture = new RunFixture(fnOf(run, budget));
  fixture.start({});
  await fixture.settle();
  return fixture;
}

describe('code that', () => {
  test('waits for what is no step, for ever, ends at its deadline, and hears by its signal that it may stop', async () => {
    let turns = 0;
    let isOver = false;
    const run = await runOf(async (ctx) => {
      ctx.draft('so far');
      for (; !ctx.signal.aborted; turns += 1) await nextTurn();
      isOver = true;
    });
    expect(run.state.progress.status.kind).toBe('active');
    await run.pass(5 * 60_000);
    expect(run.state.progress.status).toEqual({ kind: 'incomplete', reason: 'budget_time', draft: 'so far' });
    await run.settle();
    expect([isOver, turns > 0]).toEqual([true, true]);
    expect(run.check()).toEqual([]);
  });

  test('catches everything and tries again, for ever, is let go when its run is cancelled', async () => {
    let tries = 0;
    const run = await runOf(async (ctx) => {
      for (;;) {
        try {
          tries += 1;
          return await ctx.step('hang', () => new Promise<null>(() => undefined));
        } catch {
          ctx.emit('again', tries);
        }
      }
    });
    run.host.cancel();
    await run.settle();
    expect(run.state.progress.status).toEqual({ kind: 'cancelled' });
    expect(tries).toBeLessThanOrEqual(2);
    expect(run.check()).toEqual([]);
  });

  test('asks for more in a branch that was given up gets nothing, and costs nothing', async () => {
    const asked: string[] = [];
    const fixture = new RunFixture(
      fnOf(async (ctx) => {
        const talk = (branch: Ctx, content: string) =>
          branch.models.talk.chat({ messages: [{ role: 'user', content }] });
        const quick = await ctx.race([
          (branch) => talk(branch, 'quick'),
          async (branch) => {
            try {
              return await talk(branch, 'slow');
            } catch {
              return await talk(branch, 'fallback');
            }
          },
        ]);
        await ctx.step('after', () => null);
        return quick.text;
      }),
      {
        chat: (_attempt, _model, { messages }) => {
          const content = messages[0]?.content ?? '';
          asked.push(content);
          return content === 'slow' ? new Promise(() => undefined) : Promise.resolve(said(content));
        },
      },
    );
    fixture.start({});
    await fixture.settle();
    expect(fixture.state.progress.status).toEqual({ kind: 'completed', output: 'quick' });
    expect(asked).toEqual(['quick', 'slow']);
  });

  const nonsense: readonly (readonly [string, (ctx: Ctx) => unknown, string])[] = [
    ['an event', (ctx: Ctx) => ctx.emit('x', 1n as never), 'invalid_event'],
    ['a draft', (ctx: Ctx) => ctx.draft(1n as never), 'invalid_draft'],
    [
      'a request',
      (ctx: Ctx) => ctx.models.talk.chat({ messages: [], responseFormat: 1n as never }),
      'invalid_request',
    ],
    ['a long name of an event', (ctx: Ctx) => ctx.emit('x'.repeat(64_001), 1), 'event_too_large'],
    ['long words', (ctx: Ctx) => ctx.say('x'.repeat(64_001)), 'event_too_large'],
    ['a long draft', (ctx: Ctx) => ctx.draft('x'.repeat(600_001)), 'event_too_large'],
  ];
  test.each(nonsense)('says what no log can hold: %s', async (_name, say, code) => {
    const run = await runOf(async (ctx) => {
      await Promise.resolve(say(ctx));
      await ctx.sleep(1);
    });
    expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code } });
    expect([run.crashes, run.check()]).toEqual([[], []]);
  });

  test('emits 10 MB in small pieces is ended with the draft that it had', async () => {
    const run = await runOf(async (ctx) => {
      ctx.draft('short');
      for (let at = 0; at < 200; at += 1) ctx.emit('part', 'x'.repeat(50_000));
      await ctx.sleep(1);
    });
    expect(run.state.progress.status).toEqual({
      kind: 'incomplete',
      reason: 'output_too_large',
      draft: 'short',
    });
    expect(run.check()).toEqual([]);
  });

  test('throws a novel is quoted with its beginning', async () => {
    const run = await runOf(() => Promise.reject(new FunctionError('c'.repeat(1e6), 'm'.repeat(1e7))));
    const { status } = run.state.progress;
    expect(status.kind === 'failed' ? [status.error.code.length, status.error.message.length] : []).toEqual([
      100, 2_000,
    ]);
    const step = await runOf(async (ctx) => {
      await ctx.step('s', () => Promise.reject(new FunctionError('c', 'm'.repeat(1e7))));
    });
    expect(step.log.every(({ data }) => JSON.stringify(data).length < 5_000)).toBe(true);
    expect(step.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'c' } });
  });

  test('changes what it was given, or what it said, changes neither journal nor log', async () => {
    const run = await runOf(async (ctx) => {
      const list: number[] = await ctx.step('list', () => [3, 1, 2]);
      list.sort((a, b) => a - b);
      const words = { count: 1 };
      ctx.emit('words', words);
      ctx.draft(words);
      words.count = 2;
      await ctx.sleep(600_000);
      return list;
    });
    expect(run.state.steps[0]?.status).toMatchObject({ outcome: { value: [3, 1, 2] } });
    expect(run.log.find(({ type }) => type === 'event')?.data).toEqual({ type: 'words', data: { count: 1 } });
    expect(run.state.progress.draft).toEqual({ count: 1 });
    expect(run.store.load()).toEqual(run.state);
  });

  test('gives numbers that are none gets the defaults', async () => {
    const run = await runOf(async (ctx) => {
      await ctx.sleep(Number.NaN);
      await ctx.step('a', () => 1, { attempts: Number.NaN });
      return ctx.all([async () => 1, async () => 2], { parallel: Number.NaN });
    });
    await run.pass(10);
    expect(run.state.progress.status).toEqual({ kind: 'completed', output: [1, 2] });
    expect(run.state.steps.map(({ attemptsMax }) => attemptsMax)).toEqual([3, 3]);
  });

  test('goes on for ever without asking for a step sleeps no longer than it is allowed to', async () => {
    const run = await runOf(async (ctx) => {
      await ctx.sleep(Number.POSITIVE_INFINITY);
    });
    expect(run.state.steps[0]?.status).toEqual({ kind: 'waiting', dueMs: run.nowMs + 3_600_000 });
  });
});

describe('a budget that is used up ends the run with what it has so far, and says which one it was:', () => {
  const used = (tokens: number, micros: number) =>
    ({ ...said('word'), measure: { ...NOTHING_MEASURED, tokens, micros } }) as const;

  test.each([
    ['steps', { steps: 3 }, 'budget_steps', 3],
    ['tokens', { tokens: 25 }, 'budget_tokens', 3],
    ['money', { micros: 450 }, 'budget_micros', 5],
    ['time', { totalMs: 10 * 60_000 }, 'budget_time', 12],
  ])('%s', async (_name, budget, reason, rounds) => {
    const fixture = new RunFixture(
      fnOf(async (ctx) => {
        for (let round = 1; ; round += 1) {
          await ctx.models.talk.chat({ messages: [{ role: 'user', content: String(round) }] });
          ctx.draft({ round });
          if (reason === 'budget_time' && round === rounds) await new Promise(() => undefined);
        }
      }, budget),
      { chat: async () => used(10, 100) },
    );
    fixture.start({});
    await fixture.settle();
    await fixture.settle();
    await fixture.pass(10 * 60_000);
    const view = viewRun(fixture.state);
    expect(view).toMatchObject({ status: 'incomplete', reason, draft: { round: rounds }, output: null });
    expect(fixture.log.at(-1)).toMatchObject({
      type: 'run.incomplete',
      data: { reason, draft: { round: rounds } },
    });
    expect(fixture.check()).toEqual([]);
  });
});
