// What an operator may order of a circuit, and how a mistake in it is told.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCircuitOrder } from '../../../src/core/pool/circuit-order.ts';

const order = { replica: 'r-1', open: true, reason: 'drill' };

test.each([
  ['of a replica', order],
  ['of the whole pool', { ...order, replica: null }],
  ['to close it', { ...order, open: false }],
])('an order %s is read as it stands', (_name, given) => {
  expect(parseCircuitOrder(given)).toEqual({ ok: true, value: given });
});

test('a reason is kept without the blanks around it', () => {
  expect(parseCircuitOrder({ ...order, reason: '  drill ' })).toEqual({ ok: true, value: order });
});

test.each<[string, object, string | null]>([
  ['nothing', { replica: undefined, open: undefined, reason: undefined }, 'replica'],
  ['no replica', { replica: undefined }, 'replica'],
  ['a replica without a name', { replica: '' }, 'replica'],
  ['a replica that is a number', { replica: 7 }, 'replica'],
  ['a replica of a page', { replica: 'x'.repeat(201) }, 'replica'],
  ['no word on what to do', { open: undefined }, 'open'],
  ['a word instead of yes or no', { open: 'open' }, 'open'],
  ['no reason', { reason: undefined }, 'reason'],
  ['a reason of blanks', { reason: '   ' }, 'reason'],
  ['a reason of two lines', { reason: 'a\nb' }, 'reason'],
  ['a reason of a page', { reason: 'x'.repeat(201) }, 'reason'],
  ['a misspelt field', { force: true }, null],
])('an order with %s is refused, saying where', (_name, change, param) => {
  const parsed = parseCircuitOrder({ ...order, ...change });
  expect(parsed).toMatchObject({ ok: false, error: { kind: 'invalid', param } });
});

test('whatever is sent, the answer is a value', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => void parseCircuitOrder(body)));
});
