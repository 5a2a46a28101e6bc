// An index in SQLite: full text by FTS5, which is on disk and part of the same transaction as the rows; meaning by exact search over the
// vectors in memory, read from their rows on first use. Memory is a cache. Nothing here awaits, so a write and a query never interleave.
import type { Failure } from '../../core/api/failure.ts';
import { err, ok, type Result } from '../../core/base/result.ts';
import { checkRoom, type RoomBounds } from '../../core/search/check-room.ts';
import { contentBytes } from '../../core/search/document.ts';
import { meetsFilter, type Filter } from '../../core/search/filter.ts';
import { fuseRanks, type Scored } from '../../core/search/fuse-ranks.ts';
import type { Hit } from '../../core/search/hit.ts';
import { planMatch } from '../../core/search/match-expression.ts';
import { searchBounds, type IndexCounts } from '../../core/search/search-bounds.ts';
import { VectorTable } from '../../core/search/vector-table.ts';
import type { EmbeddedDocument, IndexChange, IndexWritten, SearchAsk, SearchIndex } from './search-index.ts';
import type { SqlPort } from './sql-port.ts';
import { documentOf, SqliteTables, vectorOf, type VectorRow } from './sqlite-tables.ts';

/** How deep each list is read for one of `limit` hits: a document that both place at the end of it may still come first together. */
const depthOf = (limit: number): number => Math.max(50, limit * 4);

/** A title says more about a document than a word of its text. */
const wordWeights = '2.0, 1.0';
const highlightTokens = 32;

interface Candidates {
  readonly match: string | null;
  readonly texts: readonly Scored[];
  readonly vectors: readonly Scored[];
}

export class SqliteSearch implements SearchIndex {
  readonly #sql: SqlPort;
  readonly #tables: SqliteTables;
  readonly #bounds: RoomBounds;
  #vectors: VectorTable | null = null;

  constructor(sql: SqlPort, bounds: RoomBounds = searchBounds) {
    this.#sql = sql;
    this.#tables = new SqliteTables(sql);
    this.#bounds = bounds;
  }

