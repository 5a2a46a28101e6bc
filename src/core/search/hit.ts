// What a query answers with. Pure data.
import type { IndexDocument } from './document.ts';

export interface Hit extends IndexDocument {
  /** What hits are ordered by. Hybrid: 0 to 1, by ranks, 1 = first in both lists; vector: cosine; text: BM25, larger is better. */
  readonly score: number;
  /** BM25, larger is better, comparable within one query; null where the words are not in the document or were not asked. */
  readonly textScore: number | null;
  /** Cosine, -1 to 1, comparable between queries; null where meaning was not asked, or the document is far down its list. */
  readonly vectorScore: number | null;
  /** The passage with the query's words, each between ** and **; null where none is in it. */
  readonly highlight: string | null;
}
