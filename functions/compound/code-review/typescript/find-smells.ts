// The rules that can be told from one node and its place. Each says what it found, in words; none looks at a whole module. Pure.
import type { Node } from '@babel/types';
import type { RuleId } from '../rules.ts';
import { callOf, isFunction, namesIn, rootOf, type Call } from './nodes.ts';
import type { Place } from './place.ts';

export interface Smell {
  readonly rule: RuleId;
  readonly confidence: number;
  readonly detail: string;
  /** Where it is reported when that is not the node's own line. */
  readonly line?: number;
}

export interface Sight {
  readonly place: Place;
  readonly source: string;
  /** Whether a name was bound inside the innermost loop. */
  isBoundInLoop(name: string): boolean;
}

/** Longer expressions are not read as text. */
const TEXT_CHARS_MAX = 400;

export function findSmells(node: Node, sight: Sight): readonly (Smell | null)[] {
  switch (node.type) {
    case 'AwaitExpression':
      return [awaitInLoop(node.argument, sight)];
    case 'CallExpression':
    case 'OptionalCallExpression': {
      const call = callOf(node);
      return call === null
        ? []
        : [runsText(call), leftConsole(call), asyncCallback(call), lookup(call, sight), copies(call)];
    }
    case 'NewExpression':
      return [isNamed(node.callee, 'Function') ? evaluated('new Function is called') : null];
    case 'BinaryExpression':
      return [looseEquality(node), comparedEach(node, sight)];
    case 'AssignmentExpression':
      return [copiesItself(node, sight)];
    case 'CatchClause':
      return [emptyCatch(node)];
    case 'TSAnyKeyword':
      return [{ rule: 'ts/any', confidence: 0.9, detail: 'the type any is used' }];
    default:
      return [];
  }
}

function awaitInLoop(waited: Node, { place }: Sight): Smell | null {
  const name = callOf(waited)?.name ?? '';
  if (place.awaitCost === 0 || /^(?:sleep|delay|wait|pause|nextTurn|setTimeout)$/i.test(name)) return null;
  const what = name === '' ? 'a promise is' : `${name}() is`;
  return { rule: 'ts/await-in-loop', confidence: place.awaitCost, detail: `${what} awaited on each pass` };
}

function runsText({ receiver, name, args }: Call): Smell | null {
  if (receiver !== null) return null;
  if (name === 'eval' || name === 'Function') return evaluated(`${name} is called`);
  const isTimer = name === 'setTimeout' || name === 'setInterval';
  const isText = args[0]?.type === 'StringLiteral' || args[0]?.type === 'TemplateLiteral';
  return isTimer && isText ? evaluated(`${name} is given text to run`) : null;
}

function evaluated(detail: string): Smell {
  return { rule: 'ts/eval', confidence: 0.97, detail };
}

function leftConsole({ receiver, name }: Call): Smell | null {
  if (
    receiver === null ||
    !isNamed(receiver, 'console') ||
    !/^(?:log|debug|info|trace|dir|table)$/.test(name)
  )
    return null;
  return { rule: 'ts/console-left', confidence: 0.8, detail: `console.${name} is called` };
}

function asyncCallback({ receiver, name, args }: Call): Smell | null {
  const first = args[0];
  if (receiver === null || first === undefined || !isFunction(first) || !first.async) return null;
  if (!/^(?:forEach|filter|some|every|find|findIndex|findLast|sort|toSorted)$/.test(name)) return null;
  return { rule: 'ts/async-callback', confidence: 0.95, detail: `${name} is given an async function` };
}

function lookup({ receiver, name, args }: Call, sight: Sight): Smell | null {
  const { loops } = sight.place;
  if (receiver === null || loops.length === 0) return null;
  if (!/^(?:find|findIndex|findLast|indexOf|includes|some|filter)$/.test(name)) return null;
  const root = rootOf(receiver);
  if (root === null || sight.isBoundInLoop(root) || loops.at(-1)?.names.includes(root)) return null;
  const isByValue = name === 'indexOf' || name === 'includes';
  // With a fixed value, or on a text, it is most often no search of a list.
  if (isByValue && (args[0]?.type.endsWith('Literal') || /text|name|path|url|str|line|message/i.test(root)))
    return null;
  return {
    rule: 'ts/nested-loop',
    confidence: isByValue ? 0.65 : 0.8,
    detail: `${root} is searched with ${name}() on each pass`,
  };
}

