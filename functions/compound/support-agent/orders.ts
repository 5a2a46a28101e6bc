// SAMPLE DATA: the order book of Lumen Lamps, a shop that does not exist. It stands where a real agent calls the systems of its company; the
// same book at every start, and nothing that a tool does changes it. Owns what each tool answers. Pure.
import type { CompleteCall } from './complete-call.ts';
import type { ToolResult } from './tools.ts';

interface Order {
  readonly status: 'received' | 'packed' | 'shipped' | 'delivered' | 'cancelled';
  /** When it arrives; when it arrived or was cancelled. */
  readonly date: string;
  readonly refund?: { readonly amount: string; readonly status: 'paid' | 'pending'; readonly date: string };
}

const orders: Readonly<Record<string, Order>> = {
  A1042: { status: 'received', date: 'December 3' },
  A1077: { status: 'packed', date: 'December 1' },
  B2210: { status: 'shipped', date: 'November 28' },
  B2345: { status: 'shipped', date: 'November 27' },
  C3307: { status: 'delivered', date: 'November 12' },
  D4410: {
    status: 'cancelled',
    date: 'November 6',
    refund: { amount: '49.00', status: 'paid', date: 'November 10' },
  },
  E5501: {
    status: 'delivered',
    date: 'November 20',
    refund: { amount: '129.50', status: 'pending', date: 'December 2' },
  },
};

const stock: Readonly<Record<string, { readonly stock: number; readonly back?: string }>> = {
  luna: { stock: 14 },
  harbour: { stock: 3 },
  comet: { stock: 41 },
  firefly: { stock: 0, back: 'December 15' },
};

export function useTool(call: CompleteCall): ToolResult {
  if (call.tool === 'check_stock') {
    const { product } = call;
    return { product, ...(stock[product.toLowerCase()] ?? { error: 'not found' }) };
  }
  const { tool, order } = call;
  const known = orders[order];
  if (known === undefined) return { order, error: 'not found' };
  switch (tool) {
    case 'order_status': {
      const isOver = known.status === 'delivered' || known.status === 'cancelled';
      const when = isOver ? { on: known.date } : { arrives: known.date };
      return { order, status: known.status, ...when };
    }
    case 'cancel_order':
      if (known.status === 'received') return { order, cancelled: true };
      return { order, cancelled: false, status: known.status };
    case 'refund_status':
      return refundOf(order, known);
    default:
      return tool satisfies never;
  }
}

function refundOf(order: string, { refund }: Order): ToolResult {
  if (refund === undefined) return { order, refund: 'none' };
  const { amount, status, date } = refund;
  const when = status === 'paid' ? { on: date } : { by: date };
  return { order, refund: status, amount, ...when };
}

/** The journal sorts keys; the model was taught this order, and people read it better too. */
const reading = [
  'order',
  'product',
  'cancelled',
  'status',
  'refund',
  'amount',
  'stock',
  'arrives',
  'on',
  'by',
  'back',
  'error',
];

export function inReadingOrder(result: ToolResult): ToolResult {
  const rank = (key: string): number => (reading.includes(key) ? reading.indexOf(key) : reading.length);
  return Object.fromEntries(Object.entries(result).toSorted(([a], [b]) => rank(a) - rank(b)));
}
