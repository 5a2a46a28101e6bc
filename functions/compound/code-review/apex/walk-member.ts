// Walks the tree of one Apex member and notes what it does: how deep it loops, what it costs, whom it calls, what smells. Owns which loops
// a node stands in; what calls between members mean is in calls-in-loops.ts. Pure.
import {
  DeleteStatementContext,
  DoWhileStatementContext,
  DotExpressionContext,
  ForStatementContext,
  InsertStatementContext,
  MergeStatementContext,
  MethodCallContext,
  QueryContext,
  UndeleteStatementContext,
  UpdateStatementContext,
  UpsertStatementContext,
  WhileStatementContext,
  type ApexParserRuleContext,
  type ApexParseTree,
} from '@apexdevtools/apex-parser';
import { costOfCall, loopRules, type ApexMember, type Costly } from './apex-member.ts';
import { findSmells, type Loop, type Smell } from './find-smells.ts';
import { isRule, lineOf, textOf } from './tree-text.ts';

const writes = [
  InsertStatementContext,
  UpdateStatementContext,
  UpsertStatementContext,
  DeleteStatementContext,
  UndeleteStatementContext,
  MergeStatementContext,
];

export function walkMember(member: ApexMember, tree: ApexParseTree): void {
  new MemberWalk(member).walk(tree, []);
}

class MemberWalk {
  readonly #member: ApexMember;

  constructor(member: ApexMember) {
    this.#member = member;
  }

  walk(node: ApexParseTree | null | undefined, loops: readonly Loop[]): void {
    if (!isRule(node)) return;
    if (node instanceof ForStatementContext) return this.#walkFor(node, loops);
    if (node instanceof WhileStatementContext || node instanceof DoWhileStatementContext) {
      const loop = { line: lineOf(node), variable: null, isBatch: false };
      return this.#walkChildren(node, this.#enter(loops, loop));
    }
    this.#look(node, loops);
    this.#walkChildren(node, loops);
  }

  /** What a loop goes over is read once; its body, its condition and its step once per pass. */
  #walkFor(node: ForStatementContext, loops: readonly Loop[]): void {
    const control = node.forControl();
    const each = control?.enhancedForControl();
    const line = lineOf(node);
    if (each) {
      const isQuery = each.expression()?.start.text === '[';
      const isBatch = isQuery && /^list<|\[\]$/.test(textOf(each.typeRef()));
      this.walk(each, loops);
      return this.walk(node.statement(), this.#enter(loops, { line, variable: textOf(each.id()), isBatch }));
    }
    const init = control?.forInit();
    const variable = /^(?:integer|long|iterator<.*>)(\w+)/.exec(textOf(init))?.[1] ?? null;
    const inside = this.#enter(loops, { line, variable, isBatch: false });
    this.walk(init, loops);
    for (const part of [control?.expression(), control?.forUpdate(), node.statement()])
      this.walk(part, inside);
  }

  #enter(loops: readonly Loop[], loop: Loop): readonly Loop[] {
    this.#member.loopDepth = Math.max(this.#member.loopDepth, loops.length + 1);
    return [...loops, loop];
  }

  #walkChildren(node: ApexParserRuleContext, loops: readonly Loop[]): void {
    for (const child of node.children ?? []) this.walk(child, loops);
  }

  #look(node: ApexParserRuleContext, loops: readonly Loop[]): void {
    if (node instanceof QueryContext) this.#cost('query', node, loops);
    else if (writes.some((kind) => node instanceof kind)) this.#cost('write', node, loops);
    else if (node instanceof DotExpressionContext) this.#lookAtDot(node, loops);
    else if (node instanceof MethodCallContext) this.#call(textOf(node.id()), node, loops);
    for (const smell of findSmells(node, loops)) if (smell !== null) this.#find(smell, node, loops);
  }

  #lookAtDot(node: DotExpressionContext, loops: readonly Loop[]): void {
    const called = node.dotMethodCall();
    if (!called) return;
    const [receiver, method] = [textOf(node.expression()), textOf(called.anyId())];
    const cost = costOfCall(receiver, method);
    if (cost !== null) this.#cost(cost, node, loops);
    else if (/^\w+$/.test(receiver)) this.#call(method, node, loops);
  }

  #cost(cost: Costly, node: ApexParserRuleContext, loops: readonly Loop[]): void {
    this.#member.does.add(cost);
    const counted = cost === 'write' ? loops.filter(({ isBatch }) => !isBatch) : loops;
    if (counted.length === 0) return;
    const { rule, words } = loopRules[cost];
    this.#find({ rule, confidence: 0.97, detail: `each pass ${words}` }, node, loops);
  }

  #call(key: string, node: ApexParserRuleContext, loops: readonly Loop[]): void {
    if (key !== '') this.#member.calls.push({ key, line: lineOf(node), loopDepth: loops.length });
  }

  #find(smell: Smell, node: ApexParserRuleContext, loops: readonly Loop[]): void {
    const { rule, confidence, detail, line } = smell;
    const spot = { line: line ?? lineOf(node), loopDepth: loops.length, confidence, detail };
    this.#member.found.push({ rule, spot });
  }
}
