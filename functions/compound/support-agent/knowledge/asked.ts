// What customers have asked before, each with its label and the fact that answered it: what a new message is compared with. Some of it is as
// people write, some is the plain way to ask. Pure.
import type { Intent } from '../prompts.ts';
import { articles } from './articles.ts';
import { factId } from './facts.ts';
import { said } from './said/all-said.ts';
import { saidBeside } from './said/beside.ts';
import { questions } from './ways/all-ways.ts';
import * as ways from './ways/beside.ts';

export interface Asked {
  readonly id: string;
  readonly text: string;
  readonly intent: Intent;
  /** Id of the fact that answers it; null when none does. */
  readonly fact: string | null;
}

/** Of the messages for one fact, and of those for none: each is embedded once for every tenant, and further ones find little more. */
export const SAID_OF_FACT = 4;
export const SAID_BESIDE = 20;

/** What is no question about an article, by its label: as people write, and the plain ways. */
export const beside = [
  { intent: 'human', said: saidBeside.human, ways: ways.humanWishes },
  { intent: 'other', said: saidBeside.other, ways: ways.otherMessages },
  {
    intent: 'orders',
    said: saidBeside.ownOrder,
    ways: [...ways.statusQuestions, ...ways.statusWithoutOrder],
  },
  { intent: 'orders', said: saidBeside.cancelOwn, ways: [...ways.cancelOrders, ...ways.cancelWithoutOrder] },
  {
    intent: 'returns',
    said: saidBeside.refundOwn,
    ways: [...ways.refundQuestions, ...ways.refundWithoutOrder],
  },
  { intent: 'product', said: saidBeside.stock, ways: ways.stockQuestions },
] as const satisfies readonly {
  readonly intent: Intent;
  readonly said: readonly string[];
  readonly ways: readonly string[];
}[];

export const asked: readonly Asked[] = [
  ...articles.flatMap(({ id, topic, sentences }) =>
    sentences.flatMap((_, at) => {
      const fact = factId(id, at);
      const messages = [
        ...(said[id]?.[at] ?? []).slice(0, SAID_OF_FACT),
        ...(questions[id]?.[at] ?? []).map(plainly),
      ];
      return messages.map((text, nth) => ({ id: `${fact}-${nth + 1}`, text, intent: topic, fact }));
    }),
  ),
  ...beside.flatMap((each, kind) =>
    [...each.said.slice(0, SAID_BESIDE), ...each.ways.map(plainly)].map((text, nth) => ({
      id: `beside-${kind + 1}-${nth + 1}`,
      // An order and a lamp stand in the messages as signs.
      text: text.replace('#', 'K4821').replace('@', 'Luna'),
      intent: each.intent,
      fact: null,
    })),
  ),
];

/** A template with the first alternative in each brace. */
function plainly(template: string): string {
  return template
    .replaceAll(/\{([^{}|]*)[^{}]*\}/g, '$1')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ ([.,?!])/g, '$1')
    .trim();
}