function comparedEach(
  node: Extract<Node, { type: 'BinaryExpression' }>,
  { place, source }: Sight,
): Smell | null {
  const [inner, outer] = [place.loops.at(-1), place.loops.at(-2)];
  if (!inner || !outer || (node.operator !== '===' && node.operator !== '==')) return null;
  const sides = [node.left, node.right].map(({ start, end }) => {
    const [from, to] = [start ?? 0, end ?? 0];
    return to - from > TEXT_CHARS_MAX ? '' : source.slice(from, to);
  });
  const side = (names: readonly string[]): number =>
    sides.findIndex((text) => (text.match(/[\w$]+/g) ?? []).some((word) => names.includes(word)));
  const [a, b] = [side(inner.names), side(outer.names)];
  if (a < 0 || b < 0 || a === b) return null;
  const detail = `each ${outer.names.join(', ')} is compared with each ${inner.names.join(', ')}`;
  return { rule: 'ts/nested-loop', confidence: 0.75, detail, line: inner.line };
}

function copies({ receiver, name, args }: Call): Smell | null {
  const reducer = args[0];
  if (receiver === null || name !== 'reduce' || reducer === undefined || !isFunction(reducer)) return null;
  const gathered = namesIn(reducer.params[0])[0];
  const { body } = reducer;
  const last = body.type === 'BlockStatement' ? body.body.at(-1) : body;
  const result = last?.type === 'ReturnStatement' ? last.argument : last;
  if (gathered === undefined || !spreads(result, gathered)) return null;
  return { rule: 'ts/spread-accumulator', confidence: 0.9, detail: `reduce copies ${gathered} on each pass` };
}

function copiesItself(node: Extract<Node, { type: 'AssignmentExpression' }>, { place }: Sight): Smell | null {
  const { left, right, operator } = node;
  if (place.loops.length === 0 || operator !== '=' || left.type !== 'Identifier') return null;
  const call = callOf(right);
  const isConcat = call?.name === 'concat' && call.receiver !== null && isNamed(call.receiver, left.name);
  if (!isConcat && !spreads(right, left.name)) return null;
  return { rule: 'ts/spread-accumulator', confidence: 0.85, detail: `${left.name} is copied on each pass` };
}

/** Whether a value is what a name holds and more. An object with fixed keys does not grow. */
function spreads(node: Node | null | undefined, name: string): boolean {
  const isSpread = (each: Node | null): boolean =>
    each?.type === 'SpreadElement' && isNamed(each.argument, name);
  if (node?.type === 'ArrayExpression') return node.elements.some(isSpread);
  if (node?.type !== 'ObjectExpression') return false;
  const grows = node.properties.some((each) => each.type === 'ObjectProperty' && each.computed);
  return grows && node.properties.some(isSpread);
}

function looseEquality(node: Extract<Node, { type: 'BinaryExpression' }>): Smell | null {
  if (node.operator !== '==' && node.operator !== '!=') return null;
  const isNullish = (side: Node): boolean => side.type === 'NullLiteral' || isNamed(side, 'undefined');
  if (isNullish(node.left) || isNullish(node.right)) return null;
  return { rule: 'ts/loose-equality', confidence: 0.9, detail: `${node.operator} is used` };
}

/** A comment in the block says that somebody has thought about it. */
function emptyCatch({ body }: Extract<Node, { type: 'CatchClause' }>): Smell | null {
  if (body.body.length > 0 || (body.innerComments ?? []).length > 0) return null;
  return { rule: 'ts/empty-catch', confidence: 0.9, detail: 'the catch block is empty' };
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}
