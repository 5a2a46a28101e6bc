// The rows of one session in SQLite. Owns the schema and its migrations; the constraints repeat the core's invariants (a message's
// place, one message per role and turn, one turn per key), so that a bug fails a transaction instead of doubling a message.
import type { SessionWrite } from '../src/core/session/session-events.ts';
import type {
  LoggedMessage,
  SessionHead,
  SessionState,
  TurnRecord,
} from '../src/core/session/session-state.ts';
import type { SessionStore } from '../src/hosts/session-ports.ts';

/** Each entry is applied once, in order, in one transaction; entries are never edited, only added. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, tenant TEXT NOT NULL,
       model TEXT NOT NULL, created_ms INTEGER NOT NULL, metadata TEXT NOT NULL, tail_seq INTEGER NOT NULL)`,
    `CREATE TABLE messages (seq INTEGER PRIMARY KEY, turn TEXT NOT NULL, role TEXT NOT NULL,
       content TEXT NOT NULL, UNIQUE (turn, role))`,
    `CREATE TABLE turns (id TEXT PRIMARY KEY, key TEXT UNIQUE, body_hash TEXT NOT NULL, user_seq INTEGER NOT NULL,
       attempt INTEGER NOT NULL, expires_ms INTEGER NOT NULL, status TEXT NOT NULL) WITHOUT ROWID`,
    `CREATE TABLE texts (turn TEXT NOT NULL, attempt INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
       PRIMARY KEY (turn, attempt, position)) WITHOUT ROWID`,
  ],
];

type HeadRow = {
  id: string;
  tenant: string;
  model: string;
  created_ms: number;
  metadata: string;
  tail_seq: number;
};
type TurnRow = {
  id: string;
  key: string | null;
  body_hash: string;
  user_seq: number;
  attempt: number;
  expires_ms: number;
  status: string;
};
type MessageRow = { seq: number; turn: string; role: 'user' | 'assistant'; content: string };

/** The store over a Durable Object's storage. Tables appear with the first commit: an object that is only asked stores nothing. */
export function openSessionStore(storage: DurableObjectStorage): SessionStore {
  const sql = storage.sql;
  let version = schemaVersion(sql);
  const migrate = (): void => {
    if (version === MIGRATIONS.length) return;
    sql.exec('CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)');
    for (const statement of MIGRATIONS.slice(version).flat()) sql.exec(statement);
    sql.exec('DELETE FROM schema');
    sql.exec('INSERT INTO schema (version) VALUES (?)', MIGRATIONS.length);
  };
  const commit = (writes: readonly SessionWrite[]): void => {
    storage.transactionSync(() => {
      migrate();
      for (const write of writes) writeRow(sql, write);
    });
    version = MIGRATIONS.length;
  };
  if (version > 0 && version < MIGRATIONS.length) commit([]);
  const messages = (where: string, seq: number): Iterable<LoggedMessage> =>
    sql.exec<MessageRow>(`SELECT seq, turn, role, content FROM messages WHERE seq ${where}`, seq);
  return {
    commit,
    load: () => (version === 0 ? null : loadState(sql)),
    message: (seq) => [...messages('= ?', seq)][0] ?? null,
    messagesAfter: (seq) => messages('> ? ORDER BY seq', seq),
    messagesUpTo: (seq) => messages('<= ? ORDER BY seq DESC', seq),
    texts: (turn, attempt, { index, rowsMax }) =>
      sql
        .exec<{
          text: string;
        }>(
          'SELECT text FROM texts WHERE turn = ? AND attempt = ? AND position >= ? ORDER BY position LIMIT ?',
          turn,
          attempt,
          index,
          rowsMax,
        )
        .toArray()
        .map((row) => row.text),
  };
}

function schemaVersion(sql: SqlStorage): number {
  const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema'").toArray();
  if (tables.length === 0) return 0;
  return sql.exec<{ version: number }>('SELECT version FROM schema').one().version;
}

function loadState(sql: SqlStorage): SessionState | null {
  const row = sql.exec<HeadRow>('SELECT * FROM head').toArray()[0];
  if (row === undefined) return null;
  const head: SessionHead = {
    id: row.id,
    tenant: row.tenant,
    model: row.model,
    createdMs: row.created_ms,
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    tailSeq: row.tail_seq,
  };
  const records = sql.exec<TurnRow>('SELECT * FROM turns ORDER BY user_seq').toArray().map(toTurn);
  const running = records.find((turn) => turn.status.kind === 'running');
  return {
    head,
    turns: new Map(records.map((turn) => [turn.id, turn])),
    // Deadline and progress died with the life that ran it; the next event of this life ends the turn.
    running:
      running === undefined
        ? null
        : { turn: running.id, attempt: running.attempt, deadlineMs: 0, watchMs: 0, texts: 0, chars: 0 },
  };
}

function toTurn(row: TurnRow): TurnRecord {
  return {
    id: row.id,
    key: row.key,
    bodyHash: row.body_hash,
    userSeq: row.user_seq,
    attempt: row.attempt,
    expiresMs: row.expires_ms,
    status: JSON.parse(row.status) as TurnRecord['status'],
  };
}

function writeRow(sql: SqlStorage, write: SessionWrite): void {
  switch (write.kind) {
    case 'head': {
      const { id, tenant, model, createdMs, metadata, tailSeq } = write.head;
      const values = [id, tenant, model, createdMs, JSON.stringify(metadata), tailSeq];
      sql.exec('INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?)', ...values);
      return;
    }
    case 'message': {
      const { seq, turn, role, content } = write.message;
      sql.exec('INSERT INTO messages VALUES (?, ?, ?, ?)', seq, turn, role, content);
      return;
    }
    case 'turn': {
      const { id, key, bodyHash, userSeq, attempt, expiresMs, status } = write.turn;
      sql.exec(
        `INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
           attempt = excluded.attempt, expires_ms = excluded.expires_ms, status = excluded.status`,
        id,
        key,
        bodyHash,
        userSeq,
        attempt,
        expiresMs,
        JSON.stringify(status),
      );
      return;
    }
    case 'text':
      sql.exec('INSERT INTO texts VALUES (?, ?, ?, ?)', write.turn, write.attempt, write.index, write.text);
      return;
    case 'drop-texts':
      sql.exec('DELETE FROM texts WHERE turn = ?', write.turn);
      return;
    case 'drop-turn':
      sql.exec('DELETE FROM texts WHERE turn = ?', write.turn);
      sql.exec('DELETE FROM turns WHERE id = ?', write.turn);
      return;
    default:
      throw new Error(`unknown write ${JSON.stringify(write satisfies never)}`);
  }
}
