// The tools that support-agent may call: their names and arguments, how a call is written and read. What a tool does is not here. Pure.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { readObject } from './read-object.ts';

/** A call as the model writes it, on one line. An order of null: the customer has not said which. */
export type ToolCall =
  | { readonly tool: 'order_status' | 'cancel_order' | 'refund_status'; readonly order: string | null }
  | { readonly tool: 'check_stock'; readonly product: string | null }
  | { readonly tool: 'none' };

export type ToolName = ToolCall['tool'];

/** What each tool is for, as the prompt tells the model. */
export const toolNames = ['order_status', 'cancel_order', 'refund_status', 'check_stock', 'none'] as const;

/** What a tool answers with; rendered as JSON into the prompt of the answer. */
export type ToolResult = Readonly<Record<string, string | number | boolean | null>>;

export type ToolCallError =
  | { readonly kind: 'not-json'; readonly text: string }
  | { readonly kind: 'unknown-tool'; readonly tool: string }
  | { readonly kind: 'bad-argument'; readonly tool: ToolName; readonly argument: string };

/** An order number: one letter and four digits. */
const ORDER = /^[A-Z]\d{4}$/;
/** Names of lamps are one word. */
const PRODUCT_CHARS_MAX = 40;
/** Of an answer that cannot be read, this much is told. */
const SHOWN_CHARS_MAX = 120;

export function renderToolCall(call: ToolCall): string {
  return JSON.stringify(call);
}

/**
 * Reads a call from what a model wrote. Tolerant of what surrounds the object (larger models like to explain), of small letters and of a
 * number sign in an order; strict about names and arguments.
 */
export function parseToolCall(text: string): Result<ToolCall, ToolCallError> {
  const value = readObject(text);
  if (value === null) return err({ kind: 'not-json', text: text.slice(0, SHOWN_CHARS_MAX) });
  const tool = value['tool'];
  switch (tool) {
    case 'none':
      return ok({ tool });
    case 'check_stock': {
      const product = readProduct(value['product'] ?? null);
      return product === undefined
        ? err({ kind: 'bad-argument', tool, argument: 'product' })
        : ok({ tool, product });
    }
    case 'order_status':
    case 'cancel_order':
    case 'refund_status': {
      const order = readOrder(value['order'] ?? null);
      return order === undefined
        ? err({ kind: 'bad-argument', tool, argument: 'order' })
        : ok({ tool, order });
    }
    default:
      return err({ kind: 'unknown-tool', tool: String(tool).slice(0, SHOWN_CHARS_MAX) });
  }
}

/** Undefined: neither an order number nor "none was said". */
function readOrder(value: unknown): string | null | undefined {
  if (value === null) return null;
  if (typeof value !== 'string') return undefined;
  const order = value.replace(/^#/, '').toUpperCase();
  return ORDER.test(order) ? order : undefined;
}

function readProduct(value: unknown): string | null | undefined {
  if (value === null) return null;
  if (typeof value !== 'string' || value === '' || value.length > PRODUCT_CHARS_MAX) return undefined;
  return value;
}
