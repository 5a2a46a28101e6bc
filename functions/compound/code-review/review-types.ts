// What the parts of a code review hand to one another: types and bounds. Pure.
// What goes into the journal is a type and no interface: the compiler takes only the former for JSON.
import type { RuleId } from './rules.ts';

export const LANGUAGES = ['apex', 'typescript'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface SourceFile {
  readonly path: string;
  readonly content: string;
}

/** A function, method or trigger body: what is judged as one piece. Lines count from 1, both ends included. */
export type Chunk = {
  readonly file: string;
  readonly language: Language;
  readonly name: string;
  readonly firstLine: number;
  readonly lastLine: number;
  /** Loops inside loops, at the deepest place. */
  readonly loopDepth: number;
};

/** What a static rule found. */
export type Hit = {
  readonly rule: RuleId;
  readonly file: string;
  readonly line: number;
  /** The chunk that the line is in, by name; null for what concerns the file. */
  readonly chunk: string | null;
  readonly loopDepth: number;
  /** How often the rule is right where it fires like this, 0 to 1. */
  readonly confidence: number;
  /** What stands there, in words. */
  readonly detail: string;
};

export interface FileScan {
  readonly path: string;
  readonly language: Language;
  readonly lines: number;
  readonly chunks: readonly Chunk[];
  readonly hits: readonly Hit[];
}

/** Hits of one rule in one file that are kept; the rest is a number. A rule that fires more often is a habit, not a list of places. */
export const HITS_PER_RULE_MAX = 50;

/** Hits of a whole review that are kept. */
export const HITS_MAX = 1_000;

/** How a chunk is found again; methods of one name in one file are read together. */
export function chunkKey(file: string, chunk: string): string {
  return `${file}\n${chunk}`;
}
