// Functions that benchmarks and chaos tests run: shapes of compound work without meaning. Served in development alone, with PROBES=1.
import { z } from 'zod';
import { chat, defineFunction, type CompoundFunction } from '../../../src/core/run/define-function.ts';
import { effects } from './effects.ts';

const input = z.object({
  prompt: z.string().default('go'),
  /** Chance that each later stage is taken. */
  chance: z.number().min(0).max(1).default(1),
});
const output = z.object({ stages: z.number(), text: z.string() });
const models = { a: chat('probe-a'), b: chat('probe-b'), c: chat('probe-c') } as const;

/** Three models one after another, each later one with a chance: cold starts add up along it. */
const chain = defineFunction({
  name: 'probe-chain',
  version: 1,
  description: 'Probe: three models in a chain.',
  input,
  output,
  uses: { models },
  async run(ctx, { prompt, chance }) {
    let text = prompt;
    let stages = 0;
    for (const stage of ['a', 'b', 'c'] as const) {
      if (stages > 0 && ctx.random() >= chance) break;
      const reply = await ctx.models[stage].chat({ messages: [{ role: 'user', content: text }] });
      text = reply.text;
      stages += 1;
    }
    return { stages, text };
  },
});

/** Several calls of one model at once, then one more: what fanning out costs beside the slowest of them. */
const fan = defineFunction({
  name: 'probe-fan',
  version: 1,
  description: 'Probe: a fan-out and a join.',
  input: z.object({ width: z.int().min(1).max(16).default(5) }),
  output,
  uses: { models: { leaf: chat('probe-a') } },
  async run(ctx, { width }) {
    const leaves = Array.from({ length: width }, (_, at) => String(at));
    const replies = await ctx.all(
      leaves.map((content) => (branch) => branch.models.leaf.chat({ messages: [{ role: 'user', content }] })),
      { parallel: width },
    );
    return { stages: replies.length, text: replies.map(({ text }) => text).join(' ') };
  },
});

/** Two models that speak one after another: what a session's turn over a function is made of. */
const talk = defineFunction({
  name: 'probe-talk',
  version: 1,
  description: 'Probe: two models answer one message, in turn.',
  input: z.object({ prompt: z.string() }),
  output: z.object({ text: z.string() }),
  uses: { models: { first: chat('probe-a'), second: chat('probe-b') } },
  chat: {
    input: (messages) => ({ prompt: messages.at(-1)?.content ?? '' }),
    text: ({ text }) => text,
  },
  async run(ctx, { prompt }) {
    const messages = [{ role: 'user' as const, content: prompt }];
    const first = await ctx.models.first.chat({ messages, stream: true });
    ctx.say(' |');
    const second = await ctx.models.second.chat({ messages, stream: true });
    return { text: `${first.text} |${second.text}` };
  },
});

export const probes: readonly CompoundFunction[] = [chain, fan, talk, effects];
