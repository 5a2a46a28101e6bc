// The index in SQLite: the suite of every index, its bounds, and that a change which fails leaves nothing behind.
import { describe, expect, test } from 'vitest';
import { SqliteSearch } from '../../../src/backends/search/sqlite-search.ts';
import type { SearchIndex } from '../../../src/backends/search/search-index.ts';
import type { SqlPort } from '../../../src/backends/search/sql-port.ts';
import { describeSearchIndex, embedded, helpPages } from '../../conformance/search.suite.ts';
import { conceptVector } from '../../support/concept-vectors.ts';
import { memoryPort } from '../../support/sqlite-port.ts';

const ports = new WeakMap<SearchIndex, SqlPort>();
function open(port: SqlPort): Promise<SearchIndex> {
  const index = new SqliteSearch(port);
  ports.set(index, port);
  return Promise.resolve(index);
}

describeSearchIndex(
  'an index in SQLite',
  () => open(memoryPort()),
  (index) => open(ports.get(index) ?? memoryPort()),
);

describe('the bounds of an index', () => {
  const bounds = { documentsMax: 2, vectorBytesMax: 1_000_000, contentBytesMax: 100 };
  const put = (...documents: readonly ReturnType<typeof embedded>[]) => ({ put: documents, remove: [] });

  test('a change that would hold too many documents is refused whole; replacing and removing still work', async () => {
    const index = new SqliteSearch(memoryPort(), bounds);
    await index.write(put(embedded('a', 'x'), embedded('b', 'x')));
    const full = { ok: false, error: { kind: 'index-full', what: 'documents', max: 2 } };
    expect(await index.write(put(embedded('b', 'new'), embedded('c', 'x')))).toEqual(full);
    expect((await index.read(['b']))[0]?.text).toBe('x');
    expect(await index.write(put(embedded('b', 'new')))).toMatchObject({ ok: true });
    expect(await index.write({ put: [embedded('c', 'x')], remove: ['a'] })).toMatchObject({ ok: true });
  });

  test('so is one of too many bytes, and vectors of many dimensions leave room for fewer documents', async () => {
    const bytes = new SqliteSearch(memoryPort(), bounds);
    expect(await bytes.write(put(embedded('a', 'x'.repeat(99))))).toEqual({
      ok: false,
      error: { kind: 'index-full', what: 'bytes', max: 100 },
    });
    const wide = new SqliteSearch(memoryPort(), { ...bounds, vectorBytesMax: 64 * 4 });
    expect(await wide.write(put(embedded('a', 'x'), embedded('b', 'x')))).toEqual({
      ok: false,
      error: { kind: 'index-full', what: 'documents', max: 1 },
    });
  });
});

test('a change that breaks off in the middle leaves the index as it was, on disk and in memory', async () => {
  const port = memoryPort();
  let writes = Infinity;
  const breaking: SqlPort = {
    ...port,
    run: (query, ...values) => {
      writes -= 1;
      if (writes < 0) throw new Error('disk full');
      port.run(query, ...values);
    },
  };
  const index = new SqliteSearch(breaking);
  await index.write({ put: helpPages, remove: [] });
  const ask = { text: 'parcel', vector: conceptVector('parcel'), limit: 9, filter: null, minScore: null };
  const before = [await index.search(ask), await index.counts()];
  for (let at = 0; at < 6; at += 1) {
    writes = at;
    expect(() =>
      index.write({ put: [embedded('late', 'new'), embedded('z', 'parcel')], remove: ['refund'] }),
    ).toThrow('disk');
    writes = Infinity;
    expect([await index.search(ask), await index.counts()]).toEqual(before);
    expect([await new SqliteSearch(port).search(ask), await new SqliteSearch(port).counts()]).toEqual(before);
  }
  port.run("INSERT INTO words (words) VALUES ('integrity-check')");
});
