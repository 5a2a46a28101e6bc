// `npm run schema:rules`: writes the JSON Schema of the rule language, which editors use for `tenants/*.json` and which is published as
// docs/schema/rules.schema.json. A test holds the file against the language.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rulesJsonSchema } from '../core/routing/rules-json-schema.ts';

const help = `npm run schema:rules -- [--out FILE]

Writes the JSON Schema of routing rules.

  --out FILE   where to (docs/schema/rules.schema.json)`;

/** The formatter's. */
const lineCharsMax = 110;

const { values } = parseArgs({
  options: { help: { type: 'boolean' }, out: { type: 'string', default: 'docs/schema/rules.schema.json' } },
});
if (values.help === true) console.log(help);
else {
  writeFileSync(values.out, renderJson(rulesJsonSchema()));
  console.log(`wrote ${values.out}`);
}

/** As the formatter has it: a list of plain values stands on one line where it fits. */
function renderJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  const plainList = /^(.*)\[\n((?:\s+(?:"[^"]*"|[\d.]+),?\n)+)\s*\]/gm;
  const compact = text.replaceAll(plainList, (whole: string, before: string, entries: string) => {
    const line = `${before}[${entries.trim().replaceAll(/,\n\s+/g, ', ')}]`;
    return line.length <= lineCharsMax ? line : whole;
  });
  return `${compact}\n`;
}
