// How the rest of the platform asks an index: by tenant and name, with questions that are checked here. For functions and runs; the HTTP
// routes check what they get themselves.
import type { Env } from '../src/env.ts';
import type { Failure } from '../src/core/api/failure.ts';
import { assert } from '../src/core/base/assert.ts';
import { ok, type Result } from '../src/core/base/result.ts';
import type { Criticality } from '../src/core/resilience/criticality.ts';
import type { BuiltInIndex } from '../src/core/search/built-in-index.ts';
import type { Filter } from '../src/core/search/filter.ts';
import type { Hit } from '../src/core/search/hit.ts';
import { builtInPrefix, parseIndexName, parseIndexQuery } from '../src/core/search/index-query.ts';
import { indexName } from './index-names.ts';

export type IndexEnv = Pick<Env, 'INDEX'>;

export interface IndexAsk {
  readonly query: string;
  /** Default: hybrid. */
  readonly mode?: 'hybrid' | 'text' | 'vector';
  /** Default: 10. */
  readonly limit?: number;
  readonly filter?: Filter;
  /** On the scale of the mode, see `Hit.score`. */
  readonly minScore?: number;
  /** How long whoever asks will wait for the question's vector. */
  readonly withinMs?: number;
  /** How it stands beside others that wait for the embedding model. */
  readonly criticality?: Criticality;
}

/** The tenant's index of this name, asked. Fails as HTTP would: bad question, no such index, model not reachable. */
export async function queryIndex(
  env: IndexEnv,
  tenant: string,
  index: string,
  ask: IndexAsk,
): Promise<Result<readonly Hit[], Failure>> {
  const name = parseIndexName(index);
  if (!name.ok) return name;
  const { minScore, withinMs, criticality, ...rest } = ask;
  const query = parseIndexQuery({ ...rest, min_score: minScore });
  if (!query.ok) return query;
  // A new stub for each call: one that has seen an error stays broken.
  const object = env.INDEX.getByName(indexName(tenant, index));
  return await object.query({ tenant, name: index }, query.value, withinMs, criticality);
}

/** An ask that may have to wait until documents have been embedded; `onLoad` hears of how many, before. */
export type BuiltInAsk = IndexAsk & { readonly onLoad?: (documents: number) => void };

/** Brings the tenant's copy of a built-in index to what the code says. What this isolate knows to be there costs nothing. */
export async function ensureBuiltInIndex(
  env: IndexEnv,
  tenant: string,
  builtIn: BuiltInIndex,
  onLoad?: BuiltInAsk['onLoad'],
): Promise<Result<null, Failure>> {
  assert(builtIn.name.startsWith(builtInPrefix), `a built-in index is named ${builtIn.name}`);
  const hash = await hashOf(builtIn);
  const key = indexName(tenant, builtIn.name);
  if (current.get(key) === hash) return ok(null);
  const ref = { tenant, name: builtIn.name };
  const isCurrent = await env.INDEX.getByName(key).isCurrent(ref, hash);
  if (!isCurrent) onLoad?.(builtIn.documents.length);
  const loaded = isCurrent ? ok(null) : await env.INDEX.getByName(key).load(tenant, builtIn, hash);
  if (loaded.ok) remember(key, hash);
  return loaded;
}

/** A built-in index, asked; loaded first when it is not there, also when its tenant has deleted it meanwhile. */
export async function queryBuiltInIndex(
  env: IndexEnv,
  tenant: string,
  builtIn: BuiltInIndex,
  { onLoad, ...ask }: BuiltInAsk,
): Promise<Result<readonly Hit[], Failure>> {
  const ready = await ensureBuiltInIndex(env, tenant, builtIn, onLoad);
  if (!ready.ok) return ready;
  const hits = await queryIndex(env, tenant, builtIn.name, ask);
  if (hits.ok || hits.error.kind !== 'unknown-index') return hits;
  current.delete(indexName(tenant, builtIn.name));
  const again = await ensureBuiltInIndex(env, tenant, builtIn, onLoad);
  return again.ok ? await queryIndex(env, tenant, builtIn.name, ask) : again;
}

/** Hashes of what this isolate has seen loaded, by the object's name. Plain data: shared by requests. */
const current = new Map<string, string>();
/** Tenants times functions of one isolate; beyond it the oldest is asked for again. */
const currentMax = 1_000;

function remember(key: string, hash: string): void {
  current.set(key, hash);
  for (const oldest of current.keys()) {
    if (current.size <= currentMax) break;
    current.delete(oldest);
  }
}

/** By the object that the code declares, which lives as long as the isolate. */
const hashes = new WeakMap<BuiltInIndex, string>();

async function hashOf(builtIn: BuiltInIndex): Promise<string> {
  const known = hashes.get(builtIn);
  if (known !== undefined) return known;
  const text = JSON.stringify([builtIn.embeddingModel, builtIn.documents]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  hashes.set(builtIn, hash);
  return hash;
}
