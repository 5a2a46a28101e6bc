// Globs with stars, matched in time that is linear in the text whatever the pattern: each piece between two stars is searched with a
// failure table (Knuth, Morris, Pratt), and the first place where it fits is as good as any later one. Pure.

export interface Glob {
  /** Before the first star and behind the last. */
  readonly head: string;
  readonly tail: string;
  readonly pieces: readonly Piece[];
}

interface Piece {
  readonly text: string;
  /** How much of the piece still fits when the character after this many does not. */
  readonly table: readonly number[];
}

/** `pattern` holds at least one star. */
export function compileGlob(pattern: string): Glob {
  const parts = pattern.split('*');
  const pieces = parts.slice(1, -1).filter((part) => part !== '');
  return {
    head: parts[0] ?? '',
    tail: parts[parts.length - 1] ?? '',
    pieces: pieces.map((text) => ({ text, table: failureTable(text) })),
  };
}

export function matchesGlob({ head, tail, pieces }: Glob, text: string): boolean {
  const end = text.length - tail.length;
  if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let at = head.length;
  for (const piece of pieces) {
    at = endOf(piece, text, at, end);
    if (at === -1) return false;
  }
  return true;
}

/** Where the first occurrence between `from` and `to` ends; -1 when there is none. */
function endOf({ text: piece, table }: Piece, text: string, from: number, to: number): number {
  let fitting = 0;
  for (let at = from; at < to; at += 1) {
    while (fitting > 0 && piece.charCodeAt(fitting) !== text.charCodeAt(at))
      fitting = table[fitting - 1] ?? 0;
    if (piece.charCodeAt(fitting) === text.charCodeAt(at)) fitting += 1;
    if (fitting === piece.length) return at + 1;
  }
  return -1;
}

function failureTable(piece: string): readonly number[] {
  const table = [0];
  let fitting = 0;
  for (let at = 1; at < piece.length; at += 1) {
    while (fitting > 0 && piece.charCodeAt(fitting) !== piece.charCodeAt(at))
      fitting = table[fitting - 1] ?? 0;
    if (piece.charCodeAt(fitting) === piece.charCodeAt(at)) fitting += 1;
    table.push(fitting);
  }
  return table;
}
