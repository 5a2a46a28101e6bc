import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rulesJsonSchema } from '../../../src/core/routing/rules-json-schema.ts';
import { rule } from '../../../src/core/routing/rule.ts';

const root = new URL('../../../', import.meta.url);

test('the published schema is the language’s: `npm run schema:rules` writes it', () => {
  const published: unknown = JSON.parse(readFileSync(new URL('docs/schema/rules.schema.json', root), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(rulesJsonSchema())));
});

test('the published schema is closed at every level', () => {
  const open: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('properties' in node && !('additionalProperties' in node && node.additionalProperties === false))
      open.push(path);
    for (const [key, child] of Object.entries(node)) visit(child, `${path}/${key}`);
  };
  visit(rulesJsonSchema(), '');
  expect(open).toEqual([]);
});

test('every rule that the documents show is a rule', () => {
  const text = readFileSync(new URL('docs/routing.md', root), 'utf8');
  const blocks = [...text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
    ([, block]) => JSON.parse(block ?? '') as unknown,
  );
  expect(blocks.length).toBeGreaterThan(5);
  const rules = blocks.flatMap(rulesIn);
  for (const each of rules) expect(rule.safeParse(each)).toMatchObject({ success: true });
});

function rulesIn(block: unknown): readonly unknown[] {
  if (!isSet(block)) return [block].flat();
  return block.rules.concat(Object.values(block.keys ?? {}).flat());
}

function isSet(
  block: unknown,
): block is { readonly rules: readonly unknown[]; readonly keys?: Record<string, unknown[]> } {
  return typeof block === 'object' && block !== null && 'rules' in block;
}
