// Messages that no article answers, and messages for tools, that the embedded model was not trained on. Written by hand, as
// held-out-questions.ts. Data only.
import type { Intent } from '../../../functions/compound/support-agent/prompts.ts';
import type { ToolCall } from '../../../functions/compound/support-agent/tools.ts';

export interface HeldOutMessage {
  readonly message: string;
  readonly intent: Intent;
}

function all(intent: Intent, messages: readonly string[]): readonly HeldOutMessage[] {
  return messages.map((message) => ({ message, intent }));
}

/** Beside the questions on the help centre, these have an intent as well. */
export const heldOutMessages: readonly HeldOutMessage[] = [
  ...all('human', [
    'Could I speak with one of your employees?',
    'Get me a real human now.',
    'I would prefer talking to a person about this.',
    'Please let a colleague take over this chat.',
    'Is anybody from your team available to talk?',
    'I am tired of this robot, I want an agent.',
    'May I have the number of your hotline?',
    'Someone should phone me back please.',
    'I want to make a complaint to your manager.',
    'Connect me with customer service staff.',
  ]),
  ...all('other', [
    'Good afternoon!',
    'Thanks, that was all.',
    'What is the tallest mountain on earth?',
    'Will it be sunny tomorrow in Hamburg?',
    'Tell me something funny.',
    'Who is the best football team in the world?',
    'Write a poem about the sea for me.',
    'How do I boil an egg?',
    'Goodbye and have a nice evening.',
    'Please translate good night into Italian.',
  ]),
];

export interface HeldOutCall {
  readonly message: string;
  readonly call: ToolCall;
}

const order = (tool: 'order_status' | 'cancel_order' | 'refund_status', number: string | null): ToolCall => ({
  tool,
  order: number,
});
const stock = (product: string | null): ToolCall => ({ tool: 'check_stock', product });
const none: ToolCall = { tool: 'none' };

function calls(rows: readonly (readonly [message: string, call: ToolCall])[]): readonly HeldOutCall[] {
  return rows.map(([message, call]) => ({ message, call }));
}

export const heldOutCalls: readonly HeldOutCall[] = calls([
  ['Could you tell me where B7731 is right now?', order('order_status', 'B7731')],
  ['Any news on order K2045?', order('order_status', 'K2045')],
  ['It has been a week and order R9120 is still not here.', order('order_status', 'R9120')],
  ['Please let me know when C3318 is going to arrive.', order('order_status', 'C3318')],
  ['I would like to know the status of order number Z4406.', order('order_status', 'Z4406')],
  ['Did parcel M6652 leave the warehouse yet?', order('order_status', 'M6652')],
  ['Order #T1093: was it shipped?', order('order_status', 'T1093')],
  ['My lamp from order D8274 did not come today, where is it?', order('order_status', 'D8274')],
  ['Look up order P5087 for me, please.', order('order_status', 'P5087')],
  ['Where has my package H3960 got to?', order('order_status', 'H3960')],
  ['Has W7215 been sent?', order('order_status', 'W7215')],
  ['Track order N4848 please', order('order_status', 'N4848')],
  ['Any idea where my parcel is?', order('order_status', null)],
  ['I still have not received my lamp, where is my order?', order('order_status', null)],
  ['Please check the status of my order.', order('order_status', null)],
  ['Please call off order G2231.', order('cancel_order', 'G2231')],
  ['I changed my mind, cancel order F6104 please.', order('cancel_order', 'F6104')],
  ['Order S9375 should be cancelled.', order('cancel_order', 'S9375')],
  ['Can order Y1586 be stopped? I do not need it any more.', order('cancel_order', 'Y1586')],
  ['I would like to cancel my order L4420.', order('cancel_order', 'L4420')],
  ['Cancel #Q7062, I bought the wrong lamp.', order('cancel_order', 'Q7062')],
  ['Please cancel V3349 for me, it was a mistake.', order('cancel_order', 'V3349')],
  ['Cancel the order I made yesterday please.', order('cancel_order', null)],
  ['I would like you to cancel my order.', order('cancel_order', null)],
  ['Was the refund for order J5813 paid already?', order('refund_status', 'J5813')],
  ['I sent order E2907 back and still wait for my refund.', order('refund_status', 'E2907')],
  ['What is the status of the refund for A6671?', order('refund_status', 'A6671')],
  ['When do you send my money back for X8035?', order('refund_status', 'X8035')],
  ['No refund for order U1749 so far, please check.', order('refund_status', 'U1749')],
  ['Refund of order O4592?', order('refund_status', 'O4592')],
  ['Has the money for my returned lamp been sent? I see no refund.', order('refund_status', null)],
  ['Where does my refund stay?', order('refund_status', null)],
  ['Is the Willow still available?', stock('Willow')],
  ['How many pieces of the Orbit are in stock?', stock('Orbit')],
  ['Can I get a Nova today?', stock('Nova')],
  ['Do you have any Pebble lamps left?', stock('Pebble')],
  ['Is the Tamira lamp in stock?', stock('Tamira')],
  ['Please check if the Comet is sold out.', stock('Comet')],
  ['Have you got the Lorvo in stock?', stock('Lorvo')],
  ['When will the Juno be available again?', stock('Juno')],
  ['Is this one in stock at the moment?', stock(null)],
  ['How long is the warranty on a table lamp?', none],
  ['What payment methods are there?', none],
  ['What is the right way to get a shade clean?', none],
  ['Is delivery to Norway possible?', none],
  ['Hello, how are you doing?', none],
  ['I want to talk to a real person please.', none],
  ['Can the lamp be used in the garden?', none],
  ['My password is lost, can I pick another?', none],
  ['Do you give students a discount?', none],
  ['My lamp flickers, what can I do?', none],
  ['What is the weather going to be like?', none],
  ['Within how many days can I return a lamp?', none],
  ['What does express delivery cost?', none],
]);

/** Questions that the help centre does not answer; passages that look a little like an answer do not either. */
export const unanswerable: readonly string[] = [
  'Do you rent out lamps for parties?',
  'Which designer drew the Luna lamp?',
  'Do you have jobs in your shop?',
  'Can I pay with bitcoin?',
  'Where are your lamps produced?',
  'Do you sell candles?',
  'Is there parking at the shop?',
  'How heavy is the Orbit lamp?',
  'Can you install the lamp in my home?',
  'Do you have a catalogue on paper?',
  'Are your lamps made of recycled material?',
  'Do you offer tours of the factory?',
  'What is the name of your founder?',
  'Can I bring my dog into the shop?',
  'Do you sponsor sports clubs?',
  'Which song plays in your advert?',
  'Can I become a reseller of your lamps?',
  'Do you deliver furniture too?',
  'How much electricity does the lamp use in a year?',
  'Is there a lamp for the aquarium?',
];
