// From what a model planned to a call that may be made. A model may choose a tool; what the tool is used on, and whether something is undone,
// must stand in the customer's own words. Pure.
import type { Turn } from './build-queries.ts';
import type { ToolCall } from './tools.ts';

/** A call that can be made: nothing in it is left open. */
export type CompleteCall =
  | { readonly tool: 'order_status' | 'cancel_order' | 'refund_status'; readonly order: string }
  | { readonly tool: 'check_stock'; readonly product: string };

export interface Said {
  readonly message: string;
  readonly history: readonly Turn[];
  /** The order that the caller knows to be meant. */
  readonly order?: string | undefined;
}

const ORDER = /\b[a-z]\d{4}\b/gi;

/** How customers say that they no longer want an order. */
const CANCELLING =
  /\b(?:cancel\w*|call(?:ed)? off|stop|undo|withdraw|revoke|abort|(?:do not|don't|no longer|not) want|changed my mind|get rid of|delete)\b/i;

/** Null when there is nothing to call, or when the customer has to say more first. */
export function completeCall(plan: ToolCall, said: Said): CompleteCall | null {
  if (plan.tool === 'none') return null;
  if (plan.tool === 'check_stock') {
    const { product } = plan;
    const isNamed = product !== null && said.message.toLowerCase().includes(product.toLowerCase());
    return isNamed ? { tool: plan.tool, product } : null;
  }
  const order = orderOf(plan.order, said);
  if (order === null) return null;
  // A look does no harm where a wish to cancel was only guessed.
  const tool = plan.tool === 'cancel_order' && !wantsCancelling(said) ? 'order_status' : plan.tool;
  return { tool, order };
}

/** The order of the plan when somebody has named it; else the last one named: in the message, by the caller, before. */
function orderOf(planned: string | null, said: Said): string | null {
  const texts = [said.message, said.order ?? '', ...said.history.map(({ content }) => content).toReversed()];
  const named = texts.map((text) => (text.match(ORDER) ?? []).map((each) => each.toUpperCase()));
  if (planned !== null && named[0]?.includes(planned)) return planned;
  return named.find((orders) => orders.length > 0)?.at(-1) ?? null;
}

/** In the message, or just before it, when the message only adds the number that was asked for. */
function wantsCancelling({ message, history }: Said): boolean {
  const before = history.findLast(({ role }) => role === 'user')?.content ?? '';
  return CANCELLING.test(message) || CANCELLING.test(before);
}
