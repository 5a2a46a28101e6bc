// Scans one file in its language. Owns which language that is, and that no input ends in a crash: what cannot be read is a finding. The
// parsers are heavy and are loaded when a file needs them.
import type { FileScan, Language, SourceFile } from './review-types.ts';

const extensions: Readonly<Record<string, Language>> = {
  cls: 'apex',
  trigger: 'apex',
  apex: 'apex',
  ts: 'typescript',
  tsx: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  js: 'typescript',
  jsx: 'typescript',
  mjs: 'typescript',
  cjs: 'typescript',
};

/** A file without a telling name says within this many characters what it is. */
const HEAD_CHARS = 4_000;

/** By the last ending that says something (`orders.ts.txt` is TypeScript), else by how Apex declares its classes. */
export function languageOf({ path, content }: SourceFile): Language {
  const endings = path.toLowerCase().split('/').at(-1)?.split('.').slice(1).toReversed() ?? [];
  for (const ending of endings) {
    const known = extensions[ending];
    if (known !== undefined) return known;
  }
  const head = content.slice(0, HEAD_CHARS);
  const isApex = /^ *(?:public|private|global) (?:\w+ ){0,3}class |^ *trigger \w+ on /im.test(head);
  return isApex ? 'apex' : 'typescript';
}

export async function scanFile(file: SourceFile, language: Language): Promise<FileScan> {
  try {
    if (language === 'apex') return (await import('./apex/scan-apex.ts')).scanApex(file);
    return (await import('./typescript/scan-typescript.ts')).scanTypeScript(file);
  } catch (cause) {
    // Nesting deeper than the stack, or a place where the parser itself gives up.
    return unreadable(file, language, cause instanceof RangeError ? 'it is nested too deep' : String(cause));
  }
}

function unreadable({ path, content }: SourceFile, language: Language, why: string): FileScan {
  const detail = `the file could not be read: ${why}`.slice(0, 200);
  return {
    path,
    language,
    lines: content.split('\n').length,
    chunks: [],
    hits: [{ rule: 'syntax-error', file: path, line: 1, chunk: null, loopDepth: 0, confidence: 1, detail }],
  };
}
