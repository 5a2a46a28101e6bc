// The rules that can be told from one node and the loops around it. Each says what it found, in words. Pure.
import {
  CatchClauseContext,
  DotExpressionContext,
  EqualityExpressionContext,
  LiteralContext,
  QueryContext,
  type ApexParserRuleContext,
} from '@apexdevtools/apex-parser';
import type { RuleId } from '../rules.ts';
import { costOfCall, isDescribe } from './apex-member.ts';
import { hasWord, textOf } from './tree-text.ts';
import { isRecordId } from './salesforce-id.ts';

export interface Loop {
  readonly line: number;
  /** The name that changes with each pass, in small letters. */
  readonly variable: string | null;
  /** `for (List<X> some : [SELECT ...])` passes 200 records at a time: writing there is how it is meant. */
  readonly isBatch: boolean;
}

export interface Smell {
  readonly rule: RuleId;
  readonly confidence: number;
  readonly detail: string;
  /** Where it is reported when that is not the node's own line. */
  readonly line?: number;
}

export function findSmells(node: ApexParserRuleContext, loops: readonly Loop[]): readonly (Smell | null)[] {
  if (node instanceof QueryContext) return [unbounded(node)];
  if (node instanceof DotExpressionContext) return smellsOfCall(node, loops);
  if (node instanceof EqualityExpressionContext) return [comparedEach(node, loops)];
  if (node instanceof CatchClauseContext) return [emptyCatch(node)];
  return node instanceof LiteralContext ? [recordId(node)] : [];
}

function unbounded(node: QueryContext): Smell | null {
  const selected = textOf(node.selectList());
  const isCount = selected === '' || selected === 'count()';
  if (isCount || node.whereClause() || node.limitClause()) return null;
  const detail = `the query on ${node.fromNameList()?.getText() ?? 'an object'} has neither WHERE nor LIMIT`;
  return { rule: 'apex/unbounded-soql', confidence: 0.8, detail };
}

function smellsOfCall(node: DotExpressionContext, loops: readonly Loop[]): readonly (Smell | null)[] {
  const called = node.dotMethodCall();
  if (!called) return [];
  const [receiver, method] = [textOf(node.expression()), textOf(called.anyId())];
  const isQuery = receiver === 'database' && costOfCall(receiver, method) === 'query';
  const isDebug = receiver === 'system' && method === 'debug';
  return [
    isQuery ? injectable(called.expressionList()) : null,
    isDebug ? { rule: 'apex/debug-left', confidence: 0.9, detail: 'System.debug is called' } : null,
    loops.length > 0 && isDescribe(receiver, method) ? describes(node) : null,
  ];
}

/** Query text that is joined with something else than literals and escaped values. */
function injectable(given: ApexParserRuleContext | null): Smell | null {
  const text = given?.children?.[0]?.getText() ?? '';
  const values = text
    .replaceAll(/'(?:[^'\\]|\\.)*'/g, '')
    .replaceAll(/String\.escapeSingleQuotes\([^()]*\)/gi, '');
  if (!text.includes('+') || !/[a-z_]/i.test(values)) return null;
  const detail = 'the text of the query is joined with a value that is not escaped';
  return { rule: 'apex/soql-injection', confidence: 0.85, detail };
}

function describes(node: DotExpressionContext): Smell {
  const detail = `${node.getText().slice(0, 80)} is called on each pass`;
  return { rule: 'apex/describe-in-loop', confidence: 0.9, detail };
}

function comparedEach(node: EqualityExpressionContext, loops: readonly Loop[]): Smell | null {
  const [inner, outer] = [loops.at(-1), loops.at(-2)];
  if (!inner?.variable || !outer?.variable || !(node.EQUAL() || node.TRIPLEEQUAL())) return null;
  const sides = node.expression_list().map(textOf);
  const mentions = (name: string): number => sides.findIndex((side) => hasWord(side, name));
  const [a, b] = [mentions(inner.variable), mentions(outer.variable)];
  if (a < 0 || b < 0 || a === b) return null;
  const detail = `each ${outer.variable} is compared with each ${inner.variable}`;
  return { rule: 'apex/nested-loop', confidence: 0.85, detail, line: inner.line };
}

function emptyCatch(node: CatchClauseContext): Smell | null {
  const block = node.block();
  if (!block || block.statement_list().length > 0) return null;
  return { rule: 'apex/empty-catch', confidence: 0.95, detail: 'the catch block is empty' };
}

function recordId(node: LiteralContext): Smell | null {
  const word = node.StringLiteral()?.getText().slice(1, -1) ?? '';
  if (!isRecordId(word)) return null;
  const confidence = word.length === 18 ? 0.95 : 0.8;
  return { rule: 'apex/hard-coded-id', confidence, detail: `'${word}' has the form of a record id` };
}
