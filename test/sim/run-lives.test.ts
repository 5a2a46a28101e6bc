// One run with a little of everything, whose object dies after each of its commits in turn: the outcome is always that of a life without
// a crash, no settled step is done again, and the invariants hold after every commit.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { chat, defineFunction } from '../../src/core/run/define-function.ts';
import type { ChatMessage } from '../../src/core/run/run-context.ts';
import type { MemoryRunStore } from '../../src/sim/run/memory-run-store.ts';
import { RunFixture, said } from '../support/run-fixture.ts';

const ask = (content: string): { readonly messages: readonly ChatMessage[] } => ({
  messages: [{ role: 'user', content }],
});

/** How often each effect was done, by its key. */
const done = new Map<string, number>();

const errand = defineFunction({
  name: 'errand',
  version: 1,
  description: 'asks two models at once, races two more, pays, sleeps, and says what it did',
  input: z.object({}),
  output: z.object({ text: z.string() }),
  uses: { models: { talk: chat('assistant') } },
  async run(ctx) {
    const both = await ctx.all([
      (branch) => branch.models.talk.chat(ask('one')),
      (branch) => branch.models.talk.chat(ask('two')),
    ]);
    ctx.emit('asked', both.length);
    const won = await ctx.race([
      (branch) => branch.models.talk.chat(ask('three')),
      (branch) => branch.models.talk.chat(ask('never')),
    ]);
    const paid = await ctx.step('pay', ({ key }) => {
      done.set(key, (done.get(key) ?? 0) + 1);
      return key;
    });
    await ctx.sleep(1_000);
    ctx.draft({ text: 'almost' });
    return { text: [...both, won].map(({ text }) => text).join(' ') + paid };
  },
});

const answer = { text: 'one two threerun_1/4' };

async function runWithCrash(afterCommit: number): Promise<RunFixture> {
  const run = new RunFixture(errand, {
    chat: async (_attempt, _model, { messages }) => {
      const content = messages[0]?.content ?? '';
      if (content === 'never') return await new Promise(() => undefined);
      return said(content);
    },
  });
  const store: MemoryRunStore = run.store;
  const commit = store.commit.bind(store);
  store.commit = (writes) => {
    commit(writes);
    // The life that wrote this does nothing any more: the effects of this commit are lost.
    if (store.commits === afterCommit) run.revive();
  };
  run.start({});
  for (let second = 0; second < 20 && run.state.progress.status.kind === 'active'; second += 1)
    await run.pass(1_000);
  return run;
}

test('a run ends the same way whichever commit its object dies after', async () => {
  const whole = await runWithCrash(0);
  expect(whole.state.progress.status).toEqual({ kind: 'completed', output: answer });
  const commits = whole.store.commits;
  for (let crash = 1; crash <= commits; crash += 1) {
    done.clear();
    const run = await runWithCrash(crash);
    expect(run.state.progress.status, `crash after commit ${crash}`).toEqual({
      kind: 'completed',
      output: answer,
    });
    expect(run.store.violations, `crash after commit ${crash}`).toEqual([]);
    // The try that the crash cut short, and one more: never a third, and never one after its outcome was written.
    expect(Math.max(...done.values())).toBeLessThanOrEqual(2);
  }
});
