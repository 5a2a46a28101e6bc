// What every search index guarantees, wherever it keeps its documents. Vectors come from the tests, so that what is near is known.
import { beforeEach, describe, expect, test } from 'vitest';
import type { EmbeddedDocument, SearchAsk, SearchIndex } from '../../src/backends/search/search-index.ts';
import type { Metadata } from '../../src/core/search/document.ts';
import type { Hit } from '../../src/core/search/hit.ts';
import { conceptVector } from '../support/concept-vectors.ts';

interface More {
  readonly title?: string | null;
  readonly metadata?: Metadata;
}

export function embedded(
  id: string,
  text: string,
  { title = null, metadata = {} }: More = {},
): EmbeddedDocument {
  return { id, title, text, metadata, vector: conceptVector(`${title ?? ''} ${text}`) };
}

/** A small shop's help pages: each can be asked for by its words, and by others that mean the same. */
export const helpPages: readonly EmbeddedDocument[] = [
  embedded('refund', 'A refund is paid within five days', { metadata: { topic: 'billing', days: 5 } }),
  embedded('late', 'A parcel that is late is traced by us', { metadata: { topic: 'delivery', days: 2 } }),
  embedded('password', 'Choose a new password by mail', {
    metadata: { topic: 'account', tags: ['mail', 'key'] },
  }),
  embedded('damaged', 'Send a photo of damaged goods', { metadata: { topic: 'delivery', days: 14 } }),
  embedded('e4711', 'Error E4711 means that the card was declined', { metadata: { topic: 'billing' } }),
];

function ask(text: string, more: Partial<SearchAsk> = {}): SearchAsk {
  return { text, vector: conceptVector(text), limit: 3, filter: null, minScore: null, ...more };
}

