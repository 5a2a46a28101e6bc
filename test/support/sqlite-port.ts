// A database in memory as an index sees it: the SQLite of Node in place of that of a Durable Object.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { SqlPort } from '../../src/backends/search/sql-port.ts';

export function memoryPort(): SqlPort {
  const db = new DatabaseSync(':memory:');
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const prepared = (query: string) => {
    const statement = statements.get(query) ?? db.prepare(query);
    statements.set(query, statement);
    return statement;
  };
  return {
    all: (query, ...values) => prepared(query).all(...(values as SQLInputValue[])) as never[],
    each: (visit, query, ...values) => {
      for (const row of prepared(query).iterate(...(values as SQLInputValue[]))) visit(row as never);
    },
    run: (query, ...values) => {
      if (values.length === 0) db.exec(query);
      else prepared(query).run(...(values as SQLInputValue[]));
    },
    transaction: (change) => {
      db.exec('BEGIN');
      try {
        change();
        db.exec('COMMIT');
      } catch (cause) {
        db.exec('ROLLBACK');
        throw cause;
      }
    },
  };
}
