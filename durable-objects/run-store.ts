// The rows of one run in SQLite: what it began with, how far it is, a row per step, a row per log entry. Owns the tables and their
// migration. What never changes is a row of its own, so that a step does not write a megabyte of input again.
import type { RunWrite } from '../src/core/run/run-events.ts';
import type { LogEntry, RunProgress, RunSpec, RunState, StepRecord } from '../src/core/run/run-state.ts';
import type { RunStore } from '../src/hosts/run-ports.ts';

const TABLES = [
  'CREATE TABLE IF NOT EXISTS run (part TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT',
  'CREATE TABLE IF NOT EXISTS steps (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT',
  'CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL) STRICT',
] as const;

type LogRow = { seq: number; type: string; data: string };

/** Tables appear with the first commit: an object that is only asked stores nothing. */
export function openRunStore(storage: DurableObjectStorage): RunStore {
  const { sql } = storage;
  let hasTables =
    sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'run'").toArray().length > 0;
  const part = (name: string): unknown => {
    const [row] = sql.exec<{ body: string }>('SELECT body FROM run WHERE part = ?', name).toArray();
    return row === undefined ? null : JSON.parse(row.body);
  };
  return {
    load() {
      if (!hasTables) return null;
      const spec = part('spec') as RunSpec | null;
      const progress = part('progress') as RunProgress | null;
      if (spec === null || progress === null) return null;
      const rows = sql.exec<{ body: string }>('SELECT body FROM steps ORDER BY n').toArray();
      return {
        spec,
        progress,
        steps: rows.map(({ body }) => JSON.parse(body) as StepRecord),
      } satisfies RunState;
    },
    commit(writes) {
      storage.transactionSync(() => {
        if (!hasTables) for (const table of TABLES) sql.exec(table);
        for (const write of writes) writeRow(sql, write);
      });
      hasTables = true;
    },
    log(afterSeq, entriesMax) {
      if (!hasTables) return [];
      return sql
        .exec<LogRow>(
          'SELECT seq, type, data FROM log WHERE seq > ? ORDER BY seq LIMIT ?',
          afterSeq,
          entriesMax,
        )
        .toArray()
        .map(({ seq, type, data }) => ({ seq, type, data: JSON.parse(data) }) as LogEntry);
    },
    erase() {
      storage.transactionSync(() => {
        for (const table of ['run', 'steps', 'log']) sql.exec(`DROP TABLE IF EXISTS ${table}`);
      });
      hasTables = false;
    },
  };
}

function writeRow(sql: SqlStorage, write: RunWrite): void {
  switch (write.kind) {
    case 'spec':
      sql.exec("INSERT INTO run VALUES ('spec', ?)", JSON.stringify(write.spec));
      return;
    case 'progress':
      sql.exec("INSERT OR REPLACE INTO run VALUES ('progress', ?)", JSON.stringify(write.progress));
      return;
    case 'step':
      sql.exec('INSERT OR REPLACE INTO steps VALUES (?, ?)', write.step.n, JSON.stringify(write.step));
      return;
    case 'log': {
      const { seq, type, data } = write.entry;
      sql.exec('INSERT INTO log VALUES (?, ?, ?)', seq, type, JSON.stringify(data));
      return;
    }
    default:
      return write satisfies never;
  }
}
