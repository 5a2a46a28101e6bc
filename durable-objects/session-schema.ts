// The tables of one session and how they came to be. Entries are applied once, in order, in one transaction; they are never edited,
// only added.

export const SESSION_MIGRATIONS: readonly (readonly string[])[] = [
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
  // The event stream. What an older session holds becomes the beginning of its stream: its creation, then its messages.
  [
    'CREATE TABLE session (one INTEGER PRIMARY KEY CHECK (one = 1), head TEXT NOT NULL)',
    `CREATE TABLE tail (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, event_seq INTEGER NOT NULL,
       chars INTEGER NOT NULL, at_ms INTEGER NOT NULL)`,
    'CREATE TABLE events (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, fact TEXT NOT NULL)',
    'CREATE TABLE records (id TEXT PRIMARY KEY, key TEXT UNIQUE, body TEXT NOT NULL)',
    'CREATE TABLE summary (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL)',
    'CREATE TABLE forks (key TEXT PRIMARY KEY, body TEXT NOT NULL)',
    'CREATE TABLE stops (turn TEXT NOT NULL, attempt INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (turn, attempt))',
    `INSERT INTO session SELECT 1, json_object('id', id, 'tenant', tenant, 'model', model, 'metadata', json(metadata),
       'policy', 'queue', 'ttlMs', 2592000000, 'instructions', NULL, 'summaries', 'model', 'origin', NULL,
       'filling', json('false'), 'createdMs', created_ms, 'cuts', 0) FROM head`,
    `INSERT INTO events SELECT 1, created_ms, json_object('kind', 'created', 'model', model, 'origin', NULL) FROM head`,
    `INSERT INTO events SELECT messages.seq + 1, head.created_ms, json_object('kind', 'message', 'turn', turn,
       'seq', seq, 'role', role, 'content', content) FROM messages, head`,
    `INSERT INTO tail SELECT 1, tail_seq, tail_seq + 1, (SELECT coalesce(sum(length(content)), 0) FROM messages),
       coalesce((SELECT max(expires_ms) - 86400000 FROM turns), created_ms) FROM head`,
    // What ran when the older version ended runs no more.
    `INSERT INTO records SELECT turns.id, key, json_object('id', turns.id, 'key', key, 'bodyHash', body_hash,
       'firstEvent', user_seq + 1, 'attemptAfter', user_seq, 'endEvent', tail_seq + 1, 'userSeq', user_seq,
       'attempt', attempt, 'msMax', 660000, 'expiresMs', expires_ms, 'deadlineMs', 0, 'resumable', json('false'),
       'resumes', 0, 'run', NULL,
       'status', json(CASE json_extract(status, '$.kind') WHEN 'running' THEN '{"kind":"interrupted"}' ELSE status END))
       FROM turns, head`,
    'DROP TABLE texts',
    'DROP TABLE turns',
    'DROP TABLE head',
  ],
];

/** Every table that a session may have. */
export const SESSION_TABLES = [
  'schema',
  'session',
  'tail',
  'events',
  'messages',
  'records',
  'summary',
  'forks',
  'stops',
] as const;
