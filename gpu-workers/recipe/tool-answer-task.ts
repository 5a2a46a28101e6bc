// Chats in which the model turns the result of a tool into a sentence for the customer. The results are shaped as support-agent's tools
// give them (see resultExamples in its tools.ts).
import { toolAnswerPrompt } from '../../functions/compound/support-agent/prompts.ts';
import type { ToolResult } from '../../functions/compound/support-agent/tools.ts';
import type { Draw } from './draw.ts';
import { drawDate } from './made-up-facts.ts';
import { drawLamp, drawOrder } from './support-messages.ts';
import { asTurn } from './support-tasks.ts';
import * as words from '../../functions/compound/support-agent/knowledge/ways/beside.ts';
import type { Turn } from './tasks.ts';
import { fill, garble } from './wording.ts';

type Answered = readonly [result: ToolResult, answer: string];

export function toolAnswerTask(draw: Draw): readonly Turn[] {
  if (draw.chance(0.25)) {
    const product = drawLamp(draw);
    const [result, answer] = draw.pick(stockAnswers(draw, product));
    const asked = fill(draw, draw.pick(words.stockQuestions)).replace('@', product);
    return asTurn(toolAnswerPrompt(garble(draw, asked), result), answer);
  }
  const order = drawOrder(draw);
  const [templates, answers] = draw.pick([
    [words.statusQuestions, statusAnswers],
    [words.statusQuestions, statusAnswers],
    [words.cancelOrders, cancelAnswers],
    [words.refundQuestions, refundAnswers],
  ] as const);
  const [result, answer] = draw.pick(answers(draw, order));
  const asked = fill(draw, draw.pick<string>(templates)).replace('#', order);
  return asTurn(toolAnswerPrompt(garble(draw, asked), result), answer);
}

function statusAnswers(draw: Draw, order: string): readonly Answered[] {
  const date = drawDate(draw);
  return [
    [
      { order, status: 'received', arrives: date },
      `We have received your order ${order}. It should arrive on ${date}.`,
    ],
    [
      { order, status: 'packed', arrives: date },
      `Your order ${order} is packed and should arrive on ${date}.`,
    ],
    [
      { order, status: 'shipped', arrives: date },
      `Your order ${order} has been shipped and should arrive on ${date}.`,
    ],
    [
      { order, status: 'shipped', arrives: date },
      `Your order ${order} has been shipped and should arrive on ${date}.`,
    ],
    [{ order, status: 'delivered', on: date }, `Your order ${order} was delivered on ${date}.`],
    [{ order, status: 'cancelled', on: date }, `Your order ${order} was cancelled on ${date}.`],
    [{ order, error: 'not found' }, `I cannot find an order ${order}. Please check the number.`],
  ];
}

function cancelAnswers(draw: Draw, order: string): readonly Answered[] {
  const status = draw.pick(['packed', 'shipped', 'delivered', 'cancelled']);
  return [
    [{ order, cancelled: true }, `Your order ${order} is cancelled.`],
    [
      { order, cancelled: false, status },
      `I could not cancel order ${order}, because it is already ${status}.`,
    ],
    [{ order, error: 'not found' }, `I cannot find an order ${order}. Please check the number.`],
  ];
}

function refundAnswers(draw: Draw, order: string): readonly Answered[] {
  const [date, amount] = [drawDate(draw), `${draw.int(5, 390)}.${draw.int(0, 9)}0`];
  return [
    [
      { order, refund: 'paid', amount, on: date },
      `The refund of ${amount} euros for order ${order} was paid on ${date}.`,
    ],
    [
      { order, refund: 'pending', amount, by: date },
      `The refund of ${amount} euros for order ${order} will be paid by ${date}.`,
    ],
    [{ order, refund: 'none' }, `There is no refund for order ${order}.`],
    [{ order, error: 'not found' }, `I cannot find an order ${order}. Please check the number.`],
  ];
}

function stockAnswers(draw: Draw, product: string): readonly Answered[] {
  const [date, stock] = [drawDate(draw), draw.int(1, 90)];
  return [
    [{ product, stock }, `We have ${stock} of the ${product} in stock.`],
    [{ product, stock: 0, back: date }, `The ${product} is sold out and should be back on ${date}.`],
    [{ product, error: 'not found' }, `I do not know a lamp called ${product}.`],
  ];
}
