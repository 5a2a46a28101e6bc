// A source file as the architecture rules see it: what it imports, which functions it has and how long they are, what it calls.
// Parses text alone; reads no file.
import { posix } from 'node:path';
import { parseSync, Visitor } from 'vite';

export interface FileText {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface FunctionSize {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface Use {
  /** `Date.now`, `new Date()`, `fetch()`, and `test….only` for a longer chain. */
  readonly what: string;
  readonly line: number;
}

export interface Source extends FileText {
  /** Project paths for relative imports, package names as written for others. Dynamic ones and re-exports count. */
  readonly imports: readonly string[];
  readonly functions: readonly FunctionSize[];
  readonly uses: readonly Use[];
  /** Files named in strings: programs that are started, not imported. */
  readonly names: readonly string[];
  /** Holds something that exists at run time. */
  readonly hasCode: boolean;
  /** Re-exports from other files and has nothing of its own. */
  readonly isBarrel: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export function parseSource({ path, text }: FileText): Source {
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path}: ${parsed.errors[0]?.message}`);
  const lines = new LineIndex(text);
  const imports = new Set<string>();
  const functions: FunctionSize[] = [];
  const uses: Use[] = [];
  const names: string[] = [];
  const addImport = (specifier: string): unknown => imports.add(resolveImport(path, specifier));
  const addFunction = (node: Node, name: string): void => {
    functions.push({ name, line: lines.at(node.start), lines: lines.countCode(node.start, node.end) });
  };
  new Visitor({
    ImportDeclaration: (node) => addImport(node.source.value),
    ExportAllDeclaration: (node) => addImport(node.source.value),
    ExportNamedDeclaration: (node) => node.source !== null && addImport(node.source.value),
    ImportExpression: (node) => node.source.type === 'Literal' && addImport(String(node.source.value)),
    FunctionDeclaration: (node) => addFunction(node, node.id?.name ?? 'default'),
    FunctionExpression: (node) => addFunction(node, node.id?.name ?? 'a function'),
    ArrowFunctionExpression: (node) => addFunction(node, 'an arrow function'),
    Literal: (node) => typeof node.value === 'string' && /\.tsx?$/.test(node.value) && names.push(node.value),
    MemberExpression: (node) => {
      const { object, property } = node;
      const owner = object.type === 'Identifier' ? object.name : `${rootOf(object)}…`;
      const name = property.type === 'Identifier' ? property.name : text.slice(property.start, property.end);
      uses.push({ what: `${owner}.${name.replaceAll(/['"`]/g, '')}`, line: lines.at(node.start) });
    },
    NewExpression: (node) => {
      if (node.callee.type !== 'Identifier') return;
      const what = node.arguments.length === 0 ? `new ${node.callee.name}()` : `new ${node.callee.name}(…)`;
      uses.push({ what, line: lines.at(node.start) });
    },
    CallExpression: (node) => {
      if (node.callee.type !== 'Identifier') return;
      uses.push({ what: `${node.callee.name}()`, line: lines.at(node.start) });
    },
  }).visit(parsed.program);
  const body = parsed.program.body as readonly Statement[];
  const hasCode = body.some(isCode);
  const isBarrel = !hasCode && body.some(isReExport);
  return { path, text, imports: [...imports], functions, uses, names, hasCode, isBarrel };
}

interface Statement {
  readonly type: string;
  readonly source?: unknown;
  readonly declaration?: Statement | null;
  readonly declare?: boolean;
}

function isCode(statement: Statement): boolean {
  switch (statement.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSModuleDeclaration':
      return false;
    case 'ExportNamedDeclaration':
      return (
        statement.declaration !== null && statement.declaration !== undefined && isCode(statement.declaration)
      );
    default:
      return statement.declare !== true;
  }
}

function isReExport(statement: Statement): boolean {
  if (statement.type === 'ExportAllDeclaration') return true;
  return (
    statement.type === 'ExportNamedDeclaration' && statement.source !== null && statement.source !== undefined
  );
}

interface AnyNode {
  readonly type: string;
}

interface Chain extends AnyNode {
  readonly name?: string;
  readonly object?: AnyNode;
  readonly callee?: AnyNode;
}

/** The name with which a chain of members and calls begins. */
function rootOf(node: AnyNode): string {
  const { name, object, callee } = node as Chain;
  const inner = object ?? callee;
  return inner === undefined ? (name ?? '') : rootOf(inner);
}

function resolveImport(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

class LineIndex {
  readonly #starts: readonly number[];
  readonly #isCode: readonly boolean[];

  constructor(text: string) {
    const lines = text.split('\n');
    let at = 0;
    this.#starts = lines.map((line) => (at += line.length + 1) - line.length - 1);
    this.#isCode = lines.map((line) => !/^\s*(?:\/\/|\/\*|\*|$)/.test(line));
  }

  at(offset: number): number {
    let line = 0;
    while (line + 1 < this.#starts.length && (this.#starts[line + 1] ?? 0) <= offset) line += 1;
    return line + 1;
  }

  /** Lines from one offset to another that are neither blank nor comment. */
  countCode(start: number, end: number): number {
    return this.#isCode.slice(this.at(start) - 1, this.at(end - 1)).filter(Boolean).length;
  }
}
