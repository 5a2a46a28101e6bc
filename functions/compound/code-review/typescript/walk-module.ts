// Walks a module once: where each node stands, which function it belongs to, what the rules say of it. Pure.
import type { Node } from '@babel/types';
import type { Spot } from '../hit-list.ts';
import type { Chunk } from '../review-types.ts';
import type { RuleId } from '../rules.ts';
import { findSmells } from './find-smells.ts';
import {
  callOf,
  childrenOf,
  isFunction,
  lastLineOf,
  lineOf,
  namesIn,
  startOf,
  type FunctionNode,
} from './nodes.ts';
import { enterFunction, enterLoop, topLevel, type Loop, type Place } from './place.ts';

export interface ModuleSight {
  readonly found: readonly { readonly rule: RuleId; readonly spot: Spot }[];
  readonly chunks: readonly Omit<Chunk, 'file' | 'language'>[];
}

export function walkModule(program: Node, source: string): ModuleSight {
  const walk = new ModuleWalk(source);
  walk.visit(program, { place: topLevel, parent: null, owner: null, isInside: false });
  return walk.done();
}

interface Standing {
  readonly place: Place;
  readonly parent: Node | null;
  /** The class whose body this is in. */
  readonly owner: string | null;
  /** Whether this is inside a function: functions in functions are no chunks of their own. */
  readonly isInside: boolean;
}

interface LooseCall {
  readonly name: string;
  readonly line: number;
  readonly loopDepth: number;
}

class ModuleWalk {
  readonly #source: string;
  readonly #found: { rule: RuleId; spot: Spot }[] = [];
  readonly #chunks: { name: string; firstLine: number; lastLine: number; loopDepth: number }[] = [];
  /** Where a name was bound last, by its place in the source. */
  readonly #bound = new Map<string, number>();
  readonly #asyncNames = new Set<string>(['fetch']);
  readonly #loose: LooseCall[] = [];
  /** Loops, by where they begin, that an await was found in. */
  readonly #waiting = new Set<number>();

  constructor(source: string) {
    this.#source = source;
  }

  visit(node: Node, standing: Standing): void {
    this.#note(node, standing);
    let { place, isInside, owner } = standing;
    if (isFunction(node)) {
      if (!isInside) this.#openChunk(node, standing);
      place = enterFunction(place, node, standing.parent);
      isInside = true;
      this.#bind(
        node.params.flatMap((each) => namesIn(each)),
        startOf(node),
      );
    }
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') owner = node.id?.name ?? owner;
    const inside = enterLoop(place, node, lineOf(node));
    const outside = inside === null ? null : onceOf(node);
    if (isInside) this.#deepen((inside ?? place).loops.length);
    for (const child of childrenOf(node)) {
      const at = child === outside ? place : (inside ?? place);
      this.visit(child, { place: at, parent: node, owner, isInside });
    }
  }

  done(): ModuleSight {
    for (const { name, line, loopDepth } of this.#loose) {
      if (!this.#asyncNames.has(name)) continue;
      const detail = `what ${name}() promises is not awaited`;
      this.#found.push({ rule: 'ts/floating-promise', spot: { line, loopDepth, confidence: 0.85, detail } });
    }
    return { found: this.#found, chunks: this.#chunks };
  }

  #note(node: Node, { place, parent }: Standing): void {
    const loopDepth = place.loops.length;
    if (node.type === 'VariableDeclarator') this.#bind(namesIn(node.id), startOf(node));
    if (node.type === 'ExpressionStatement') this.#noteLoose(node.expression, loopDepth);
    if (isFunction(node) && promises(node)) this.#asyncNames.add(nameOf(node, parent) ?? '');
    const loop = place.loops.at(-1);
    const isBoundInLoop = (name: string): boolean =>
      loop !== undefined && (this.#bound.get(name) ?? -1) >= loop.start;
    for (const smell of findSmells(node, { place, source: this.#source, isBoundInLoop })) {
      if (smell === null || (smell.rule === 'ts/await-in-loop' && !this.#isFirstIn(loop))) continue;
      const { rule, confidence, detail, line } = smell;
      this.#found.push({ rule, spot: { line: line ?? lineOf(node), loopDepth, confidence, detail } });
    }
  }

  /** One await is enough to say that a loop waits. */
  #isFirstIn(loop: Loop | undefined): boolean {
    if (loop === undefined || this.#waiting.has(loop.start)) return false;
    this.#waiting.add(loop.start);
    return true;
  }

  /** A call whose value nobody takes. Whether it is a promise is known when the whole module was read. */
  #noteLoose(expression: Node, loopDepth: number): void {
    const call = callOf(expression);
    if (call === null) return;
    const { receiver, name, args } = call;
    const line = lineOf(expression);
    if (receiver === null || receiver.type === 'ThisExpression') this.#loose.push({ name, line, loopDepth });
    const isGathering = receiver?.type === 'Identifier' && receiver.name === 'Promise';
    const isUnhandled = name === 'then' && args.length < 2;
    if (!isGathering && !isUnhandled) return;
    const detail = isGathering
      ? `Promise.${name} is not awaited`
      : 'then() without a handler for the failure';
    this.#found.push({ rule: 'ts/floating-promise', spot: { line, loopDepth, confidence: 0.8, detail } });
  }

  #openChunk(node: FunctionNode, { parent, owner }: Standing): void {
    const name = nameOf(node, parent) ?? 'anonymous';
    const isMethod = owner !== null && node.type !== 'FunctionDeclaration';
    this.#chunks.push({
      name: isMethod ? `${owner}.${name}` : name,
      firstLine: lineOf(node),
      lastLine: lastLineOf(node),
      loopDepth: 0,
    });
  }

  #deepen(depth: number): void {
    const chunk = this.#chunks.at(-1);
    if (chunk !== undefined) chunk.loopDepth = Math.max(chunk.loopDepth, depth);
  }

  #bind(names: readonly string[], at: number): void {
    for (const name of names) this.#bound.set(name, at);
  }
}

/** The part of a loop that is done once. */
function onceOf(node: Node): Node | null {
  if (node.type === 'ForOfStatement' || node.type === 'ForInStatement') return node.right;
  return node.type === 'ForStatement' ? (node.init ?? null) : null;
}

function promises(node: FunctionNode): boolean {
  if (node.async) return true;
  const type = 'returnType' in node && node.returnType?.type === 'TSTypeAnnotation' ? node.returnType : null;
  const named = type?.typeAnnotation;
  return (
    named?.type === 'TSTypeReference' &&
    named.typeName.type === 'Identifier' &&
    named.typeName.name === 'Promise'
  );
}

function nameOf(node: FunctionNode, parent: Node | null): string | null {
  if ('id' in node && node.id) return node.id.name;
  if ('key' in node) {
    if (node.key.type === 'PrivateName') return `#${node.key.id.name}`;
    return node.key.type === 'Identifier' ? node.key.name : null;
  }
  if (parent?.type === 'VariableDeclarator') return namesIn(parent.id)[0] ?? null;
  if (parent?.type === 'ClassProperty' || parent?.type === 'ObjectProperty')
    return parent.key.type === 'Identifier' ? parent.key.name : null;
  return null;
}
