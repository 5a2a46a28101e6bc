// Answers customers of a shop: what is it about, what does the help centre say, is a look into the order book needed; answers with its source,
// asks back, or hands over to a person. Owns the steps and what they leave behind; decide-move.ts decides which comes next.
import { chat, defineFunction, searchIndex } from '../../../src/core/run/define-function.ts';
import { agentInput, agentOutput, HISTORY_MAX, type AgentOutput } from './agent-schema.ts';
import { AgentDesk } from './agent-desk.ts';
import { decideMove, MOVES_MAX } from './decide-move.ts';
import { asked } from './knowledge/asked.ts';
import { facts } from './knowledge/facts.ts';
import { renderChat } from './words.ts';

const helpCenter = searchIndex(
  'help-center',
  facts.map(({ id, title, text, topic }) => ({ id, title, text, metadata: { topic } })),
);

const askedBefore = searchIndex(
  'asked-before',
  asked.map(({ id, text, intent, fact }) => ({
    id,
    text,
    metadata: { intent, topic: intent, ...(fact === null ? {} : { fact }) },
  })),
);

export const supportAgent = defineFunction({
  name: 'support-agent',
  version: 1,
  description:
    'Answers customers of a lamp shop from its help centre and order book, or hands over to a person.',
  input: agentInput,
  output: agentOutput,
  // Three names, so that each can be a model of its own: labels and tool calls want a small one, sentences a good one.
  uses: {
    models: { intent: chat('agent-labels'), tools: chat('agent-tools'), reason: chat('agent') },
    indexes: { kb: helpCenter, asked: askedBefore },
  },
  chat: {
    input: (messages) => {
      const said = messages.flatMap(({ role, content }) => (role === 'system' ? [] : [{ role, content }]));
      const asked = said.findLastIndex(({ role }) => role === 'user');
      return {
        message: said[asked]?.content ?? '',
        history: said.slice(Math.max(0, asked - HISTORY_MAX), Math.max(0, asked)),
      };
    },
    text: renderChat,
  },

  async run(ctx, { message, history, order }): Promise<AgentOutput> {
    const desk = new AgentDesk(ctx, { message, history, order });
    await desk.retrieve();
    await desk.classify();
    for (let moves = 0; moves < MOVES_MAX; moves += 1) {
      const move = decideMove(desk.known);
      ctx.emit('move', { move: move.kind });
      const output = await desk.make(move);
      if (output === null) continue;
      // Said when it is certain: what a customer has read cannot be taken back.
      ctx.say(output.text);
      return output;
    }
    throw new Error('the moves do not come to an end');
  },
});
