// Where in a module a node stands: in which loops, and how many of them an await would hold up. Pure.
import type { Node } from '@babel/types';
import { callOf, namesIn, startOf, type FunctionNode } from './nodes.ts';

export interface Loop {
  readonly line: number;
  readonly start: number;
  /** Names that change with each pass. */
  readonly names: readonly string[];
}

export interface Place {
  readonly loops: readonly Loop[];
  /** How likely an await here waits for passes that could go at once, 0 to 1. */
  readonly awaitCost: number;
}

export const topLevel: Place = { loops: [], awaitCost: 0 };

/** Methods of lists that call back for each element. */
const iterating = new Set([
  'map',
  'forEach',
  'filter',
  'some',
  'every',
  'find',
  'findIndex',
  'findLast',
  'flatMap',
  'reduce',
  'sort',
  'toSorted',
]);

export function isIterating(name: string): boolean {
  return iterating.has(name);
}

/** The place inside a loop; null when the node is none. */
export function enterLoop(place: Place, node: Node, line: number): Place | null {
  const enter = (names: readonly string[], awaitCost: number): Place => ({
    loops: [...place.loops, { line, start: startOf(node), names }],
    awaitCost: Math.max(place.awaitCost, awaitCost),
  });
  switch (node.type) {
    case 'ForOfStatement':
      return enter(namesIn(node.left), node.await ? 0 : 0.75);
    case 'ForInStatement':
      return enter(namesIn(node.left), 0.75);
    case 'ForStatement': {
      const names = namesIn(node.init);
      return enter(names, node.test === null || node.test === undefined || isRepetition(names) ? 0 : 0.7);
    }
    // What a while loop does next mostly follows from what the last pass brought: pages, retries, polls.
    case 'WhileStatement':
    case 'DoWhileStatement':
      return enter([], 0);
    default:
      return null;
  }
}

function isRepetition(names: readonly string[]): boolean {
  return names.some((name) => /attempt|retr(?:y|ies)|tries|page|round|turn/i.test(name));
}

/** The place inside a function that is written where `place` is; `parent` tells whether a list calls it back. */
export function enterFunction(place: Place, node: FunctionNode, parent: Node | null): Place {
  if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') return topLevel;
  const call = parent === null ? null : callOf(parent);
  if (call === null || call.receiver === null || !isIterating(call.name))
    return { loops: place.loops, awaitCost: 0 };
  const names = node.params.slice(0, call.name === 'reduce' ? 2 : 1).flatMap((each) => namesIn(each));
  const line = parent?.loc?.start.line ?? 1;
  return { loops: [...place.loops, { line, start: startOf(node), names }], awaitCost: 0 };
}
