// Mistakes in functions that must not compile: each line below an expectation fails the build if the compiler accepts it. Checked by
// tsc, never run. docs/functions.md shows what the compiler prints for the first three.
import { z } from 'zod';
import { hello } from '../../functions/compound/examples/hello.ts';
import { chat, defineFunction, embedding, searchIndex } from '../../src/core/run/define-function.ts';

export const mistaken = defineFunction({
  name: 'mistaken',
  version: 1,
  description: 'Does everything wrong that a compiler can see.',
  input: z.object({ question: z.string() }),
  output: z.object({ answer: z.string() }),
  uses: {
    models: { talk: chat('assistant'), near: embedding('embed') },
    indexes: { notes: searchIndex('notes') },
    functions: { hello },
  },
  async run(ctx, input) {
    // @ts-expect-error a misspelt alias
    await ctx.models.tlak.chat({ messages: [] });
    // @ts-expect-error a message that is no message
    await ctx.models.talk.chat({ messages: [{ role: 'user', text: 'hi' }] });
    // @ts-expect-error an embedding model does not chat
    await ctx.models.near.chat({ messages: [] });
    // @ts-expect-error an index that is not used
    await ctx.search.articles.query({ query: 'a' });
    // @ts-expect-error what the input does not have
    input.qestion.trim();
    // @ts-expect-error a function that is not used
    await ctx.call('goodbye', { question: 'a' });
    // @ts-expect-error an input that the called function does not take
    await ctx.call('hello', { questoin: 'a' });
    const greeted = await ctx.call('hello', { question: 'a' });
    // @ts-expect-error what the called function does not give
    greeted.text.trim();
    // @ts-expect-error a step whose value JSON cannot hold
    await ctx.step('when', () => new Date(0));
    // @ts-expect-error what is said is text
    ctx.say(7);
    const branch = await ctx.all([(inner) => inner.models.talk.chat({ messages: [] })]);
    // @ts-expect-error a reply is no text
    branch[0]?.trim();
    return { answer: greeted.answer };
  },
});

export const wrongOutput = defineFunction({
  name: 'wrong-output',
  version: 1,
  description: 'Gives what its schema does not say.',
  input: z.object({}),
  output: z.object({ answer: z.string() }),
  uses: {},
  // @ts-expect-error the output has no answer
  async run() {
    return { text: '' };
  },
});
