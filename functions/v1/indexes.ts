// Indexes: /v1/indexes and what lies under it. The edge checks what came and finds the index's object; documents, vectors and order of hits
// are the object's.
import type { Context } from 'hono';
import type { Failure } from '../../src/core/api/failure.ts';
import type { Result } from '../../src/core/base/result.ts';
import { documentId, parseRemove, parseUpsert, type IndexDocument } from '../../src/core/search/document.ts';
import type { Hit } from '../../src/core/search/hit.ts';
import {
  parseCreateIndex,
  parseIndexName,
  parseIndexQuery,
  parseWritableName,
} from '../../src/core/search/index-query.ts';
import type { IndexRef, IndexSummary, Upserted } from '../../src/hosts/index-host.ts';
import { indexName, listName } from '../../durable-objects/index-names.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import type { RouteEntry } from '../route-entry.ts';

export const indexRoutes: readonly RouteEntry[] = [
  { path: '/v1/indexes', handlers: { GET: listIndexes } },
  { path: '/v1/indexes/:name', handlers: { GET: showIndex, PUT: createIndex, DELETE: deleteIndex } },
  { path: '/v1/indexes/:name/query', handlers: { POST: queryIndex } },
  {
    path: '/v1/indexes/:name/documents',
    handlers: { POST: upsertDocuments, PUT: upsertDocuments, DELETE: deleteDocuments },
  },
  { path: '/v1/indexes/:name/documents/:id', handlers: { GET: showDocument, DELETE: deleteDocument } },
];

/** What is listed for longer without being an index was left behind by a creation that broke off: no creation takes as long. */
const leftBehindMs = 15 * 60_000;

async function listIndexes(c: Context<AppEnv>): Promise<Response> {
  const tenant = c.get('tenant').id;
  const listed = await listOf(c).list();
  const asked = listed.map(async ({ name }) => ({
    name,
    summary: await objectOf(c, { tenant, name }).summary({ tenant, name }),
  }));
  const data: object[] = [];
  for (const { name, summary } of await Promise.all(asked)) {
    if (summary.ok) data.push(renderIndex(summary.value));
    else await listOf(c).dismiss(name, c.get('startedMs') - leftBehindMs);
  }
  return answer(c, { object: 'list', data });
}

async function createIndex(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c, parseWritableName);
  const model = must(parseCreateIndex(await readJsonBody(c.req.raw, c.get('config').bounds)));
  return answer(c, renderIndex(must<IndexSummary>(await objectOf(c, ref).create(ref, model))));
}

async function showIndex(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c);
  return answer(c, renderIndex(must<IndexSummary>(await objectOf(c, ref).summary(ref))));
}

/** A built-in index may go too: the function that brings it along makes it anew when it is next called. */
async function deleteIndex(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c);
  must(await objectOf(c, ref).destroy(ref));
  return answer(c, { id: ref.name, object: 'index', deleted: true });
}

async function upsertDocuments(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c, parseWritableName);
  const documents = must(parseUpsert(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const { upserted, embedded } = must<Upserted>(await objectOf(c, ref).upsert(ref, documents));
  return answer(c, { object: 'index.upsert', upserted, embedded });
}

async function deleteDocuments(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c, parseWritableName);
  const ids = must(parseRemove(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const deleted = must(await objectOf(c, ref).remove(ref, ids));
  return answer(c, { object: 'index.delete', deleted });
}

async function showDocument(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c);
  const document = must<IndexDocument>(await objectOf(c, ref).read(ref, documentIdOf(c)));
  return answer(c, { object: 'index.document', ...document });
}

async function deleteDocument(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c, parseWritableName);
  const id = documentIdOf(c);
  const deleted = must(await objectOf(c, ref).remove(ref, [id]));
  if (deleted === 0) throw new RequestFailure({ kind: 'unknown-document' });
  return answer(c, { id, object: 'index.document', deleted: true });
}

async function queryIndex(c: Context<AppEnv>): Promise<Response> {
  const ref = refOf(c);
  const query = must(parseIndexQuery(await readJsonBody(c.req.raw, c.get('config').bounds)));
  const hits = must<readonly Hit[]>(await objectOf(c, ref).query(ref, query));
  return answer(c, { object: 'list', data: hits.map(renderHit) });
}

function renderIndex(summary: IndexSummary): object {
  return {
    id: summary.name,
    object: 'index',
    created: Math.floor(summary.createdMs / 1000),
    embedding_model: summary.embeddingModel,
    dimensions: summary.dimensions,
    documents: summary.documents,
    documents_max: summary.documentsMax,
    content_bytes: summary.contentBytes,
    content_bytes_max: summary.contentBytesMax,
  };
}

function renderHit({ textScore, vectorScore, ...hit }: Hit): object {
  return { ...hit, text_score: textScore, vector_score: vectorScore };
}

/** The tenant is part of the object's name: no tenant can name another's index. */
function refOf(c: Context<AppEnv>, parseName: typeof parseIndexName = parseIndexName): IndexRef {
  return { tenant: c.get('tenant').id, name: must(parseName(c.req.param('name') ?? '')) };
}

function objectOf(c: Context<AppEnv>, { tenant, name }: IndexRef) {
  return c.env.INDEX.getByName(indexName(tenant, name));
}

function listOf(c: Context<AppEnv>) {
  return c.env.INDEX.getByName(listName(c.get('tenant').id));
}

/** What is no id names no document. */
function documentIdOf(c: Context<AppEnv>): string {
  const read = documentId.safeParse(c.req.param('id') ?? '');
  if (!read.success) throw new RequestFailure({ kind: 'unknown-document' });
  return read.data;
}

function answer(c: Context<AppEnv>, body: object): Response {
  return c.json(body, 200, { 'x-request-id': c.get('requestId') });
}

function must<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new RequestFailure(result.error);
  return result.value;
}
