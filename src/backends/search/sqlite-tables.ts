// The tables of an index in SQLite: documents, their vectors, the full-text index over them, and the totals. Owns the schema and every
// statement that writes. The full-text index reads its text from `documents`, so each row is stored once.
// https://www.sqlite.org/fts5.html#external_content_tables
import { must } from '../../core/base/assert.ts';
import type { IndexDocument } from '../../core/search/document.ts';
import type { IndexCounts } from '../../core/search/search-bounds.ts';
import type { EmbeddedDocument } from './search-index.ts';
import type { SqlPort } from './sql-port.ts';

/** Each entry is applied once, in order, in one transaction; entries are never edited, only added. */
const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE documents (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT, text TEXT NOT NULL,
       metadata TEXT NOT NULL, bytes INTEGER NOT NULL)`,
    'CREATE TABLE vectors (seq INTEGER PRIMARY KEY, vector BLOB NOT NULL)',
    'CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), documents INTEGER, bytes INTEGER, dims INTEGER)',
    // Porter's stemmer is for English; words of other languages pass through it nearly unchanged.
    `CREATE VIRTUAL TABLE words USING fts5(title, text, content = 'documents', content_rowid = 'seq',
       tokenize = 'porter unicode61 remove_diacritics 2')`,
  ],
];

export type DocumentRow = {
  readonly seq: number;
  readonly id: string;
  readonly title: string | null;
  readonly text: string;
  readonly metadata: string;
  readonly bytes: number;
};

export type VectorRow = { readonly seq: number; readonly vector: Uint8Array | ArrayBuffer };

type TotalsRow = { readonly documents: number; readonly bytes: number; readonly dims: number };

export class SqliteTables {
  readonly #sql: SqlPort;
  #version: number;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    this.#version = this.#readVersion();
  }

  /** Tables appear with the first write: an index that is only asked stores nothing. */
  get isThere(): boolean {
    return this.#version > 0;
  }

  /** Runs a change in one transaction, over tables of the newest form. */
  change(change: () => void): void {
    this.#sql.transaction(() => {
      this.#migrate();
      change();
    });
    this.#version = migrations.length;
  }

  drop(): void {
    this.#sql.transaction(() => {
      for (const name of ['words', 'totals', 'vectors', 'documents', 'search_schema'])
        this.#sql.run(`DROP TABLE IF EXISTS ${name}`);
    });
    this.#version = 0;
  }

  counts(): IndexCounts {
    const [row] = this.isThere ? this.#sql.all<TotalsRow>('SELECT * FROM totals') : [];
    return row === undefined
      ? { documents: 0, contentBytes: 0, dims: null }
      : { documents: row.documents, contentBytes: row.bytes, dims: row.dims };
  }

  find(id: string): DocumentRow | null {
    if (!this.isThere) return null;
    return this.#sql.all<DocumentRow>('SELECT * FROM documents WHERE id = ?', id)[0] ?? null;
  }

  get(seq: number): DocumentRow {
    const rows = this.#sql.all<DocumentRow>('SELECT * FROM documents WHERE seq = ?', seq);
    return must(rows[0], `document ${seq}`);
  }

  /** Inserts or replaces; returns the row's number. */
  put(document: EmbeddedDocument, bytes: number, old: DocumentRow | null): number {
    const sql = this.#sql;
    const { id, title, text } = document;
    const values = [title, text, JSON.stringify(document.metadata), bytes] as const;
    if (old !== null) this.#forgetWords(old);
    const rows =
      old === null
        ? sql.all<{ seq: number }>(
            'INSERT INTO documents (title, text, metadata, bytes, id) VALUES (?, ?, ?, ?, ?) RETURNING seq',
            ...values,
            id,
          )
        : sql.all<{ seq: number }>(
            'UPDATE documents SET title = ?, text = ?, metadata = ?, bytes = ? WHERE seq = ? RETURNING seq',
            ...values,
            old.seq,
          );
    const { seq } = must(rows[0], 'the row that was written');
    sql.run('INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)', seq, title, text);
    sql.run('INSERT OR REPLACE INTO vectors VALUES (?, ?)', seq, bytesOf(document.vector));
    return seq;
  }

  remove(old: DocumentRow): void {
    this.#forgetWords(old);
    this.#sql.run('DELETE FROM vectors WHERE seq = ?', old.seq);
    this.#sql.run('DELETE FROM documents WHERE seq = ?', old.seq);
  }

  writeCounts({ documents, contentBytes, dims }: IndexCounts): void {
    this.#sql.run('INSERT OR REPLACE INTO totals VALUES (1, ?, ?, ?)', documents, contentBytes, dims);
  }

  /** The full-text index keeps no text of its own: it must be told what it read. */
  #forgetWords({ seq, title, text }: DocumentRow): void {
    this.#sql.run(
      "INSERT INTO words (words, rowid, title, text) VALUES ('delete', ?, ?, ?)",
      seq,
      title,
      text,
    );
  }

  #readVersion(): number {
    const tables = "SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'search_schema'";
    if (this.#sql.all(tables).length === 0) return 0;
    const [row] = this.#sql.all<{ version: number }>('SELECT version FROM search_schema');
    return row?.version ?? 0;
  }

  #migrate(): void {
    if (this.#version === migrations.length) return;
    this.#sql.run('CREATE TABLE IF NOT EXISTS search_schema (version INTEGER NOT NULL)');
    for (const statement of migrations.slice(this.#version).flat()) this.#sql.run(statement);
    this.#sql.run('DELETE FROM search_schema');
    this.#sql.run('INSERT INTO search_schema VALUES (?)', migrations.length);
  }
}

export function documentOf(row: DocumentRow): IndexDocument {
  const metadata = JSON.parse(row.metadata) as IndexDocument['metadata'];
  return { id: row.id, title: row.title, text: row.text, metadata };
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** A copy: the bytes of a row may begin at an odd address. */
export function vectorOf(bytes: Uint8Array | ArrayBuffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).slice().buffer);
}
