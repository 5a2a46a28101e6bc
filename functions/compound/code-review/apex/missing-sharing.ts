// Whether an outer class that reads or writes records leaves open whose rights apply. Pure.
import {
  CompilationUnitContext,
  type ApexParserRuleContext,
  type ModifierContext,
} from '@apexdevtools/apex-parser';
import type { Spot } from '../hit-list.ts';
import type { ApexMember } from './apex-member.ts';

export function missesSharing(unit: ApexParserRuleContext, members: readonly ApexMember[]): Spot | null {
  if (!(unit instanceof CompilationUnitContext)) return null;
  const declared = unit.typeDeclaration();
  const found = declared?.classDeclaration();
  if (!declared || !found) return null;
  const touchesData = members.some(({ does }) => does.has('query') || does.has('write'));
  if (!touchesData || declared.modifier_list().some((each) => each.SHARING() || isTest(each))) return null;
  const name = found.id()?.getText() ?? 'the class';
  const detail = `${name} reads or writes records and says nothing about sharing`;
  return { line: found.start.line, loopDepth: 0, confidence: 0.9, detail };
}

function isTest(modifier: ModifierContext): boolean {
  return modifier.annotation()?.id()?.getText().toLowerCase() === 'istest';
}
