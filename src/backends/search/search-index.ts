// What an index is to its host, wherever documents and vectors are kept: SQLite of the Durable Object here, Vectorize or Upstash Vector
// elsewhere. Owns the contract alone; test/conformance/search.suite.ts is the same in tests. Vectors are made by the host.
import type { Failure } from '../../core/api/failure.ts';
import type { Result } from '../../core/base/result.ts';
import type { IndexDocument } from '../../core/search/document.ts';
import type { Filter } from '../../core/search/filter.ts';
import type { Hit } from '../../core/search/hit.ts';
import type { IndexCounts } from '../../core/search/search-bounds.ts';

export interface EmbeddedDocument extends IndexDocument {
  /** Of length 1. */
  readonly vector: Float32Array;
}

export interface IndexChange {
  /** Documents to insert or replace; no id twice, and none of those to remove. */
  readonly put: readonly EmbeddedDocument[];
  /** Ids to remove; those that are not there are passed over. */
  readonly remove: readonly string[];
}

export interface IndexWritten {
  readonly counts: IndexCounts;
  readonly removed: number;
}

export interface SearchAsk {
  /** Words to look for; null = meaning alone. */
  readonly text: string | null;
  /** Of length 1, of the index's dimensions; null = words alone. */
  readonly vector: Float32Array | null;
  readonly limit: number;
  readonly filter: Filter | null;
  readonly minScore: number | null;
}

export interface SearchIndex {
  counts(): Promise<IndexCounts>;
  /** The documents of these ids that are there, in any order. */
  read(ids: readonly string[]): Promise<readonly EmbeddedDocument[]>;
  /** Every id, in any order. */
  ids(): Promise<readonly string[]>;
  /**
   * Takes the whole change or none of it; once it has resolved, every query sees it. Fails with `index-full` or `wrong-dimensions`.
   */
  write(change: IndexChange): Promise<Result<IndexWritten, Failure>>;
  /** Best first. Both `text` and `vector`: one order of both lists. Fails with `wrong-dimensions`. */
  search(ask: SearchAsk): Promise<Result<readonly Hit[], Failure>>;
  /** Removes everything. */
  destroy(): Promise<void>;
}
