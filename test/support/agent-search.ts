// The two searches of support-agent over the real index in memory, with vectors that the caller makes. Owns what is indexed and how it is
// asked; the rest is the platform's.
import { asked } from '../../functions/compound/support-agent/knowledge/asked.ts';
import { facts } from '../../functions/compound/support-agent/knowledge/facts.ts';
import type { Found } from '../../functions/compound/support-agent/rank-facts.ts';
import { SqliteSearch } from '../../src/backends/search/sqlite-search.ts';
import type { SearchHit } from '../../src/core/run/run-context.ts';
import { embeddedText, type IndexDocument } from '../../src/core/search/document.ts';
import { memoryPort } from './sqlite-port.ts';

/** One vector for each text, of any length. */
export type Embed = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>;

const BATCH = 64;
/** As support-agent asks for them. */
const HITS = 12;

export class AgentSearch {
  readonly #facts: SqliteSearch;
  readonly #asked: SqliteSearch;

  private constructor(told: SqliteSearch, before: SqliteSearch) {
    this.#facts = told;
    this.#asked = before;
  }

  static async open(embed: Embed): Promise<AgentSearch> {
    const told = facts.map(({ id, title, text }) => ({ id, title, text, metadata: {} }));
    const before = asked.map(({ id, text, intent, fact }) => ({
      id,
      title: null,
      text,
      metadata: { intent, ...(fact === null ? {} : { fact }) },
    }));
    return new AgentSearch(await index(embed, told), await index(embed, before));
  }

  /** `vector` of length 1; `hits` of what was asked before, to leave some out. */
  async find(message: string, vector: Float32Array, hits = HITS): Promise<Found> {
    const ask = { text: message, vector, filter: null, minScore: null };
    return {
      facts: await search(this.#facts, { ...ask, limit: HITS }),
      asked: await search(this.#asked, { ...ask, limit: hits }),
    };
  }
}

type Ask = Parameters<SqliteSearch['search']>[0];

async function search(from: SqliteSearch, ask: Ask): Promise<readonly SearchHit[]> {
  const hits = await from.search(ask);
  if (!hits.ok) throw new Error(`the search failed: ${hits.error.kind}`);
  return hits.value;
}

async function index(embed: Embed, documents: readonly IndexDocument[]): Promise<SqliteSearch> {
  const made = new SqliteSearch(memoryPort());
  const vectors = await embedAll(embed, documents.map(embeddedText));
  const put = documents.map((document, at) => ({ ...document, vector: vectors[at] ?? new Float32Array() }));
  const written = await made.write({ put, remove: [] });
  if (!written.ok) throw new Error(`the index takes no documents: ${written.error.kind}`);
  return made;
}

/** Of length 1. */
export async function embedAll(embed: Embed, texts: readonly string[]): Promise<readonly Float32Array[]> {
  const vectors: (readonly number[])[] = [];
  for (let at = 0; at < texts.length; at += BATCH)
    vectors.push(...(await embed(texts.slice(at, at + BATCH))));
  return vectors.map((vector) => {
    const length = Math.hypot(...vector);
    return Float32Array.from(vector, (value) => value / length);
  });
}
