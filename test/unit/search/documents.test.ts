// What clients may send to an index: each refusal names the document and the field.
import { describe, expect, test } from 'vitest';
import { checkRoom, documentsMaxOf } from '../../../src/core/search/check-room.ts';
import { contentBytes, embeddedText, parseRemove, parseUpsert } from '../../../src/core/search/document.ts';
import { searchBounds } from '../../../src/core/search/search-bounds.ts';

const valid = {
  id: 'a-1',
  text: 'A text',
  title: 'T',
  metadata: { topic: 'x', n: 1, yes: true, tags: ['p'] },
};
const many = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, at]));

describe('a batch of documents', () => {
  test('is taken as it is; a missing title is none, missing metadata is empty, half a surrogate pair is replaced', () => {
    expect(parseUpsert({ documents: [valid, { id: 'b', text: 'x\ud800' }] })).toEqual({
      ok: true,
      value: [valid, { id: 'b', text: 'x\ufffd', title: null, metadata: {} }],
    });
  });

  test.each([
    [{ text: undefined }, 'documents[1].text', 'must be a string'],
    [{ text: '' }, 'documents[1].text', 'must not be empty'],
    [{ text: ' \n' }, 'documents[1].text', 'must not be empty'],
    [{ text: 'x'.repeat(20_001) }, 'documents[1].text', 'may have at most 20000 characters'],
    [{ title: 'x'.repeat(501) }, 'documents[1].title', 'may have at most 500 characters'],
    [{ id: 'a-1' }, 'documents[1].id', 'repeats the id of documents[0]'],
    [{ id: '' }, 'documents[1].id', 'must be 1 to 128'],
    [{ id: 'a/b' }, 'documents[1].id', 'must be 1 to 128'],
    [{ id: '..' }, 'documents[1].id', 'must be 1 to 128'],
    [{ id: 7 }, 'documents[1].id', 'must be a string'],
    [{ metadata: [] }, 'documents[1].metadata', 'must be an object'],
    [{ metadata: { a: null } }, 'documents[1].metadata.a', 'must be a number, true, false, a string'],
    [{ metadata: { a: { b: 1 } } }, 'documents[1].metadata.a', 'must be a number, true, false, a string'],
    [
      { metadata: { a: 'x'.repeat(513) } },
      'documents[1].metadata.a',
      'must be a number, true, false, a string',
    ],
    [{ metadata: { 'a b': 1 } }, 'documents[1].metadata', 'may have keys of 1 to 64'],
    [{ metadata: many(17) }, 'documents[1].metadata', 'may have at most 16 keys'],
    [
      { metadata: { a: Array.from({ length: 32 }, () => 'x'.repeat(200)) } },
      'documents[1].metadata',
      'may have at most 4096 characters as JSON',
    ],
    [{ vector: [1] }, 'documents[1]', 'has a field that is not known: "vector"'],
  ])('with %j is refused where it is wrong', (change, param, words) => {
    const read = parseUpsert({ documents: [valid, { ...valid, id: 'a-2', ...change }] });
    expect(read).toMatchObject({ ok: false, error: { kind: 'invalid', param } });
    if (!read.ok && read.error.kind === 'invalid')
      expect(read.error.message).toContain(`"${param}" ${words}`);
  });

  test.each([
    [{}, 'documents'],
    [{ documents: {} }, 'documents'],
    [{ documents: [] }, 'documents'],
    [{ documents: [7] }, 'documents[0]'],
    [{ documents: Array.from({ length: 257 }, (_, at) => ({ id: `d${at}`, text: 'x' })) }, 'documents'],
    [{ documents: [valid], more: 1 }, null],
  ])('that is no batch is refused: %j', (body, param) => {
    expect(parseUpsert(body)).toMatchObject({ ok: false, error: { kind: 'invalid', param } });
  });

  test('to delete holds ids, each once', () => {
    expect(parseRemove({ ids: ['a', 'b', 'a'] })).toEqual({ ok: true, value: ['a', 'b'] });
    expect(parseRemove({ ids: ['a', 'b c'] })).toMatchObject({ ok: false, error: { param: 'ids[1]' } });
    expect(parseRemove({})).toMatchObject({ ok: false, error: { param: 'ids' } });
  });
});

test('title and text are embedded together; bytes are those of all that is held', () => {
  expect(embeddedText({ title: 'T', text: 'x' })).toBe('T\nx');
  expect(embeddedText({ title: null, text: 'x' })).toBe('x');
  expect(contentBytes({ id: 'a', title: null, text: 'é', metadata: {} })).toBe(1 + 2 + 2);
});

describe('room', () => {
  const at = (documents: number, contentBytes = 0) => ({ documents, contentBytes, dims: 512 });

  test('ends at the bound on documents, which follows from the dimensions', () => {
    expect(documentsMaxOf(null)).toBe(20_000);
    expect(documentsMaxOf(512)).toBe(20_000);
    expect(documentsMaxOf(3_072)).toBe(3_413);
    expect(checkRoom(at(19_999), at(20_000))).toBeNull();
    expect(checkRoom(at(20_000), at(20_001))).toEqual({ kind: 'index-full', what: 'documents', max: 20_000 });
  });

  test('ends at the bound on bytes; what makes an index smaller is always taken', () => {
    const { contentBytesMax } = searchBounds;
    expect(checkRoom(at(1), at(1, contentBytesMax + 1))).toMatchObject({ kind: 'index-full', what: 'bytes' });
    expect(checkRoom(at(30_000, contentBytesMax + 9), at(29_999, contentBytesMax + 8))).toBeNull();
  });
});
