// What a step is busy with, told to followers while they wait: it is in the log alone, and whatever becomes of the object the run is the same.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineFunction, searchIndex } from '../../../src/core/run/define-function.ts';
import type { StepProgress } from '../../../src/core/run/run-events.ts';
import { done, RunFixture } from '../../support/run-fixture.ts';

const looker = defineFunction({
  name: 'looker',
  version: 1,
  description: 'searches what it brings along',
  input: z.object({}),
  output: z.number(),
  uses: { indexes: { notes: searchIndex('notes', [{ id: 'a', text: 'a' }]) } },
  run: async (ctx) => (await ctx.search.notes.query({ query: 'x' })).length,
});

const progress: StepProgress = { doing: 'load-index', total: 207 };

test('a search says that documents are loaded before it has an answer, in each of its attempts', async () => {
  const tells: ((progress: StepProgress) => void)[] = [];
  let answer: (() => void) | undefined;
  const run = new RunFixture(looker, {
    search: (_attempt, _use, _ask, onProgress) => {
      tells.push(onProgress);
      onProgress(progress);
      return new Promise((resolve) => (answer = () => resolve(done([]))));
    },
  });
  run.start({});
  await run.settle();
  expect(run.log.at(-1)).toMatchObject({
    type: 'step.progress',
    data: { step: 0, attempt: 1, doing: 'load-index', total: 207 },
  });
  run.revive();
  await run.settle();
  // What an attempt of an earlier life still says is heard by nobody.
  tells[0]?.(progress);
  answer?.();
  await run.settle();
  // Nor is what comes after the answer.
  tells[1]?.(progress);
  await run.settle();
  expect(run.state.progress.status).toEqual({ kind: 'completed', output: 0 });
  expect(run.types).toEqual([
    'run.started',
    'step.started',
    'step.progress',
    'step.started',
    'step.progress',
    'step.done',
    'run.completed',
  ]);
  expect(run.check()).toEqual([]);
});
