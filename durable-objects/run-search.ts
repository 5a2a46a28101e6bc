// How a search step of a run reaches an index of its tenant, or the documents that its function brings along.
import type { Failure } from '../src/core/api/failure.ts';
import { ok, type Result } from '../src/core/base/result.ts';
import type { StepSearch } from '../src/hosts/step-performers.ts';
import type { IndexUse } from '../src/core/run/define-function.ts';
import type { SearchAsk, SearchHit } from '../src/core/run/run-context.ts';
import type { BuiltInIndex } from '../src/core/search/built-in-index.ts';
import type { Filter } from '../src/core/search/filter.ts';
import { queryBuiltInIndex, queryIndex, type IndexAsk, type IndexEnv } from './index-call.ts';

/** The client's name of the model that embeds the documents of built-in indexes. */
export const embeddingModel = 'embed';

export async function searchIndex(
  env: IndexEnv,
  { tenant, use, ask, withinMs, criticality, onProgress }: StepSearch,
): Promise<Result<readonly SearchHit[], Failure>> {
  const asked = { ...askOf(ask), withinMs, criticality };
  const hits =
    use.documents === undefined
      ? await queryIndex(env, tenant, use.index, asked)
      : await queryBuiltInIndex(env, tenant, builtInOf(use), {
          ...asked,
          onLoad: (total) => onProgress({ doing: 'load-index', total }),
        });
  if (!hits.ok) return hits;
  return ok(
    hits.value.map(({ id, title, text, score, textScore, vectorScore, metadata }) => ({
      id,
      title,
      text,
      score,
      textScore,
      vectorScore,
      metadata,
    })),
  );
}

function askOf({ query, mode, limit, where }: SearchAsk): IndexAsk {
  const wanted = Object.entries(where ?? {});
  const filter: Filter | null =
    wanted.length === 0 ? null : { and: wanted.map(([field, value]) => ({ field, eq: value })) };
  return {
    query,
    ...(mode === undefined ? {} : { mode }),
    ...(limit === undefined ? {} : { limit }),
    ...(filter === null ? {} : { filter }),
  };
}

/** By the function's own object: what was loaded is known by it, without reading the documents again. */
const builtIns = new WeakMap<IndexUse, BuiltInIndex>();

function builtInOf(use: IndexUse): BuiltInIndex {
  const known = builtIns.get(use) ?? makeBuiltIn(use);
  builtIns.set(use, known);
  return known;
}

function makeBuiltIn({ index, documents }: IndexUse): BuiltInIndex {
  return {
    name: `builtin-${index}`,
    embeddingModel,
    documents: (documents ?? []).map(({ id, text, title, metadata }) => ({
      id,
      text,
      title: title ?? null,
      metadata: metadata ?? {},
    })),
  };
}
