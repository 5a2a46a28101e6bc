import { expect, test } from 'vitest';
import {
  CONTENT_CHARS_MAX,
  parseAfter,
  parseCursor,
  parseFork,
  parseIfMatch,
  parseTruncate,
  parseTurnId,
  parseCreateSession,
  parseIdempotencyKey,
  parsePostMessage,
  parseSessionId,
} from '../../../src/core/session/session-input.ts';

const id = `sess_${'0123456789abcdef'.repeat(2)}`;

test('a session may have metadata, within the bounds that OpenAI clients know', () => {
  expect(parseCreateSession({ model: 'assistant' })).toEqual({
    ok: true,
    value: {
      model: 'assistant',
      metadata: {},
      policy: 'queue',
      ttl_seconds: 2_592_000,
      instructions: null,
      summaries: 'model',
    },
  });
  const pairs = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']));
  expect(parseCreateSession({ model: 'assistant', metadata: pairs(16) }).ok).toBe(true);
  for (const metadata of [
    pairs(17),
    { k: 1 },
    { '': 'v' },
    { ['k'.repeat(65)]: 'v' },
    { k: 'v'.repeat(513) },
    [],
  ]) {
    expect(parseCreateSession({ model: 'assistant', metadata })).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
  }
});

test.each([
  ['nothing', undefined, null],
  ['no object', 'assistant', null],
  ['no model', {}, 'model'],
  ['an empty model', { model: '' }, 'model'],
  ['a model of another type', { model: 7 }, 'model'],
  ['a field that sessions do not have', { model: 'assistant', temperature: 1 }, null],
])('a session of %s is refused', (_name, body, param) => {
  expect(parseCreateSession(body)).toMatchObject({ ok: false, error: { kind: 'invalid', param } });
});

test('a message is text, not empty, up to the bound; half a surrogate pair is replaced', () => {
  expect(parsePostMessage({ content: 'x'.repeat(CONTENT_CHARS_MAX) }).ok).toBe(true);
  expect(parsePostMessage({ content: 'a\uD800b' })).toMatchObject({
    ok: true,
    value: { content: 'a\uFFFDb' },
  });
  for (const content of ['', 'x'.repeat(CONTENT_CHARS_MAX + 1), null, 7, ['a'], undefined]) {
    expect(parsePostMessage({ content })).toMatchObject({
      ok: false,
      error: { kind: 'invalid', param: 'content' },
    });
  }
});

test('a session id has one shape; every other text names no session', () => {
  expect(parseSessionId(id)).toEqual({ ok: true, value: id });
  for (const text of [
    '',
    'nonsense',
    id.toUpperCase(),
    `${id}0`,
    id.slice(0, -1),
    `${id}\n`,
    `x${id}`,
    '__proto__',
  ]) {
    expect(parseSessionId(text)).toEqual({ ok: false, error: { kind: 'unknown-session' } });
  }
});

test('an idempotency key is visible ASCII of bounded length, or absent', () => {
  expect(parseIdempotencyKey(null)).toEqual({ ok: true, value: null });
  expect(parseIdempotencyKey('k'.repeat(255))).toEqual({ ok: true, value: 'k'.repeat(255) });
  for (const header of ['', 'a b', 'é', 'a\t', 'k'.repeat(256)]) {
    expect(parseIdempotencyKey(header)).toMatchObject({ ok: false, error: { param: 'Idempotency-Key' } });
  }
});

test('a cursor is a whole number from 0, written plainly', () => {
  expect(parseAfter(null)).toEqual({ ok: true, value: 0 });
  expect(parseAfter('42')).toEqual({ ok: true, value: 42 });
  for (const text of ['', '-1', '+1', '1.0', '1e3', '0x10', ' 1', 'NaN', '9'.repeat(16)]) {
    expect(parseAfter(text)).toMatchObject({ ok: false, error: { param: 'after' } });
  }
});

test('a session may say how it behaves, within bounds', () => {
  const all = {
    model: 'assistant',
    policy: 'supersede',
    ttl_seconds: 60,
    instructions: 'Be brief.',
    summaries: 'extract',
  };
  expect(parseCreateSession(all)).toMatchObject({ ok: true, value: all });
  for (const wrong of [
    { policy: 'drop' },
    { ttl_seconds: 59 },
    { ttl_seconds: 366 * 86_400 + 1 },
    { ttl_seconds: 90.5 },
    { instructions: '' },
    { instructions: 'x'.repeat(32_001) },
    { summaries: true },
  ]) {
    const read = parseCreateSession({ model: 'assistant', ...wrong });
    expect(read).toMatchObject({ ok: false, error: { kind: 'invalid', param: Object.keys(wrong)[0] } });
  }
});

test('what the client has seen last beats the address; an empty word of a browser counts as none', () => {
  expect(parseCursor('7', '3')).toEqual({ ok: true, value: 7 });
  expect(parseCursor(null, '3')).toEqual({ ok: true, value: 3 });
  expect(parseCursor('', null)).toEqual({ ok: true, value: 0 });
  for (const bad of ['-1', '1.5', 'x', '1e3', '9'.repeat(30), ' 1'])
    expect(parseCursor(bad, '3').ok).toBe(false);
});

test('the end that a client expects is a number, as an entity tag or bare', () => {
  expect(parseIfMatch(null)).toEqual({ ok: true, value: null });
  expect(parseIfMatch('"12"')).toEqual({ ok: true, value: 12 });
  expect(parseIfMatch('12')).toEqual({ ok: true, value: 12 });
  for (const bad of ['*', '"-1"', 'W/"1"', '"1", "2"', '']) expect(parseIfMatch(bad).ok).toBe(false);
  for (const expected_seq of [-1, 1.5, '1']) {
    expect(parsePostMessage({ content: 'x', expected_seq }).ok).toBe(false);
  }
});

test('a place to cut at must be given, a place to fork at may be; both are integers from 0', () => {
  expect(parseTruncate({ after: 0 })).toEqual({ ok: true, value: { after: 0 } });
  expect(parseFork({})).toEqual({ ok: true, value: { after: null } });
  for (const after of [-1, 0.5, '1', null]) expect(parseTruncate({ after }).ok).toBe(false);
  expect(parseFork({ after: -1 }).ok).toBe(false);
  expect(parseTurnId(`turn_${'0'.repeat(32)}`).ok).toBe(true);
  expect(parseTurnId('turn_1').ok).toBe(false);
});
