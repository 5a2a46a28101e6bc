// `node test/bench/search/recall.ts --url URL`: what search finds with the embedding model of a running Pilotlight: an index of thirty pages,
// twenty questions in each mode, the share whose page is among the first three.
import { parseArgs } from 'node:util';
import { pages, questions } from './pages.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8787' },
    key: { type: 'string', default: 'sk-pilotlight-dev' },
  },
});
const index = 'bench-recall';

async function call(method: string, path: string, body: object | null): Promise<{ readonly data: unknown }> {
  const reply = await fetch(`${values.url}/v1/indexes/${index}${path}`, {
    method,
    headers: { authorization: `Bearer ${values.key}`, 'content-type': 'application/json' },
    body: body === null ? null : JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return JSON.parse(text) as { data: unknown };
}

await call('PUT', '/documents', { documents: pages.map(([id, title, text]) => ({ id, title, text })) });
for (const mode of ['hybrid', 'text', 'vector']) {
  const found = { term: 0, paraphrase: 0, first: 0 };
  const missed: string[] = [];
  for (const [query, id, kind] of questions) {
    const { data } = await call('POST', '/query', { query, mode, limit: 3 });
    const ids = (data as readonly { readonly id: string }[]).map((hit) => hit.id);
    if (ids.includes(id)) found[kind] += 1;
    else missed.push(`${id} (${ids.join(', ')})`);
    if (ids[0] === id) found.first += 1;
  }
  const all = found.term + found.paraphrase;
  console.log(
    `${mode.padEnd(7)} in the first 3: ${all}/${questions.length} (own words ${found.term}/10, other words ${found.paraphrase}/10), first: ${found.first}`,
  );
  for (const each of missed) console.log(`        missed ${each}`);
}
await call('DELETE', '', null);
