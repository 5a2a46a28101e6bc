// Reading nodes of the Apex tree: lines and words. Pure.
import type { ApexParserRuleContext, ApexParseTree } from '@apexdevtools/apex-parser';

/** Longer expressions are not read as text: in a chain of calls each link would read all before it again. */
const TEXT_CHARS_MAX = 400;

export function isRule(node: ApexParseTree | null | undefined): node is ApexParserRuleContext {
  return node !== null && node !== undefined && 'ruleIndex' in node;
}

export function lineOf(node: ApexParserRuleContext): number {
  return node.start?.line ?? 1;
}

/** The words of a node without spaces, in small letters: Apex does not tell them apart. Long ones are no name and say nothing here. */
export function textOf(node: ApexParserRuleContext | null | undefined): string {
  if (!node) return '';
  const chars = (node.stop?.stop ?? 0) - node.start.start;
  return chars > TEXT_CHARS_MAX ? '' : node.getText().toLowerCase();
}

export function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?:^|\\W)${word.replaceAll('$', '\\$')}(?:\\W|$)`).test(text);
}
