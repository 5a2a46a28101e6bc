// The planner's rows in SQLite: which pools are awake, what the brain has learned, in pieces below the platform's bound for a value, and
// what was learned of each function.
// Owns the tables.
import type { FunctionGraph } from '../src/core/graph/function-graph.ts';
import { restoreGraph } from '../src/core/graph/restore-graph.ts';
import type { BrainSnapshot } from '../src/core/warming/planner-brain.ts';

/** A value in SQLite holds 2 MB at most; characters beyond ASCII take up to three bytes. */
const pieceChars = 600_000;

export class PlannerStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec('CREATE TABLE IF NOT EXISTS awake (pool TEXT PRIMARY KEY) STRICT');
    storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS brain (piece INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT',
    );
    storage.sql.exec('CREATE TABLE IF NOT EXISTS graph (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT');
  }

  readAwake(): readonly string[] {
    return this.#storage.sql
      .exec<{ pool: string }>('SELECT pool FROM awake ORDER BY pool')
      .toArray()
      .map(({ pool }) => pool);
  }

  enlist(pool: string): void {
    this.#storage.sql.exec('INSERT OR IGNORE INTO awake VALUES (?)', pool);
  }

  dismiss(pools: readonly string[]): void {
    for (const pool of pools) this.#storage.sql.exec('DELETE FROM awake WHERE pool = ?', pool);
  }

  /** What was learned; null when nothing is stored, or it cannot be read. */
  readBrain(): BrainSnapshot | null {
    const pieces = this.#storage.sql
      .exec<{ body: string }>('SELECT body FROM brain ORDER BY piece')
      .toArray()
      .map(({ body }) => body);
    if (pieces.length === 0) return null;
    try {
      return JSON.parse(pieces.join('')) as BrainSnapshot;
    } catch {
      return null;
    }
  }

  readGraph(): FunctionGraph {
    const rows = this.#storage.sql.exec<{ body: string }>('SELECT body FROM graph').toArray();
    return restoreGraph(rows.map(({ body }) => parseOrNull(body)));
  }

  /** Writes the functions that differ from those before, by identity, and forgets those that are gone. */
  writeGraph(before: FunctionGraph, after: FunctionGraph): void {
    const kept = new Set(after.functions.map(({ name }) => name));
    const known = new Set(before.functions);
    this.#storage.transactionSync(() => {
      for (const each of after.functions)
        if (!known.has(each))
          this.#storage.sql.exec(
            'INSERT OR REPLACE INTO graph VALUES (?, ?)',
            each.name,
            JSON.stringify(each),
          );
      for (const { name } of before.functions)
        if (!kept.has(name)) this.#storage.sql.exec('DELETE FROM graph WHERE name = ?', name);
    });
  }

  /** One transaction: a crash leaves what was learned before, whole. */
  writeBrain(snapshot: BrainSnapshot): void {
    const text = JSON.stringify(snapshot);
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec('DELETE FROM brain');
      for (let piece = 0; piece * pieceChars < text.length; piece += 1) {
        const body = text.slice(piece * pieceChars, (piece + 1) * pieceChars);
        this.#storage.sql.exec('INSERT INTO brain VALUES (?, ?)', piece, body);
      }
    });
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
