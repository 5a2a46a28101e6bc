// Vectors by hand, so that tests know which texts mean the same: each word is a direction of its own, words of one concept share one.
import { normalize } from '../../src/core/search/vector-table.ts';

const dims = 64;

const concepts: readonly (readonly string[])[] = [
  ['refund', 'refunds', 'reimburse', 'reimbursement', 'money', 'back', 'return'],
  ['late', 'delayed', 'slow', 'waiting', 'overdue'],
  ['parcel', 'package', 'delivery', 'shipment', 'shipping', 'order'],
  ['password', 'login', 'signin', 'credentials', 'locked', 'account'],
  ['broken', 'damaged', 'defective', 'cracked', 'faulty'],
  ['invoice', 'bill', 'receipt', 'billing'],
];

/** A unit vector of the words' directions. A text without words points where no word does. */
export function conceptVector(text: string): Float32Array {
  const sum = new Float32Array(dims);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const concept = concepts.findIndex((words) => words.includes(word));
    const at = concept === -1 ? concepts.length + (hash(word) % (dims - concepts.length - 1)) : concept;
    // Words without a concept say little, as they do in a real model.
    sum[at] = (sum[at] ?? 0) + (concept === -1 ? 0.2 : 1);
  }
  sum[dims - 1] = 0.01;
  return normalize(sum) ?? sum;
}

function hash(word: string): number {
  let value = 7;
  for (const char of word) value = (value * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return value;
}
