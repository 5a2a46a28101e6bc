// Reads decimal numbers out of CSV text. The plain ones (digits, perhaps a point) are read digit by digit without cutting a string,
// as a trace has millions; the rest takes a slower, equally strict way. Pure.

/** Up to 15 digits are exact in a double, so that one division or multiplication rounds once. */
const exactDigitsMax = 15;
/** Sign, digits, fraction, exponent; what a program prints as a number. No blanks, no hex, no `+`. */
const decimal = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const powers = Array.from({ length: exactDigitsMax + 1 }, (_, exponent) => 10 ** exponent);

/** Why a text is not a number to count on. */
export type NumberProblem = 'is empty' | 'is not a number' | 'is not finite';

/**
 * The number in text[from, to) times 1000, rounded once: seconds to ms without the error of `1.005 * 1000`.
 * NaN when the text is not plain digits with at most one point, or too long for this way.
 */
export function readPlainThousandfold(text: string, from: number, to: number): number {
  let mantissa = 0;
  let point = -1;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (digit === -2 && point === -1 && at > from) point = at;
    else return Number.NaN;
  }
  const decimals = point === -1 ? 0 : to - point - 1;
  if (to - from > exactDigitsMax || to === from || (point !== -1 && decimals === 0)) return Number.NaN;
  return decimals <= 3 ? mantissa * (powers[3 - decimals] ?? 1) : mantissa / (powers[decimals - 3] ?? 1);
}

/** A finite number of any sign, or what is wrong with the text. */
export function readNumber(text: string): number | NumberProblem {
  if (text === '') return 'is empty';
  if (/^-?(?:inf|infinity)$/i.test(text)) return 'is not finite';
  if (!decimal.test(text)) return 'is not a number';
  const value = Number(text);
  if (!Number.isFinite(value)) return 'is not finite';
  return value === 0 ? 0 : value;
}
