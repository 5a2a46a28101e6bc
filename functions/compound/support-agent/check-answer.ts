// Whether an answer says what its source says. A model that copies is trusted as far as the copy goes: every number and nearly every word must
// stand in the source. Pure.

/** Share of an answer's words that its passage must have: room for an ending and a word of courtesy. */
export const COPIED_MIN = 0.7;

/** The same for the result of a tool, which is fields and no sentence: how it is said is the model's own. */
export const TOLD_MIN = 0.25;

/** Words that say nothing about the matter. */
const fillers = new Set(
  'a an and are as at be but by can do does for from has have i if in is it its no not of on or our so that the their then there they this to up us was we will with yes you your'.split(
    ' ',
  ),
);

/** `shareMin`: of the telling words. A number that the source does not have is never supported. */
export function isSupported(answer: string, source: string, shareMin: number): boolean {
  const has = new Set(wordsOf(source));
  const said = wordsOf(answer);
  const stems = new Set([...has].map(stem));
  if (said.some((word) => /\d/.test(word) && !has.has(word))) return false;
  const telling = contentWords(answer);
  if (telling.length === 0) return false;
  return telling.filter((word) => stems.has(stem(word))).length / telling.length >= shareMin;
}

/** Words that say what a text is about, in order, each once. */
export function contentWords(text: string): readonly string[] {
  return [...new Set(wordsOf(text))].filter((word) => !fillers.has(word));
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\d]+(?:[.,:@-][\p{L}\d]+)*/gu) ?? [];
}

/** Plurals and endings of verbs, roughly: enough to see that "refunds" and "refunded" are about a refund. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, '') : word;
}
