import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { exampleInput } from '../../../src/dashboard/example-input.ts';
import type { InputSchema } from '../../../src/dashboard/runs-api.ts';

const schemaOf = (schema: z.ZodType): InputSchema => z.toJSONSchema(schema, { io: 'input' }) as InputSchema;

describe('the input that a form begins with', () => {
  test.each([
    ['words', z.object({ question: z.string() })],
    ['numbers', z.object({ count: z.number().int().min(3), share: z.number() })],
    ['choices', z.object({ tone: z.enum(['kind', 'brief']), either: z.union([z.string(), z.number()]) })],
    ['lists', z.object({ files: z.array(z.object({ path: z.string(), lines: z.array(z.number()) })) })],
    [
      'what may be missing',
      z.object({ a: z.string(), b: z.string().optional(), c: z.boolean().default(true) }),
    ],
    ['one word', z.string()],
    ['nothing', z.null()],
  ])('fits the schema: %s', (_name, schema) => {
    expect(schema.safeParse(exampleInput(schemaOf(schema))).success).toBe(true);
  });

  test('is the example of the author where there is one', () => {
    const question = z.string().meta({ examples: ['Where is my order?'] });
    const schema = z.object({
      question,
      customer: z
        .string()
        .meta({ examples: ['c-1'] })
        .optional(),
      note: z.string().optional(),
    });
    expect(exampleInput(schemaOf(schema))).toEqual({ question: 'Where is my order?', customer: 'c-1' });
    expect(exampleInput({ type: 'object', examples: [{ a: 1 }] })).toEqual({ a: 1 });
  });

  test('what has a default shows it', () => {
    expect(exampleInput(schemaOf(z.object({ width: z.int().default(5) })))).toEqual({ width: 5 });
  });

  test('a schema that holds itself has an example with an end', () => {
    const tree: InputSchema & { items?: InputSchema } = { type: 'array' };
    Object.assign(tree, { items: tree });
    expect(JSON.stringify(exampleInput(tree)).length).toBeLessThan(50);
  });
});
