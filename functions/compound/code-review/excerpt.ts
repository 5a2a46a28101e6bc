// Cuts what a reader needs out of a chunk: the line that opens it, the lines that were found, and as much around them as fits. Pure.
import type { Chunk } from './review-types.ts';

/** Stands where lines were left out. */
const GAP = '...';

export interface ExcerptWish {
  /** Lines that matter, from 1, the most important first. */
  readonly lines: readonly number[];
  readonly charsMax: number;
}

/** The chunk without its common indentation; whole when it fits. At least the first wished line is in it, cut at the bound. */
export function excerptOf(
  source: readonly string[],
  chunk: Pick<Chunk, 'firstLine' | 'lastLine'>,
  wish: ExcerptWish,
): string {
  const { firstLine, lastLine } = chunk;
  const wanted = wish.lines.filter((line) => line >= firstLine && line <= lastLine);
  const taken = new Set<number>();
  let left = wish.charsMax;
  const take = (line: number): boolean => {
    if (taken.has(line) || line < firstLine || line > lastLine) return true;
    // A gap beside it costs as well; counting one for each line is never too little.
    const cost = (source[line - 1] ?? '').length + 1 + GAP.length;
    if (cost > left && taken.size > 0) return false;
    taken.add(line);
    left -= cost;
    return true;
  };
  for (const line of [...wanted.slice(0, 1), firstLine, ...wanted.slice(1)]) if (!take(line)) break;
  // The opening line is company; what stands around the lines that matter is what explains them.
  const seeds = wanted.length > 0 ? wanted.filter((line) => taken.has(line)) : [firstLine];
  for (let reach = 1; reach <= lastLine - firstLine; reach += 1) {
    const around = seeds.flatMap((line) => [line - reach, line + reach]);
    if (!around.every(take)) break;
  }
  return render(
    source,
    [...taken].toSorted((a, b) => a - b),
    chunk,
  ).slice(0, wish.charsMax);
}

function render(source: readonly string[], lines: readonly number[], chunk: Pick<Chunk, 'lastLine'>): string {
  const texts = lines.map((line) => source[line - 1] ?? '');
  const indents = texts
    .filter((text) => text.trim() !== '')
    .map((text) => /^[ \t]*/.exec(text)?.[0].length ?? 0);
  const indent = Math.min(...indents, Number.MAX_SAFE_INTEGER);
  const out: string[] = [];
  for (const [at, line] of lines.entries()) {
    const before = lines[at - 1];
    if (before !== undefined && before + 1 < line) out.push(GAP);
    out.push((texts[at] ?? '').slice(Number.isFinite(indent) ? indent : 0).trimEnd());
  }
  if ((lines.at(-1) ?? chunk.lastLine) < chunk.lastLine) out.push(GAP);
  return out.join('\n');
}
