// An input that a function takes, made from its schema: a person who tries a function begins with something that works. Pure.
import type { InputSchema } from './runs-api.ts';

/** Schemas may hold themselves. */
const depthMax = 6;

/** The schema's own example when it has one; else the smallest thing of the right shape. */
export function exampleInput(schema: InputSchema, depth = 0): unknown {
  const given = givenIn(schema);
  if (given !== undefined) return given;
  if (depth >= depthMax) return null;
  const choice = (schema.anyOf ?? schema.oneOf)?.[0];
  if (choice !== undefined) return exampleInput(choice, depth + 1);
  switch (typeof schema.type === 'object' ? schema.type[0] : schema.type) {
    case 'object':
      return exampleObject(schema, depth);
    case 'array':
      return schema.items === undefined ? [] : [exampleInput(schema.items, depth + 1)];
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/** What the author of a schema has said that a value may be. */
function givenIn(schema: InputSchema): unknown {
  return [schema.examples?.[0], schema.example, schema.default, schema.const, schema.enum?.[0]].find(
    (value) => value !== undefined,
  );
}

/** What must be there; what may be there too, when its schema says what it could be. */
function exampleObject({ properties = {}, required = [] }: InputSchema, depth: number): object {
  const wanted = Object.entries(properties).filter(
    ([name, schema]) => required.includes(name) || givenIn(schema) !== undefined,
  );
  return Object.fromEntries(wanted.map(([name, schema]) => [name, exampleInput(schema, depth + 1)]));
}
