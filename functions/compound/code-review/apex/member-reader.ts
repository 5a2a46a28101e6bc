// Listens to the parser and reads each member of a class or trigger as soon as it is complete. The tree of a member is dropped once it was
// walked, so that a large file does not stand in memory as a tree. Pure.
import {
  ApexParserListener,
  ClassBodyDeclarationContext,
  ClassDeclarationContext,
  TriggerBlockMemberContext,
  TriggerUnitContext,
  type ApexParserRuleContext,
  type MemberDeclarationContext,
  type ModifierContext,
} from '@apexdevtools/apex-parser';
import type { ApexMember } from './apex-member.ts';
import { lineOf } from './tree-text.ts';
import { walkMember } from './walk-member.ts';

export class MemberReader extends ApexParserListener {
  readonly members: ApexMember[] = [];

  override exitEveryRule(node: ApexParserRuleContext): void {
    if (node instanceof ClassBodyDeclarationContext) this.#readDeclaration(node);
    else if (node instanceof TriggerBlockMemberContext) this.#readTrigger(node);
    else return;
    node.children = [];
  }

  #readDeclaration(node: ClassBodyDeclarationContext): void {
    const declared = node.memberDeclaration();
    if (declared?.classDeclaration() || declared?.interfaceDeclaration() || declared?.enumDeclaration())
      return;
    const name = declared ? (nameOf(declared) ?? 'fields') : 'static block';
    const isFuture = annotations(node.modifier_list()).includes('future');
    const member = memberOf(node, `${classOf(node)}.${name}`, { key: name.toLowerCase(), isFuture });
    if (isFuture) member.does.add('job');
    walkMember(member, node);
    this.members.push(member);
  }

  /** The statements of a trigger are one chunk; methods that stand beside them have names of their own. */
  #readTrigger(node: TriggerBlockMemberContext): void {
    const unit = parentOf(node, TriggerUnitContext);
    const name = unit?.id_list()[0]?.getText() ?? 'trigger';
    const member = memberOf(node, name, { key: '', isFuture: false });
    walkMember(member, node);
    this.members.push(member);
  }
}

function memberOf(
  node: ApexParserRuleContext,
  name: string,
  rest: { readonly key: string; readonly isFuture: boolean },
): ApexMember {
  const [firstLine, lastLine] = [lineOf(node), node.stop?.line ?? lineOf(node)];
  return { ...rest, name, firstLine, lastLine, loopDepth: 0, found: [], does: new Set(), calls: [] };
}

function nameOf(declared: MemberDeclarationContext): string | null {
  const named =
    declared.methodDeclaration()?.id() ??
    declared.constructorDeclaration()?.qualifiedName() ??
    declared.propertyDeclaration()?.id();
  return named?.getText() ?? null;
}

function classOf(node: ApexParserRuleContext): string {
  return parentOf(node, ClassDeclarationContext)?.id()?.getText() ?? 'class';
}

function parentOf<T extends ApexParserRuleContext>(
  node: ApexParserRuleContext,
  kind: abstract new (...args: never[]) => T,
): T | null {
  for (let at = node.parentCtx; at; at = at.parentCtx) if (at instanceof kind) return at;
  return null;
}

function annotations(modifiers: readonly ModifierContext[]): readonly string[] {
  return modifiers.map((each) => each.annotation()?.id()?.getText().toLowerCase() ?? '');
}
