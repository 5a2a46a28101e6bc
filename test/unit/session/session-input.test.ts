import { expect, test } from 'vitest';
import {
  CONTENT_CHARS_MAX,
  parseAfter,
  parseCreateSession,
  parseIdempotencyKey,
  parsePostMessage,
  parseSessionId,
} from '../../../src/core/session/session-input.ts';

const id = `sess_${'0123456789abcdef'.repeat(2)}`;

test('a session may have metadata, within the bounds that OpenAI clients know', () => {
  expect(parseCreateSession({ model: 'assistant' })).toEqual({
    ok: true,
    value: { model: 'assistant', metadata: {} },
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
  expect(parsePostMessage({ content: 'a\uD800b' })).toEqual({ ok: true, value: { content: 'a\uFFFDb' } });
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
