// `npm run bench:search`: what an index of many documents costs: to read back after an eviction, in memory, and for each question.
import { parseArgs } from 'node:util';
import { SqliteSearch } from '../../src/backends/search/sqlite-search.ts';
import type { EmbeddedDocument, SearchAsk } from '../../src/backends/search/search-index.ts';
import { printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { makeRng, type Rng } from '../../src/core/base/rng.ts';
import { normalize } from '../../src/core/search/vector-table.ts';
import { memoryPort } from '../support/sqlite-port.ts';

const help = `npm run bench:search -- [--json FILE]

Measures on one core, in this process, over a database in memory, documents of 100 words and 512 dimensions:
  search.5k.rebuildMs     5,000 documents: the first question after an eviction (bar 500 ms)
  search.5k.queryMsP50    a hybrid question of six words (bar 50 ms)
  search.20k.rebuildMs    20,000 documents, the most that an index holds (bar 1,500 ms)
  search.20k.queryMsP50   (bar 150 ms)
  search.20k.memoryMb     what the first question brings into memory (bar 48 MB)

  --json FILE   also write the checks as JSON`;

const dims = 512;
const questions = 40;

const { values } = parseArgs({ options: { help: { type: 'boolean' }, json: { type: 'string' } } });
if (values.help === true) console.log(help);
else {
  const checks = [
    ...(await measure('5k', 5_000, { rebuildMs: 500, queryMs: 50 })).slice(0, 2),
    ...(await measure('20k', 20_000, { rebuildMs: 1_500, queryMs: 150 })),
  ];
  printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
}

async function measure(
  name: string,
  count: number,
  bars: { readonly rebuildMs: number; readonly queryMs: number },
): Promise<readonly Check[]> {
  const rng = makeRng(1);
  const port = memoryPort();
  const writer = new SqliteSearch(port);
  for (let at = 0; at < count; at += 250)
    await writer.write({
      put: Array.from({ length: 250 }, (_, more) => makeDocument(rng, at + more)),
      remove: [],
    });
  const index = new SqliteSearch(port);
  const before = usedBytes();
  const rebuildMs = await timed(() => index.search(makeAsk(rng)));
  const megabytes = (usedBytes() - before) / 1e6;
  const times: number[] = [];
  for (let at = 0; at < questions; at += 1) times.push(await timed(() => index.search(makeAsk(rng))));
  const queryMs = times.sort((one, other) => one - other)[questions / 2] ?? 0;
  const check = (what: string, value: number, bar: number, note: string): Check => ({
    id: `search.${name}.${what}`,
    value: Math.round(value * 10) / 10,
    bar,
    op: '<=',
    ok: value <= bar,
    n: count,
    note,
  });
  return [
    check('rebuildMs', rebuildMs, bars.rebuildMs, 'the first question after an eviction'),
    check('queryMsP50', queryMs, bars.queryMs, `${questions} hybrid questions of six words`),
    check('memoryMb', megabytes, 48, 'what the first question brings into memory'),
  ];
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Few words are in nearly every document, most in hardly any, as in a language. */
function makeText(rng: Rng, words: number): string {
  return Array.from({ length: words }, () => `w${Math.floor(30_000 ** rng()).toString(36)}x`).join(' ');
}

function makeVector(rng: Rng): Float32Array {
  return normalize(Array.from({ length: dims }, () => rng() - 0.5)) ?? new Float32Array(dims);
}

function makeDocument(rng: Rng, at: number): EmbeddedDocument {
  return { id: `d${at}`, title: null, text: makeText(rng, 100), metadata: {}, vector: makeVector(rng) };
}

function makeAsk(rng: Rng): SearchAsk {
  return { text: makeText(rng, 6), vector: makeVector(rng), limit: 10, filter: null, minScore: null };
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
