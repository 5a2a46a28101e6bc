// The rows of one session in SQLite. The constraints repeat the core's invariants (a message's place, one message per role and turn,
// one turn per key, one event per place), so that a bug fails a transaction instead of doubling a message.
import type { LogEvent } from '../src/core/session/log-event.ts';
import { restoreSession } from '../src/core/session/restore-session.ts';
import type { SessionWrite } from '../src/core/session/session-events.ts';
import type {
  ForkRecord,
  LoggedMessage,
  LogTail,
  RunStop,
  SessionHead,
  SessionState,
  Summary,
  TurnRecord,
} from '../src/core/session/session-state.ts';
import type { SessionStore } from '../src/hosts/session-ports.ts';
import { SESSION_MIGRATIONS, SESSION_TABLES } from './session-schema.ts';

type BodyRow = { body: string };
type EventRow = { seq: number; at_ms: number; fact: string };
type MessageRow = { seq: number; turn: string; role: 'user' | 'assistant'; content: string };
type TailRow = { seq: number; event_seq: number; chars: number; at_ms: number };

/** The store over a Durable Object's storage. Tables appear with the first commit: an object that is only asked stores nothing. */
export function openSessionStore(storage: DurableObjectStorage): SessionStore {
  const sql = storage.sql;
  let version = schemaVersion(sql);
  const migrate = (): void => {
    if (version === SESSION_MIGRATIONS.length) return;
    sql.exec('CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL)');
    for (const statement of SESSION_MIGRATIONS.slice(version).flat()) sql.exec(statement);
    sql.exec('DELETE FROM schema');
    sql.exec('INSERT INTO schema (version) VALUES (?)', SESSION_MIGRATIONS.length);
  };
  const commit = (writes: readonly SessionWrite[]): void => {
    const erases = writes.some((write) => write.kind === 'erase');
    storage.transactionSync(() => {
      if (erases) return eraseAll(sql);
      migrate();
      for (const write of writes) writeRow(sql, write);
    });
    version = erases ? 0 : SESSION_MIGRATIONS.length;
  };
  if (version > 0 && version < SESSION_MIGRATIONS.length) commit([]);
  const messages = (where: string, seq: number): Iterable<LoggedMessage> =>
    version === 0
      ? []
      : sql.exec<MessageRow>(`SELECT seq, turn, role, content FROM messages WHERE seq ${where}`, seq);
  return {
    commit,
    load: () => (version === 0 ? null : loadState(sql)),
    message: (seq) => [...messages('= ?', seq)][0] ?? null,
    messagesAfter: (seq) => messages('> ? ORDER BY seq', seq),
    messagesUpTo: (seq) => messages('<= ? ORDER BY seq DESC', seq),
    eventsAfter: (seq) => (version === 0 ? [] : readEvents(sql, seq)),
  };
}

function schemaVersion(sql: SqlStorage): number {
  const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema'").toArray();
  if (tables.length === 0) return 0;
  return sql.exec<{ version: number }>('SELECT version FROM schema').one().version;
}

function eraseAll(sql: SqlStorage): void {
  for (const table of SESSION_TABLES) sql.exec(`DROP TABLE IF EXISTS ${table}`);
}

function* readEvents(sql: SqlStorage, afterSeq: number): Generator<LogEvent> {
  const rows = sql.exec<EventRow>('SELECT seq, at_ms, fact FROM events WHERE seq > ? ORDER BY seq', afterSeq);
  for (const { seq, at_ms, fact } of rows) {
    yield { seq, atMs: at_ms, fact: JSON.parse(fact) as LogEvent['fact'] };
  }
}

function loadState(sql: SqlStorage): SessionState | null {
  const row = sql.exec<{ head: string }>('SELECT head FROM session').toArray()[0];
  if (row === undefined) return null;
  const tail = sql.exec<TailRow>('SELECT seq, event_seq, chars, at_ms FROM tail').one();
  const bodies = <T>(table: string, order: string): T[] =>
    sql
      .exec<BodyRow>(`SELECT body FROM ${table} ORDER BY ${order}`)
      .toArray()
      .map(({ body }) => JSON.parse(body) as T);
  return restoreSession({
    head: JSON.parse(row.head) as SessionHead,
    tail: { seq: tail.seq, eventSeq: tail.event_seq, chars: tail.chars, atMs: tail.at_ms },
    turns: bodies<TurnRecord>('records', 'id'),
    summary: bodies<Summary>('summary', 'one')[0] ?? null,
    forks: bodies<ForkRecord>('forks', 'rowid'),
    stops: bodies<RunStop>('stops', 'rowid'),
    eventsAfter: (seq) => readEvents(sql, seq),
  });
}

function writeRow(sql: SqlStorage, write: SessionWrite): void {
  switch (write.kind) {
    case 'head':
      sql.exec('INSERT OR REPLACE INTO session VALUES (1, ?)', JSON.stringify(write.head));
      return;
    case 'tail':
      return writeTail(sql, write.tail);
    case 'event': {
      const { seq, atMs, fact } = write.event;
      sql.exec('INSERT INTO events VALUES (?, ?, ?)', seq, atMs, JSON.stringify(fact));
      return;
    }
    case 'message': {
      const { seq, turn, role, content } = write.message;
      sql.exec('INSERT INTO messages VALUES (?, ?, ?, ?)', seq, turn, role, content);
      return;
    }
    case 'drop-messages':
      sql.exec('DELETE FROM messages WHERE seq > ?', write.afterSeq);
      return;
    case 'turn': {
      const { id, key } = write.turn;
      const body = JSON.stringify(write.turn);
      sql.exec(
        'INSERT INTO records VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
        id,
        key,
        body,
      );
      return;
    }
    case 'drop-turn':
      sql.exec('DELETE FROM records WHERE id = ?', write.turn);
      return;
    case 'summary':
      sql.exec('DELETE FROM summary');
      if (write.summary !== null)
        sql.exec('INSERT INTO summary VALUES (1, ?)', JSON.stringify(write.summary));
      return;
    case 'fork':
      sql.exec(
        'INSERT INTO forks VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body',
        write.fork.key,
        JSON.stringify(write.fork),
      );
      return;
    case 'drop-fork':
      sql.exec('DELETE FROM forks WHERE key = ?', write.key);
      return;
    case 'stop':
      return writeStop(sql, write.stop);
    case 'drop-stop':
      sql.exec('DELETE FROM stops WHERE turn = ? AND attempt = ?', write.turn, write.attempt);
      return;
    case 'erase':
      return eraseAll(sql);
    default:
      throw new Error(`unknown write ${JSON.stringify(write satisfies never)}`);
  }
}

function writeTail(sql: SqlStorage, { seq, eventSeq, chars, atMs }: LogTail): void {
  sql.exec('INSERT OR REPLACE INTO tail VALUES (1, ?, ?, ?, ?)', seq, eventSeq, chars, atMs);
}

function writeStop(sql: SqlStorage, stop: RunStop): void {
  sql.exec(
    'INSERT INTO stops VALUES (?, ?, ?) ON CONFLICT (turn, attempt) DO UPDATE SET body = excluded.body',
    stop.turn,
    stop.attempt,
    JSON.stringify(stop),
  );
}
