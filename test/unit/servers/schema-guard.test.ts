// Which JSON schemas reach the engine. The refused ones below are known to end its process or to make it hang.
import { describe, expect, it } from 'vitest';
import { guardSchema } from '../../../gpu-workers/servers/schema-guard.ts';

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 40 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    tags: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 5 },
    next: { $ref: '#/$defs/person' },
  },
  required: ['name', 'age'],
  additionalProperties: false,
  $defs: { person: { type: ['object', 'null'], properties: { next: { $ref: '#/$defs/person' } } } },
};

describe('the guard of schemas', () => {
  it('lets a plain schema through as it is', () => {
    expect(guardSchema(person)).toEqual({ ok: true, value: person });
  });

  it('drops words that constrain nothing', () => {
    const schema = { $schema: 'https://json-schema.org/x', title: 'T', description: 'd', type: 'string' };
    expect(guardSchema(schema)).toEqual({ ok: true, value: { type: 'string' } });
  });

  it.each([
    ['a pattern', { type: 'string', pattern: '^\\d{3}$' }],
    ['a repetition beyond the bound', { type: 'string', maxLength: 2000 }],
    ['fewer than none', { type: 'string', minLength: -4 }],
    ['bounds that cross', { type: 'array', items: {}, minItems: 5, maxItems: 2 }],
    ['lengths that cross', { type: 'string', minLength: 5, maxLength: 2 }],
    ['no type at all', { type: [] }],
    ['an unknown type', { type: 'nonsense' }],
    ['no choice', { anyOf: [] }],
    ['an empty enum', { enum: [] }],
    ['a choice of nothing, deep inside', { anyOf: [{ anyOf: [{ anyOf: [] }] }] }],
    ['a number that overflows', { type: 'integer', exclusiveMinimum: Number.MAX_SAFE_INTEGER }],
    ['a bound of fractions', { type: 'number', minimum: 1 }],
    ['a reference outside of the definitions', { type: 'array', items: { $ref: '#/items' } }],
    ['a reference to another document', { $ref: 'http://example.com/x' }],
    [
      'a definition that begins with itself',
      { $defs: { d: { anyOf: [{ $ref: '#/$defs/d' }, {}] } }, $ref: '#/$defs/d' },
    ],
    ['an unknown word', { type: 'string', constructor: 1 }],
    ['a list', []],
    ['nothing', null],
    [
      'too many properties',
      { properties: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`p${at}`, {}])) },
    ],
    ['too many parts', { anyOf: Array.from({ length: 900 }, () => ({ enum: [1, 2, 3] })) }],
  ])('refuses %s', (_name, schema) => {
    expect(guardSchema(schema)).toMatchObject({ ok: false, error: expect.any(String) as string });
  });
});
