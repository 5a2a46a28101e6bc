// `npm run schema:rules`: writes the JSON Schema of the rule language, which editors use for `tenants/*.json` and which is published as
// docs/schema/rules.schema.json. A test holds the file against the language.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rulesJsonSchema } from '../core/routing/rules-json-schema.ts';

const help = `npm run schema:rules -- [--out FILE]

Writes the JSON Schema of routing rules.

  --out FILE   where to (docs/schema/rules.schema.json)`;

const { values } = parseArgs({
  options: { help: { type: 'boolean' }, out: { type: 'string', default: 'docs/schema/rules.schema.json' } },
});
if (values.help === true) console.log(help);
else {
  writeFileSync(values.out, `${JSON.stringify(rulesJsonSchema(), null, 2)}\n`);
  console.log(`wrote ${values.out}`);
}