  counts(): Promise<IndexCounts> {
    return Promise.resolve(this.#tables.counts());
  }

  read(ids: readonly string[]): Promise<readonly EmbeddedDocument[]> {
    const rows = ids.map((id) => this.#tables.find(id)).filter((row) => row !== null);
    return Promise.resolve(
      rows.map((row) => Object.assign(documentOf(row), { vector: this.#readVector(row.seq) })),
    );
  }

  ids(): Promise<readonly string[]> {
    if (!this.#tables.isThere) return Promise.resolve([]);
    return Promise.resolve(this.#sql.all<{ id: string }>('SELECT id FROM documents').map(({ id }) => id));
  }

  write(change: IndexChange): Promise<Result<IndexWritten, Failure>> {
    return Promise.resolve(this.#write(change));
  }

  search(ask: SearchAsk): Promise<Result<readonly Hit[], Failure>> {
    return Promise.resolve(this.#search(ask));
  }

  destroy(): Promise<void> {
    this.#tables.drop();
    this.#vectors = null;
    return Promise.resolve();
  }

  #write({ put, remove }: IndexChange): Result<IndexWritten, Failure> {
    const before = this.#tables.counts();
    const puts = put.map((document) => ({
      document,
      bytes: contentBytes(document),
      old: this.#tables.find(document.id),
    }));
    const removes = remove.map((id) => this.#tables.find(id)).filter((row) => row !== null);
    const dims = before.dims ?? put[0]?.vector.length ?? null;
    for (const { vector } of put)
      if (dims !== vector.length)
        return err({ kind: 'wrong-dimensions', expected: dims ?? 0, got: vector.length });
    const counts: IndexCounts = {
      dims,
      documents: before.documents + puts.filter(({ old }) => old === null).length - removes.length,
      contentBytes:
        before.contentBytes +
        puts.reduce((sum, { bytes, old }) => sum + bytes - (old?.bytes ?? 0), 0) -
        removes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    const full = checkRoom(before, counts, this.#bounds);
    if (full !== null) return err(full);
    if (puts.length === 0 && removes.length === 0) return ok({ counts: before, removed: 0 });
    let seqs: readonly number[] = [];
    this.#tables.change(() => {
      for (const old of removes) this.#tables.remove(old);
      seqs = puts.map(({ document, bytes, old }) => this.#tables.put(document, bytes, old));
      this.#tables.writeCounts(counts);
    });
    for (const { seq } of removes) this.#vectors?.delete(seq);
    for (const [at, { document }] of puts.entries()) this.#vectors?.set(seqs[at] ?? 0, document.vector);
    return ok({ counts, removed: removes.length });
  }

  #search(ask: SearchAsk): Result<readonly Hit[], Failure> {
    const { dims } = this.#tables.counts();
    if (dims === null) return ok([]);
    const { vector, limit } = ask;
    if (vector !== null && vector.length !== dims)
      return err({ kind: 'wrong-dimensions', expected: dims, got: vector.length });
    const allowed = ask.filter === null ? null : this.#seqsThatMeet(ask.filter);
    const depth = depthOf(limit);
    const match = ask.text === null ? null : planMatch(ask.text);
    const texts = match === null ? [] : this.#matching(match, depth, allowed);
    const vectors = vector === null ? [] : this.#openVectors(dims).nearest(vector, depth, allowed);
    const ranked =
      match !== null && vector !== null ? fuseRanks([texts, vectors]) : match === null ? vectors : texts;
    const { minScore } = ask;
    const best = ranked.filter(({ score }) => minScore === null || score >= minScore).slice(0, limit);
    return ok(this.#hits(best, { match, texts, vectors }));
  }

  #matching(match: string, depth: number, allowed: ReadonlySet<number> | null): readonly Scored[] {
    const query = `SELECT rowid AS seq, -bm25(words, ${wordWeights}) AS score FROM words WHERE words MATCH ?
      ORDER BY bm25(words, ${wordWeights}), rowid`;
    const found: Scored[] = [];
    const visit = ({ seq, score }: { seq: number; score: number }): void => {
      if (found.length < depth && (allowed === null || allowed.has(seq))) found.push({ key: seq, score });
    };
    if (allowed === null) this.#sql.each(visit, `${query} LIMIT ?`, match, depth);
    else this.#sql.each(visit, query, match);
    return found;
  }

  #seqsThatMeet(filter: Filter): ReadonlySet<number> {
    const seqs = new Set<number>();
    const visit = ({ seq, metadata }: { seq: number; metadata: string }): void => {
      if (meetsFilter(JSON.parse(metadata) as EmbeddedDocument['metadata'], filter)) seqs.add(seq);
    };
    this.#sql.each(visit, 'SELECT seq, metadata FROM documents');
    return seqs;
  }

  #hits(best: readonly Scored[], { match, texts, vectors }: Candidates): readonly Hit[] {
    const textScores = new Map(texts.map(({ key, score }) => [key, score]));
    const vectorScores = new Map(vectors.map(({ key, score }) => [key, score]));
    const withWords = best.map(({ key }) => key).filter((key) => textScores.has(key));
    const passages = match === null ? null : this.#passages(match, withWords);
    return best.map(({ key, score }) => {
      const { id, title, text, metadata } = documentOf(this.#tables.get(key));
      const textScore = textScores.get(key) ?? null;
      const vectorScore = vectorScores.get(key) ?? null;
      return {
        id,
        title,
        text,
        metadata,
        score,
        textScore,
        vectorScore,
        highlight: passages?.get(key) ?? null,
      };
    });
  }

  /** The passages with the words, of the documents that have them in their text and not in the title alone. */
  #passages(match: string, seqs: readonly number[]): ReadonlyMap<number, string> {
    // The sign keeps the row numbers out of the full-text index's own plan, in which each number costs as much as a whole query.
    const rows = this.#sql.all<{ seq: number; passage: string }>(
      `SELECT rowid AS seq, snippet(words, 1, '**', '**', '…', ${highlightTokens}) AS passage FROM words
       WHERE words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))`,
      match,
      JSON.stringify(seqs),
    );
    const marked = rows.filter(({ passage }) => passage.includes('**'));
    return new Map(marked.map(({ seq, passage }) => [seq, passage]));
  }

  #readVector(seq: number): Float32Array {
    const rows = this.#sql.all<VectorRow>('SELECT * FROM vectors WHERE seq = ?', seq);
    return vectorOf(rows[0]?.vector ?? new Uint8Array());
  }

  #openVectors(dims: number): VectorTable {
    if (this.#vectors !== null) return this.#vectors;
    const vectors = new VectorTable(dims);
    const visit = ({ seq, vector }: VectorRow): void => vectors.set(seq, vectorOf(vector));
    this.#sql.each(visit, 'SELECT * FROM vectors');
    this.#vectors = vectors;
    return vectors;
  }
}
