// A question in a person's words as an expression of SQLite's full-text search: any of its words, none of the expression language's own.
// Pure. https://www.sqlite.org/fts5.html#full_text_query_syntax
import { searchBounds } from './search-bounds.ts';

/** Words that nearly every English document has: they cost a long list each and tell nothing. */
const commonWords: ReadonlySet<string> = new Set(
  (
    'a an and are as at be but by can could did do does for from had has have how i if in into is it its me my no not of on or our ' +
    'please she should so some that the their them then there these they this to was we were what when where which who why will with ' +
    'would you your'
  ).split(' '),
);

/** Words and numbers of any script; each is quoted, so that no sign and no word of the query is an operator. Null = no word in it. */
export function planMatch(query: string): string | null {
  const words = [...new Set(query.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu))];
  const telling = words.filter((word) => !commonWords.has(word));
  const terms = (telling.length > 0 ? telling : words).slice(0, searchBounds.queryTermsMax);
  return terms.length === 0 ? null : terms.map((term) => `"${term}"`).join(' OR ');
}
