import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureDepth, parseBody } from '../../../src/core/door/parse-body.ts';

const depthMax = 64;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): ReturnType<typeof parseBody> => parseBody(encode(text), depthMax);
const nested = (levels: number): string => `{"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

/** Depth as a tree walk counts it, to hold the byte scan against. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('a body', () => {
  test('is the object that was sent, whatever its texts hold', () => {
    const plain = fc
      .dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))
      .filter((body) => !/__proto__|constructor/.test(JSON.stringify(body)));
    fc.assert(
      fc.property(plain, (body) => {
        expect(parse(JSON.stringify(body))).toEqual({ ok: true, value: JSON.parse(JSON.stringify(body)) });
      }),
    );
  });

  test('has the depth that its tree has, with brackets and escapes in its texts', () => {
    const tricky = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'a') });
    const body = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'medium' },
        tricky,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(tricky, tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(body, (value) => {
        expect(measureDepth(encode(JSON.stringify(value)), 1_000)).toBe(depthOf(value));
      }),
    );
  });

  test('may be nested as deep as the bound and no deeper', () => {
    expect(parse(nested(depthMax))).toMatchObject({ ok: true });
    expect(parse(nested(depthMax + 1))).toEqual({ ok: false, error: { kind: 'too-deep', depthMax } });
  });

  test('nested a million deep is refused without the parser, closed or not', () => {
    for (const text of [nested(500_000), '['.repeat(1_000_000), '{"a":'.repeat(200_000)]) {
      expect(parse(text)).toEqual({ ok: false, error: { kind: 'too-deep', depthMax } });
    }
  });

  test.each([
    ['nothing', ''],
    ['half an object', '{"model":'],
    ['two objects', '{}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['NaN', '{"a":NaN}'],
    ['a byte order mark', '\u{feff}{}'],
    ['a raw line break in a text', '{"a":"\n"}'],
    ['more closed than opened', ']]]]{}'],
  ])('of %s is not valid JSON', (_name, text) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { kind: 'malformed-json' } });
  });

  test.each([
    ['a stray byte', [0x7b, 0xff, 0x7d]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a surrogate pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])('with %s is not valid UTF-8', (_name, bytes) => {
    const parsed = parseBody(new Uint8Array(bytes), depthMax);
    expect(parsed).toMatchObject({ ok: false, error: { kind: 'malformed-json' } });
  });

  test('that is not valid UTF-8, or breaks off within a character, leaves nothing behind for the next one', () => {
    for (const bytes of [[0x7b, 0xff, 0x7d], [0x7b, 0x22, 0xe2, 0x82], [0xf0]]) {
      expect(parseBody(new Uint8Array(bytes), depthMax).ok).toBe(false);
      expect(parse('{"x":"\u20ac"}')).toEqual({ ok: true, value: { x: '\u20ac' } });
    }
    expect(parse('\uFEFF{}')).toMatchObject({ ok: false, error: { kind: 'malformed-json' } });
  });

  test('never has its text quoted in a refusal', () => {
    expect(JSON.stringify(parse('{"secret-word": oops}'))).not.toContain('secret');
  });

  test.each(['[]', '"text"', '1', 'null', 'true'])('of %s is no object', (text) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { kind: 'invalid', param: null } });
  });

  test.each([
    ['a prototype', '{"__proto__":{"admin":true}}'],
    ['a prototype in an escape', '{"\\u005f_proto__":{"admin":true}}'],
    ['a prototype, deep in a list', '{"a":[1,{"b":[{"__proto__":1}]}]}'],
    ['a constructor', '{"a":{"constructor":{"prototype":{"x":1}}}}'],
    ['a number beyond all numbers', '{"temperature":1e400}'],
    ['a number below all numbers', '{"a":[-1e400]}'],
    ['a number of 400 digits', `{"a":${'9'.repeat(400)}}`],
    ['a number of 290 digits and an exponent', `{"a":${'9'.repeat(290)}e50}`],
  ])('with %s is refused', (_name, text) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { kind: 'invalid', param: null } });
  });

  test('may speak of these things', () => {
    const body = { content: 'the __proto__ of a constructor is 1e400', temperature: 1e-300 };
    expect(parse(JSON.stringify(body))).toMatchObject({ ok: true });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
