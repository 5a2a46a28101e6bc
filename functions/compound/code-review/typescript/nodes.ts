// Reading a syntax tree without knowing each kind of node: children, names, lines. Pure.
import type { Node } from '@babel/types';

/** What hangs on a node and is no part of the program. */
const asides = new Set(['loc', 'extra', 'errors', 'leadingComments', 'trailingComments', 'innerComments']);

export function* childrenOf(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    if (asides.has(key)) continue;
    if (Array.isArray(value)) {
      for (const each of value as readonly unknown[]) if (isNode(each)) yield each;
    } else if (isNode(value)) yield value;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

export function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1;
}

export function lastLineOf(node: Node): number {
  return node.loc?.end.line ?? 1;
}

export function startOf(node: Node): number {
  return node.start ?? 0;
}

export type FunctionNode = Extract<Node, { params: unknown; body: unknown; async?: boolean | undefined }>;

const functionTypes = new Set<Node['type']>([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'ClassPrivateMethod',
  'ObjectMethod',
]);

export function isFunction(node: Node): node is FunctionNode {
  return functionTypes.has(node.type);
}

/** Names that a pattern binds. */
export function namesIn(pattern: Node | null | undefined): readonly string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'VariableDeclaration':
      return pattern.declarations.flatMap(({ id }) => namesIn(id));
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) =>
        namesIn(each.type === 'RestElement' ? each.argument : each.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    default:
      return [];
  }
}

/** What a chain of properties begins with: `order` of `order.lines.first`; null when it begins with no name. */
export function rootOf(node: Node): string | null {
  let at: Node = node;
  while (
    at.type === 'MemberExpression' ||
    at.type === 'OptionalMemberExpression' ||
    at.type === 'TSNonNullExpression'
  )
    at = at.type === 'TSNonNullExpression' ? at.expression : at.object;
  if (at.type === 'Identifier') return at.name;
  return at.type === 'ThisExpression' ? 'this' : null;
}

export interface Call {
  /** What the method is called on; null for a plain function. */
  readonly receiver: Node | null;
  readonly name: string;
  readonly args: readonly Node[];
}

/** A call by name, with or without `?.`; null for what has no name. */
export function callOf(node: Node): Call | null {
  if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return null;
  const { callee, arguments: args } = node;
  if (callee.type === 'Identifier') return { receiver: null, name: callee.name, args };
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return null;
  if (callee.property.type !== 'Identifier' || callee.computed) return null;
  return { receiver: callee.object, name: callee.property.name, args };
}
