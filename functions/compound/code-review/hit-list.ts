// Collects what the rules of one file find, with a bound per rule. Pure.
import { HITS_PER_RULE_MAX, type Chunk, type Hit } from './review-types.ts';
import type { RuleId } from './rules.ts';

export type Spot = Omit<Hit, 'file' | 'rule' | 'chunk'>;

export class HitList {
  readonly #file: string;
  readonly #hits: Hit[] = [];
  readonly #counts = new Map<RuleId, number>();

  constructor(file: string) {
    this.#file = file;
  }

  /** One hit per rule and line: the second says nothing new. */
  add(rule: RuleId, spot: Spot): void {
    const last = this.#hits.findLast((hit) => hit.rule === rule);
    if (last !== undefined && last.line === spot.line) return;
    const count = (this.#counts.get(rule) ?? 0) + 1;
    this.#counts.set(rule, count);
    if (count <= HITS_PER_RULE_MAX) this.#hits.push({ rule, file: this.#file, chunk: null, ...spot });
  }

  /** By line, each in the innermost chunk that holds it. What went beyond the bound is said by the last hit of the rule. */
  done(chunks: readonly Chunk[]): readonly Hit[] {
    const placed = this.#hits.map((hit, at): Hit => {
      const chunk = chunkAt(chunks, hit.line)?.name ?? null;
      const more = (this.#counts.get(hit.rule) ?? 0) - HITS_PER_RULE_MAX;
      const isLast = more > 0 && this.#hits.findLastIndex(({ rule }) => rule === hit.rule) === at;
      const detail = isLast ? `${hit.detail}; and ${more} more like it in this file` : hit.detail;
      return Object.assign({}, hit, { chunk, detail });
    });
    return placed.sort((a, b) => a.line - b.line);
  }
}

function chunkAt(chunks: readonly Chunk[], line: number): Chunk | null {
  let found: Chunk | null = null;
  for (const chunk of chunks) {
    if (line < chunk.firstLine || line > chunk.lastLine) continue;
    if (found === null || chunk.lastLine - chunk.firstLine < found.lastLine - found.firstLine) found = chunk;
  }
  return found;
}