/** `open` gives an empty index each time. `reopen`, where there is one, gives the same index with nothing of it in memory. */
export function describeSearchIndex(
  name: string,
  open: () => Promise<SearchIndex>,
  reopen: ((index: SearchIndex) => Promise<SearchIndex>) | null = null,
): void {
  let index: SearchIndex;
  const put = async (...documents: readonly EmbeddedDocument[]): Promise<void> => {
    expect(await index.write({ put: documents, remove: [] })).toMatchObject({ ok: true });
    // Whatever an index keeps in memory is there from now on, and must follow what is written.
    expect(await index.search(ask('anything'))).toMatchObject({ ok: documents[0]?.vector.length === 64 });
  };
  const hitsOf = async (question: SearchAsk): Promise<readonly Hit[]> => {
    const found = await index.search(question);
    if (!found.ok) throw new Error(found.error.kind);
    return found.value;
  };
  const idsOf = async (question: SearchAsk): Promise<readonly string[]> =>
    (await hitsOf(question)).map(({ id }) => id);

  beforeEach(async () => {
    index = await open();
  });

  describe(`${name}: what is written`, () => {
    test('an empty index answers everything with nothing', async () => {
      expect(await index.counts()).toEqual({ documents: 0, contentBytes: 0, dims: null });
      expect(await idsOf(ask('refund'))).toEqual([]);
      expect(await index.read(['a'])).toEqual([]);
      expect(await index.ids()).toEqual([]);
      expect(await index.write({ put: [], remove: ['a'] })).toMatchObject({
        ok: true,
        value: { removed: 0 },
      });
    });

    test('a document is read as it was written, vector and all', async () => {
      const text = `a\tb "quoted" ${'\u{1F525}'.repeat(3)}\n— Ünïcode`;
      const document = embedded('a', text, {
        title: 'T',
        metadata: { s: 'x', n: 1.5, b: true, l: ['p', 'q'] },
      });
      await put(document);
      expect(await index.read(['a', 'b'])).toEqual([document]);
    });

    test('an id written again is replaced: its old words find nothing, its counts are those of the new', async () => {
      await put(embedded('a', 'refund'), embedded('b', 'late'));
      await put(embedded('a', 'password', { metadata: { topic: 'new' } }));
      expect((await index.counts()).documents).toBe(2);
      expect(await idsOf(ask('refund', { vector: null }))).toEqual([]);
      expect(await idsOf(ask('password', { vector: null }))).toEqual(['a']);
      expect(await idsOf(ask('login', { text: null, limit: 1 }))).toEqual(['a']);
    });

    test('a removed document is in no list and no count; the others stay', async () => {
      await put(...helpPages);
      const before = await index.counts();
      expect(await index.write({ put: [], remove: ['refund', 'nothing'] })).toMatchObject({
        value: { removed: 1 },
      });
      expect(await index.read(['refund'])).toEqual([]);
      expect(await idsOf(ask('refund', { limit: 10 }))).not.toContain('refund');
      expect([...(await index.ids())].sort()).toEqual(['damaged', 'e4711', 'late', 'password']);
      const after = await index.counts();
      expect(after.documents).toBe(before.documents - 1);
      expect(after.contentBytes).toBeLessThan(before.contentBytes);
    });

    test('one change may put and remove; all of it is seen at once', async () => {
      await put(embedded('a', 'refund'));
      await index.write({ put: [embedded('b', 'refund')], remove: ['a'] });
      expect(await idsOf(ask('refund'))).toEqual(['b']);
      expect((await index.counts()).documents).toBe(1);
    });

    test('a vector of other dimensions is refused with the whole change, and so is such a question', async () => {
      await put(embedded('a', 'refund'));
      const odd = { ...embedded('c', 'late'), vector: Float32Array.of(1, 0) };
      const refused = { ok: false, error: { kind: 'wrong-dimensions', expected: 64, got: 2 } };
      expect(await index.write({ put: [embedded('b', 'late'), odd], remove: ['a'] })).toEqual(refused);
      expect(await index.ids()).toEqual(['a']);
      expect(await index.search(ask('x', { vector: Float32Array.of(1, 0) }))).toEqual(refused);
    });

    test('a destroyed index is as an empty one, and can be filled anew with other dimensions', async () => {
      await put(...helpPages);
      await index.destroy();
      expect(await index.counts()).toEqual({ documents: 0, contentBytes: 0, dims: null });
      expect(await idsOf(ask('refund'))).toEqual([]);
      await put({ ...embedded('a', 'refund'), vector: Float32Array.of(0, 1) });
      expect(await idsOf(ask('refund', { vector: Float32Array.of(0, 1) }))).toEqual(['a']);
    });
  });

  describe(`${name}: what is found`, () => {
    beforeEach(async () => put(...helpPages));

    test('both lists together find an exact term and a paraphrase, each alone only its own', async () => {
      expect((await idsOf(ask('E4711', { limit: 1 })))[0]).toBe('e4711');
      expect((await idsOf(ask('reimburse my money', { limit: 1 })))[0]).toBe('refund');
      expect(await idsOf(ask('E4711', { vector: null }))).toEqual(['e4711']);
      expect(await idsOf(ask('reimburse my money', { vector: null }))).toEqual([]);
      expect((await idsOf(ask('overdue shipment', { text: null })))[0]).toBe('late');
    });

    test('a hit carries its document, its scores and the passage with the words', async () => {
      const [hit] = await hitsOf(ask('damaged'));
      expect(hit).toMatchObject({
        id: 'damaged',
        text: 'Send a photo of damaged goods',
        metadata: { topic: 'delivery', days: 14 },
        score: 1,
        highlight: 'Send a photo of **damaged** goods',
      });
      expect(hit?.textScore).toBeGreaterThan(0);
      expect(hit?.vectorScore).toBeGreaterThan(0.5);
      const [other] = await hitsOf(ask('cracked', { text: null }));
      expect(other).toMatchObject({ id: 'damaged', textScore: null, highlight: null });
      expect(other?.score).toBe(other?.vectorScore);
    });

    test('other forms of an English word find it, and so does a word without its accents', async () => {
      await put(embedded('cafe', 'Le café rouvre demain'));
      expect(await idsOf(ask('refunded', { vector: null }))).toEqual(['refund']);
      expect(await idsOf(ask('cafe', { vector: null }))).toEqual(['cafe']);
    });

    test('a word in the title counts for more than one in the text', async () => {
      await put(embedded('in-text', 'about gravity and more words'));
      await put(embedded('in-title', 'some more words about it', { title: 'gravity' }));
      expect(await idsOf(ask('gravity', { vector: null }))).toEqual(['in-title', 'in-text']);
    });

    test.each([
      [{ field: 'topic', eq: 'delivery' }, ['damaged', 'late']],
      [{ field: 'topic', in: ['account', 'nowhere'] }, ['password']],
      [{ field: 'tags', eq: 'key' }, ['password']],
      [{ field: 'days', gte: 5, lt: 14 }, ['refund']],
      [
        {
          and: [
            { field: 'topic', eq: 'delivery' },
            { field: 'days', gt: 2 },
          ],
        },
        ['damaged'],
      ],
      [
        {
          or: [
            { field: 'days', lte: 2 },
            { field: 'topic', eq: 'billing' },
          ],
        },
        ['e4711', 'late', 'refund'],
      ],
      [{ field: 'topic', eq: 'nowhere' }, []],
    ])('a filter lets through what meets it and nothing else, in every mode: %j', async (filter, ids) => {
      const words = 'refund parcel password photo E4711';
      for (const part of [{}, { text: null }, { vector: null }])
        expect([...(await idsOf(ask(words, { ...part, filter, limit: 10 })))].sort()).toEqual(ids);
    });

    test('the limit is kept, and hits below the least score are left out', async () => {
      expect(await idsOf(ask('refund parcel password', { limit: 2 }))).toHaveLength(2);
      const near = await hitsOf(ask('refund', { text: null, minScore: 0.5, limit: 10 }));
      expect(near.map(({ id }) => id)).toEqual(['refund']);
    });

    test('what looks like a query language is taken as words', async () => {
      for (const words of [
        '"',
        'refund" OR "x',
        'NEAR(refund, 2)',
        'title:refund',
        '*',
        'a AND',
        "'; DROP TABLE--",
      ])
        expect(await index.search(ask(words))).toMatchObject({ ok: true });
      expect(await idsOf(ask('title:refund NOT refund', { vector: null }))).toEqual(['refund']);
      expect((await idsOf(ask('?!', { limit: 1 }))).length).toBe(1);
    });
  });

  test.runIf(reopen !== null)(
    `${name}: what is in memory is a cache: after it is gone, answers are the same`,
    async () => {
      await put(...helpPages);
      await index.write({ put: [embedded('late', 'gone astray')], remove: ['damaged'] });
      const questions = ['refund', 'overdue parcel', 'E4711 login', 'cracked'].map((words) => ask(words));
      const before = await Promise.all(questions.map(hitsOf));
      index = (await reopen?.(index)) ?? index;
      expect(await Promise.all(questions.map(hitsOf))).toEqual(before);
    },
  );
}
