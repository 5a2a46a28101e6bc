// A probe that changes the world: keyed effects at a server that counts them, between words of a model. What a crash may lose or double is
// seen at that server.
import { z } from 'zod';
import { chat, defineFunction } from '../../../src/core/run/define-function.ts';
import { FunctionError, type EffectAt } from '../../../src/core/run/run-context.ts';

/** Nothing but this machine: the probe takes an address from its caller. */
const loopback = z
  .string()
  .regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/, { error: 'must be http://127.0.0.1:PORT' });

export const effects = defineFunction({
  name: 'probe-effects',
  version: 1,
  description: 'Probe: keyed effects at a counting server, with words of a model between.',
  input: z.object({
    url: loopback,
    steps: z.int().min(1).max(20).default(4),
    model: z.boolean().default(true),
  }),
  output: z.object({ done: z.array(z.string()), text: z.string() }),
  uses: { models: { talk: chat('probe-a') } },
  async run(ctx, { url, steps, model }) {
    const done: string[] = [];
    let text = '';
    for (let at = 0; at < steps; at += 1) {
      done.push(await ctx.step(`effect ${at}`, (effect) => post(url, effect)));
      ctx.emit('effect', { at });
      if (!model) continue;
      const content = `${ctx.run.id} ${at}`;
      const reply = await ctx.models.talk.chat({ messages: [{ role: 'user', content }], stream: true });
      text += reply.text;
    }
    return { done, text };
  },
});

async function post(url: string, { key, signal }: EffectAt): Promise<string> {
  const reply = await fetch(`${url}/effect`, { method: 'POST', body: key, signal, redirect: 'manual' });
  if (!reply.ok) throw new FunctionError('effect_refused', `The effect server answered ${reply.status}.`);
  return await reply.text();
}
