import { describe, expect, test } from 'vitest';
import { checkHeaderSize, checkMediaType, parseBearer } from '../../../src/core/door/check-headers.ts';

describe('headers', () => {
  const bounds = { headersMax: 3, headerBytesMax: 100 };
  const header = (name: string, value: string): [string, string] => [name, value];

  test('within the bounds pass', () => {
    const headers = [header('a', 'x'.repeat(49)), header('b', 'x'.repeat(49)), header('', '')];
    expect(checkHeaderSize(headers, bounds)).toEqual({ ok: true, value: null });
  });
  test('one byte too many are refused', () => {
    const headers = [header('a', 'x'.repeat(49)), header('b', 'x'.repeat(50))];
    expect(checkHeaderSize(headers, bounds)).toMatchObject({
      ok: false,
      error: { kind: 'headers-too-large' },
    });
  });
  test('one too many are refused, however small', () => {
    const headers = Array.from({ length: 4 }, () => header('a', ''));
    expect(checkHeaderSize(headers, bounds)).toMatchObject({
      ok: false,
      error: { kind: 'headers-too-large' },
    });
  });
});

describe('a bearer token', () => {
  test('is read from exactly one spelling', () => {
    expect(parseBearer('Bearer sk-pilotlight_A.b~c+d/e=')).toEqual({
      ok: true,
      value: 'sk-pilotlight_A.b~c+d/e=',
    });
  });
  test.each([
    ['no header', null],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['another scheme', 'Basic c2s='],
    ['a scheme in small letters', 'bearer sk-a'],
    ['two spaces', 'Bearer  sk-a'],
    ['a space behind', 'Bearer sk-a '],
    ['two tokens', 'Bearer sk-a sk-b'],
    ['two headers', 'Bearer sk-a, Bearer sk-b'],
    ['two equal headers', 'Bearer sk-a, Bearer sk-a'],
    ['a token without a scheme', 'sk-a'],
    ['a token with a letter that no token has', 'Bearer sk-ä'],
    ['a token of a kilobyte', `Bearer ${'a'.repeat(1024)}`],
  ])('is not there with %s', (_name, header) => {
    expect(parseBearer(header)).toEqual({ ok: false, error: { kind: 'no-key' } });
  });
});

describe('a body', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
    'application/json; charset="utf-8"',
  ])('of type %s is read', (type) => {
    expect(checkMediaType(type, null)).toMatchObject({ ok: true });
    expect(checkMediaType(type, 'identity')).toMatchObject({ ok: true });
  });
  test.each([
    ['none', null],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['several parts', 'multipart/form-data; boundary=x'],
    ['UTF-16', 'application/json; charset=utf-16'],
    ['something like JSON', 'application/jsonp'],
    ['two types', 'application/json, text/plain'],
  ])('of type %s is refused', (_name, type) => {
    expect(checkMediaType(type, null)).toMatchObject({
      ok: false,
      error: { kind: 'unsupported-media-type' },
    });
  });
  test.each(['gzip', 'GZIP', 'br', 'deflate', 'identity, gzip', ''])(
    'encoded as "%s" is refused',
    (encoding) => {
      expect(checkMediaType('application/json', encoding)).toMatchObject({
        ok: false,
        error: { kind: 'unsupported-encoding' },
      });
    },
  );
});
