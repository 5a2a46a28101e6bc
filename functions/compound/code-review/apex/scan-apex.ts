// Reads an Apex class or trigger: its members as chunks, and what the static rules find in them and between them. Pure, and heavy: imported
// when there is Apex to read.
import { ApexErrorListener, ApexParserFactory } from '@apexdevtools/apex-parser';
import { HitList } from '../hit-list.ts';
import type { Chunk, FileScan, SourceFile } from '../review-types.ts';
import type { ApexMember } from './apex-member.ts';
import { addCalls, passOnCosts } from './calls-in-loops.ts';
import { MemberReader } from './member-reader.ts';
import { missesSharing } from './missing-sharing.ts';

export function scanApex({ path, content }: SourceFile): FileScan {
  const problems = new Problems();
  const { parser } = ApexParserFactory.createLexerAndParser(content, problems);
  const reader = new MemberReader();
  parser.addParseListener(reader);
  const isTrigger = beginsWithTrigger(content);
  const unit = isTrigger ? parser.triggerUnit() : parser.compilationUnit();
  const { members } = reader;
  const hits = new HitList(path);
  for (const { found } of members) for (const { rule, spot } of found) hits.add(rule, spot);
  const reached = passOnCosts(members);
  const names = new Map(members.map(({ key, name }) => [key, name]));
  for (const member of members) addCalls(hits, member, { reached, names });
  const unsafe = isTrigger ? null : missesSharing(unit, members);
  if (unsafe !== null) hits.add('apex/no-sharing', unsafe);
  for (const { line, detail } of problems.found)
    hits.add('syntax-error', { line, loopDepth: 0, confidence: 1, detail });
  const chunks = chunksOf(path, members);
  return { path, language: 'apex', lines: content.split('\n').length, chunks, hits: hits.done(chunks) };
}

/** The first problems that the parser meets; what follows a broken place is often only its echo. */
class Problems extends ApexErrorListener {
  readonly found: { readonly line: number; readonly detail: string }[] = [];
  readonly #max = 3;

  override apexSyntaxError(line: number, _column: number, message: string): void {
    if (this.found.length < this.#max) this.found.push({ line, detail: message.slice(0, 200) });
  }
}

/** Whether the first word that is no comment is `trigger`. */
function beginsWithTrigger(content: string): boolean {
  let at = 0;
  for (;;) {
    while (/\s/.test(content[at] ?? '')) at += 1;
    const end = content.startsWith('/*', at) ? '*/' : content.startsWith('//', at) ? '\n' : null;
    if (end === null) return /^trigger\s/i.test(content.slice(at, at + 8));
    const ended = content.indexOf(end, at + 2);
    if (ended < 0) return false;
    at = ended + end.length;
  }
}

function chunksOf(path: string, members: readonly ApexMember[]): readonly Chunk[] {
  const chunks = new Map<string, Chunk>();
  for (const { name, key, firstLine, lastLine, loopDepth } of members) {
    // Trigger statements and fields come one by one and are read together.
    const isPart = key === '' || key === 'fields';
    const id = isPart ? name : `${name}:${firstLine}`;
    const known = chunks.get(id);
    chunks.set(id, {
      file: path,
      language: 'apex',
      name,
      firstLine: known?.firstLine ?? firstLine,
      lastLine,
      loopDepth: Math.max(known?.loopDepth ?? 0, loopDepth),
    });
  }
  return [...chunks.values()];
}
