// The smallest function worth having: a search and two models. Copy it to begin.
import { z } from 'zod';
import { chat, defineFunction, embedding, searchIndex } from '../../../src/core/run/define-function.ts';

const notes = searchIndex('hello-notes', [
  { id: 'park', text: 'A parked replica keeps its process and gives up its GPU memory.' },
  { id: 'wake', text: 'A wake loads the weights again; it takes seconds, a cold start takes minutes.' },
  { id: 'floor', text: 'A floor is the number of replicas that stay hot whatever the forecast says.' },
]);

export const hello = defineFunction({
  name: 'hello',
  version: 1,
  description: 'Answers a question from three notes: a search, an embedding model and a chat model.',
  input: z.object({ question: z.string().min(1).max(500) }),
  output: z.object({ answer: z.string(), sources: z.array(z.string()) }),
  uses: { models: { talk: chat('assistant'), near: embedding('embed') }, indexes: { notes } },
  async run(ctx, { question }) {
    const hits = await ctx.search.notes.query({ query: question, limit: 3 });
    const best = await ctx.models.near.rerank(
      question,
      hits.map(({ text }) => text),
      { top: 1 },
    );
    const note = hits[best[0]?.index ?? 0];
    const content = `${note?.text ?? ''}\n\n${question}`;
    const reply = await ctx.models.talk.chat({ messages: [{ role: 'user', content }], stream: true });
    return { answer: reply.text, sources: note === undefined ? [] : [note.id] };
  },
});
