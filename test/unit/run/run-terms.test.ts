// The terms on which a run was begun: what it began with says how its steps stand beside others and when it must be over, in each of its lives.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { chat, defineFunction } from '../../../src/core/run/define-function.ts';
import { makeBudget, withinTime } from '../../../src/core/run/run-budget.ts';
import { failed, RunFixture, runStartMs, said } from '../../support/run-fixture.ts';

const asker = defineFunction({
  name: 'asker',
  version: 1,
  description: 'asks a model twice',
  input: z.object({}),
  output: z.object({ text: z.string(), deadline: z.number() }),
  uses: { models: { talk: chat('assistant') } },
  async run(ctx) {
    const ask = async () => (await ctx.models.talk.chat({ messages: [{ role: 'user', content: 'a' }] })).text;
    ctx.draft({ text: 'so far' });
    return { text: `${await ask()} ${await ask()}`, deadline: ctx.deadline };
  },
});

test('the steps of a run have its class, those after a crash too', async () => {
  const seen: string[] = [];
  const run = new RunFixture(asker, {
    chat: (attempt) => {
      seen.push(`${attempt.n}/${attempt.attempt} ${attempt.criticality}`);
      const isCut = attempt.n === 1 && attempt.attempt === 1;
      return isCut ? new Promise(() => undefined) : Promise.resolve(said('x'));
    },
  });
  run.start({}, { criticality: 'sheddable' });
  await run.settle();
  run.revive();
  await run.settle();
  expect(seen).toEqual(['0/1 sheddable', '1/1 sheddable', '1/2 sheddable']);
  expect(run.state.progress.status).toMatchObject({ kind: 'completed', output: { text: 'x x' } });
});

test('a run whose row knows no class counts as default', async () => {
  const seen: string[] = [];
  const run = new RunFixture(asker, {
    chat: ({ criticality }) => {
      seen.push(criticality);
      return Promise.resolve(said('x'));
    },
  });
  run.start({});
  await run.settle();
  expect(run.state.spec).not.toHaveProperty('criticality');
  expect(seen).toEqual(['default', 'default']);
});

test('a run with little time knows when it ends, and so do its steps', async () => {
  const ends: number[] = [];
  const run = new RunFixture(asker, {
    chat: ({ deadlineMs }) => {
      ends.push(deadlineMs);
      return Promise.resolve(said('x'));
    },
  });
  run.start({}, { budget: withinTime(makeBudget({}), 1_500) });
  await run.settle();
  const deadline = runStartMs + 1_500;
  expect(run.state.progress.status).toMatchObject({ kind: 'completed', output: { deadline } });
  expect(ends).toEqual([deadline, deadline]);
});

test('a step that the deadline cuts off does not decide how the run ends: its time is over, and its draft is given', async () => {
  let cut: (() => void) | undefined;
  const run = new RunFixture(asker, {
    chat: () => new Promise((resolve) => (cut = () => resolve(failed('deadline_exceeded')))),
  });
  run.start({}, { budget: withinTime(makeBudget({}), 1_500) });
  await run.settle();
  run.nowMs += 1_500;
  // The step's own clock fires before the run's alarm.
  cut?.();
  await run.settle();
  expect(run.state.progress.status).toEqual({
    kind: 'incomplete',
    reason: 'budget_time',
    draft: { text: 'so far' },
  });
  expect(run.check()).toEqual([]);
});
