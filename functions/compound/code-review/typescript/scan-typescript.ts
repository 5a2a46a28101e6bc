// Reads a TypeScript or JavaScript module: its functions as chunks, and what the static rules find. Owns what needs the whole module: which
// names are async. Pure, and heavy: imported when there is TypeScript to read.
import { parse, type ParserPlugin } from '@babel/parser';
import type { File } from '@babel/types';
import { HitList } from '../hit-list.ts';
import type { Chunk, FileScan, SourceFile } from '../review-types.ts';
import { walkModule } from './walk-module.ts';

/** Syntax errors of one file that are told: what follows a broken place is often only its echo. */
const ERRORS_MAX = 3;

export function scanTypeScript({ path, content }: SourceFile): FileScan {
  const hits = new HitList(path);
  const chunks: Chunk[] = [];
  const tree = readTree(path, content, hits);
  if (tree !== null) {
    const seen = walkModule(tree.program, content);
    for (const { rule, spot } of seen.found) hits.add(rule, spot);
    for (const chunk of seen.chunks) chunks.push({ ...chunk, file: path, language: 'typescript' });
  }
  return {
    path,
    language: 'typescript',
    lines: content.split('\n').length,
    chunks,
    hits: hits.done(chunks),
  };
}

function readTree(path: string, content: string, hits: HitList): File | null {
  const plugins: ParserPlugin[] = [['typescript', { dts: path.endsWith('.d.ts') }], 'decorators'];
  if (/\.[jt]sx$/.test(path)) plugins.push('jsx');
  const tell = (line: number, message: string): void => {
    const detail = message.slice(0, 200);
    hits.add('syntax-error', { line, loopDepth: 0, confidence: 1, detail });
  };
  try {
    const tree = parse(content, { sourceType: 'unambiguous', plugins, errorRecovery: true });
    for (const error of (tree.errors ?? []).slice(0, ERRORS_MAX)) tell(error.loc.line, error.message);
    return tree;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    tell(lineOfError(cause), cause.message);
    return null;
  }
}

function lineOfError(error: SyntaxError & { readonly loc?: unknown }): number {
  const { loc } = error;
  const line: unknown = typeof loc === 'object' && loc !== null && 'line' in loc ? loc.line : null;
  return typeof line === 'number' ? line : 1;
}
