// How many tokens a text will take, without a tokenizer: characters are of four kinds, and each model has its figures for them. An
// estimate to budget with, on the high side; never used to charge. Pure.

/** UTF-16 units a token, by kind. Smaller figures = more tokens = a more careful budget. */
export interface TokenGauge {
  /** Latin letters and the blanks between words. */
  readonly words: number;
  readonly digits: number;
  /** Punctuation, symbols and line breaks: code is full of them. */
  readonly marks: number;
  /** Everything beyond Latin: ideographs and emoji take a token or more each. */
  readonly wide: number;
}

/** Large vocabularies hold about four letters a token in English prose and less in names, forms and code. */
export const LARGE_VOCABULARY: TokenGauge = { words: 3.5, digits: 1.5, marks: 1.2, wide: 0.8 };

/** Small vocabularies, as little embedded models have them. */
export const SMALL_VOCABULARY: TokenGauge = { words: 2, digits: 1, marks: 1, wide: 0.5 };

/** Role and separators around each message in a chat template. */
const MESSAGE_TOKENS = 6;

/** Tokens of one message with its frame. */
export function estimateTokens(text: string, gauge: TokenGauge): number {
  const count = { words: 0, digits: 0, marks: 0, wide: 0 };
  for (let at = 0; at < text.length; at += 1) count[kindOf(text.charCodeAt(at))] += 1;
  const tokens =
    count.words / gauge.words +
    count.digits / gauge.digits +
    count.marks / gauge.marks +
    count.wide / gauge.wide;
  return Math.ceil(tokens) + MESSAGE_TOKENS;
}

function kindOf(unit: number): keyof TokenGauge {
  if (unit >= 0x250) return 'wide';
  if (unit >= 0x30 && unit <= 0x39) return 'digits';
  const lower = unit | 0x20;
  const isWord = unit === 0x20 || (lower >= 0x61 && lower <= 0x7a) || unit >= 0xc0;
  return isWord ? 'words' : 'marks';
}
