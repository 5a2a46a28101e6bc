import { expect, test } from 'vitest';
import { hello } from '../../../functions/compound/examples/hello.ts';
import { functions } from '../../../functions/compound/registry.ts';
import { stepCode } from '../../../functions/compound/step-code.ts';
import { done, RunFixture, said } from '../../support/run-fixture.ts';

test('hello answers from the note that is nearest, and names it', async () => {
  const asked: string[] = [];
  const notes = ['far', 'near'].map((id) => ({
    id,
    title: null,
    text: id,
    score: 1,
    textScore: null,
    vectorScore: 0,
    metadata: {},
  }));
  const run = new RunFixture(hello, {
    search: async () => done(notes),
    embed: async (_attempt, _model, texts) => done(texts.map((text) => (text === 'far' ? [0, 1] : [1, 0]))),
    chat: async (_attempt, _model, { messages }) => {
      asked.push(messages[0]?.content ?? '');
      return said('so it is');
    },
  });
  run.start({ question: 'is it?' });
  for (let wait = 0; wait < 3; wait += 1) await run.settle();
  expect(run.state.progress.status).toEqual({
    kind: 'completed',
    output: { answer: 'so it is', sources: ['near'] },
  });
  expect(asked).toEqual(['near\n\nis it?']);
  expect(run.check()).toEqual([]);
});

test('each function of the registry has one name and version and a description', () => {
  const names = functions.map(({ name, version }) => `${name} ${version}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { description } of functions) expect(description).not.toBe('');
});

test('a failed step has a code; the end of a run and a bug have none', () => {
  expect(stepCode(Object.assign(new Error('no'), { code: 'queue_full' }))).toBe('queue_full');
  expect(stepCode(new Error('given up'))).toBeNull();
  expect(stepCode('no error')).toBeNull();
  expect(stepCode(Object.assign(new Error('no'), { code: 7 }))).toBeNull();
});
