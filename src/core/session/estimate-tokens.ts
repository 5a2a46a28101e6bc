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

/** Tokens of one message with its frame. Every request's prompt is counted so: a table and three counters, no look-up by name. */
export function estimateTokens(text: string, gauge: TokenGauge): number {
  const { length } = text;
  let [words, digits, marks] = [0, 0, 0];
  for (let at = 0; at < length; at += 1) {
    const unit = text.charCodeAt(at);
    const kind = unit < wideFrom ? kinds[unit] : wide;
    if (kind === word) words += 1;
    else if (kind === mark) marks += 1;
    else if (kind === digit) digits += 1;
  }
  const wides = length - words - digits - marks;
  const tokens = words / gauge.words + digits / gauge.digits + marks / gauge.marks + wides / gauge.wide;
  return Math.ceil(tokens) + MESSAGE_TOKENS;
}

const [word, digit, mark, wide] = [0, 1, 2, 3];
const wideFrom = 0x250;
/** The kind of each unit below `wideFrom`. */
const kinds = Uint8Array.from({ length: wideFrom }, (_, unit) => kindOf(unit));

function kindOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return digit;
  const lower = unit | 0x20;
  const isWord = unit === 0x20 || (lower >= 0x61 && lower <= 0x7a) || unit >= 0xc0;
  return isWord ? word : mark;
}
