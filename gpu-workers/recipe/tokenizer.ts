// A byte-level BPE tokenizer in the scheme of GPT-2, except that digits are never merged. Owns learning and encoding; files are bpe.ts's.

export interface Tokenizer {
  /** Special tokens, the 256 bytes, merged tokens, padding: a token's id is its place. */
  readonly tokens: readonly string[];
  /** Pairs in the order in which they were learned, as "left right". */
  readonly merges: readonly string[];
  readonly special: readonly string[];
}

export const specialTokens = ['<|endoftext|>', '<|user|>', '<|assistant|>', '<|system|>', '<|end|>'] as const;

const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
/** Joins a pair into a key; no symbol of a byte is this character. */
const joint = '\u0000';
const symbols = listByteSymbols();

/** Cuts a text into the words inside of which tokens are merged. */
export function splitWords(text: string): readonly string[] {
  return text.match(wordPattern) ?? [];
}

/** A tokenizer that knows bytes alone: enough for weights that mean nothing. */
export function makeByteTokenizer(vocabulary: number): Tokenizer {
  return pad({ tokens: [...specialTokens, ...symbols], merges: [], special: specialTokens }, vocabulary);
}

/** Learns as many merges as the vocabulary has room for, the most frequent pair first. */
export function learnTokenizer(texts: Iterable<string>, vocabulary: number): Tokenizer {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].map(([word, count]) => ({ parts: toSymbols(word), count }));
  const tokens: string[] = [...specialTokens, ...symbols];
  const merges: string[] = [];
  while (tokens.length < vocabulary) {
    const pair = findCommonestPair(words);
    if (pair === null) break;
    const [left, right] = pair;
    merges.push(`${left} ${right}`);
    tokens.push(left + right);
    for (const word of words) {
      if (word.parts.length > 1) word.parts = mergePair(word.parts, left, right);
    }
  }
  return pad({ tokens, merges, special: specialTokens }, vocabulary);
}

/** Ids of a text; words are remembered, since most of them come again and again. */
export function makeEncoder(tokenizer: Tokenizer): (text: string) => readonly number[] {
  const ids = new Map(tokenizer.tokens.map((token, id) => [token, id]));
  const ranks = new Map(tokenizer.merges.map((merge, rank) => [merge.replace(' ', joint), rank]));
  const known = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    let parts = toSymbols(word);
    for (;;) {
      const best = findBestMerge(parts, ranks);
      if (best < 0) break;
      parts = [...parts.slice(0, best), `${parts[best]}${parts[best + 1]}`, ...parts.slice(best + 2)];
    }
    return parts.map((part) => ids.get(part) ?? 0);
  };
  return (text) =>
    splitWords(text).flatMap((word) => {
      const encoded = known.get(word) ?? encodeWord(word);
      known.set(word, encoded);
      return encoded;
    });
}

function findCommonestPair(
  words: readonly { readonly parts: readonly string[]; readonly count: number }[],
): readonly [string, string] | null {
  const counts = new Map<string, number>();
  for (const { parts, count } of words) {
    for (let at = 0; at + 1 < parts.length; at += 1) {
      const key = `${parts[at]}${joint}${parts[at + 1]}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let best: string | null = null;
  // A pair that comes once is no pattern.
  let bestCount = 1;
  for (const [key, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== null && key < best))
      [best, bestCount] = [key, count];
  }
  const [left, right] = best?.split(joint) ?? [];
  return left === undefined || right === undefined ? null : [left, right];
}

function mergePair(parts: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const together = parts[at] === left && parts[at + 1] === right;
    merged.push(together ? left + right : (parts[at] ?? ''));
    if (together) at += 1;
  }
  return merged;
}

function findBestMerge(parts: readonly string[], ranks: ReadonlyMap<string, number>): number {
  let best = -1;
  let bestRank = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < parts.length; at += 1) {
    const rank = ranks.get(`${parts[at]}${joint}${parts[at + 1]}`);
    if (rank !== undefined && rank < bestRank) [best, bestRank] = [at, rank];
  }
  return best;
}

function toSymbols(word: string): string[] {
  return [...Buffer.from(word, 'utf8')].map((byte) => symbols[byte] ?? '');
}

/** GPT-2's way to write a byte as one visible character: itself where that is one, else the next free one from 256 on. */
function listByteSymbols(): readonly string[] {
  let free = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    if (visible) return String.fromCodePoint(byte);
    free += 1;
    return String.fromCodePoint(free - 1);
  });
}

function pad(tokenizer: Tokenizer, vocabulary: number): Tokenizer {
  const { tokens } = tokenizer;
  const missing = Array.from(
    { length: Math.max(0, vocabulary - tokens.length) },
    (_, at) => `[PAD${tokens.length + at}]`,
  );
  return { ...tokenizer, tokens: [...tokens, ...missing] };
}
