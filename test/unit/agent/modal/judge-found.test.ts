import { expect, test } from 'vitest';
import { LifeOrder } from '../../../../src/backends/life-order.ts';
import { judgeFound } from '../../../../gpu-workers/agent/modal/judge-found.ts';

const life = (generation: number) => ({ id: 'r-1', generation, pool: 'm@1~here', version: 'm@1' });
const ended = (generation: number): LifeOrder => {
  const order = new LifeOrder();
  order.end({ id: 'r-1', generation });
  return order;
};
const none = new LifeOrder();

test.each([
  ['the sandbox of a known life', life(2), { row: life(2), sandboxId: 'sb-a' }, none, 'ours'],
  ['one whose life nobody knows or has ended', life(2), null, none, 'unknown'],
  ['one whose life has ended', life(2), null, ended(2), 'not-wanted'],
  ['one of an earlier life than an ended one', life(1), null, ended(2), 'not-wanted'],
  ['one of a later life than the ended one', life(3), null, ended(2), 'unknown'],
  ['a second one of a known life', life(2), { row: life(2), sandboxId: 'sb-b' }, none, 'not-wanted'],
  ['perhaps the one that is being created', life(2), { row: life(2), sandboxId: null }, none, 'ours'],
  ['one of an older life', life(1), { row: life(2), sandboxId: 'sb-b' }, none, 'not-wanted'],
  ['one of a life that another agent has begun', life(3), { row: life(2), sandboxId: 'sb-b' }, none, 'ours'],
  ['one without the tags of a replica', null, null, none, 'ours'],
] as const)('%s', (...[, row, known, order, expected]) => {
  expect(judgeFound(row, 'sb-a', known, order)).toBe(expected);
});
