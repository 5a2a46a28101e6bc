// The rule language as a JSON Schema, for editors and for whoever checks rules before they are sent. It says what the parser's schema
// says; totals, names that lead in circles and models that are not served are found by the parser alone. Pure.
import { z } from 'zod';
import { writtenRules } from './rule.ts';

export function rulesJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(writtenRules, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'Pilotlight routing rules',
    description:
      'A list of rules, or a set of aliases, rules, and rules of single keys. See docs/routing.md.',
    ...schema,
  };
}
