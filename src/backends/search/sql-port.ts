// The little of SQLite that the index needs, so that it runs over a Durable Object's storage and over a database in a test alike.

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, string | number | null | Uint8Array | ArrayBuffer>>;

export interface SqlPort {
  // eslint-disable-next-line typescript/no-unnecessary-type-parameters -- what a row holds is known where its query is written.
  all<T extends SqlRow>(query: string, ...values: readonly SqlValue[]): readonly T[];
  /**
   * Visits every row without holding them all. There is no way to stop early: a statement that is left open would keep its tables from
   * being dropped.
   */
  // eslint-disable-next-line typescript/no-unnecessary-type-parameters -- what a row holds is known where its query is written.
  each<T extends SqlRow>(visit: (row: T) => void, query: string, ...values: readonly SqlValue[]): void;
  run(query: string, ...values: readonly SqlValue[]): void;
  /** All of `change` or nothing of it; rolls back when it throws. */
  transaction(change: () => void): void;
}
