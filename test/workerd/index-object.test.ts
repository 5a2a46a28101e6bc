// The index object in workerd, through the real routes and the real pool: eviction, calls that arrive together, other tenants, bad input.
// Only the replica is the test's: its vectors say which words mean the same.
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it, test, vi } from 'vitest';
import {
  ensureBuiltInIndex,
  queryBuiltInIndex,
  queryIndex,
  type IndexEnv,
} from '../../durable-objects/index-call.ts';
import { indexName } from '../../durable-objects/index-names.ts';
import { sqlPort } from '../../durable-objects/index-store.ts';
import { SqliteSearch } from '../../src/backends/search/sqlite-search.ts';
import type { BuiltInIndex } from '../../src/core/search/built-in-index.ts';
import { embedded, helpPages } from '../conformance/search.suite.ts';
import { conceptVector } from '../support/concept-vectors.ts';
import { AgentDouble } from './agent-double.ts';
import { EdgeApp, errorOf, type Reply } from './edge-app.ts';

const indexEnv = env as unknown as IndexEnv;
const app = new EdgeApp();
const acmeKey = 'sk-pilotlight-acme';
/** Texts that were embedded, in order. */
const embeddedTexts: string[] = [];
let replicaBreaks = false;

beforeAll(() => {
  const agent = new AgentDouble();
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const { url } = new Request(input);
    if (!url.endsWith('/v1/embeddings')) return agent.answer(url, init);
    if (replicaBreaks) return Promise.resolve(new Response('oops', { status: 500 }));
    const { input: texts } = JSON.parse(typeof init?.body === 'string' ? init.body : '') as {
      input: string[];
    };
    embeddedTexts.push(...texts);
    const data = texts.map((text, index) => ({ index, embedding: [...conceptVector(text)] }));
    return Promise.resolve(Response.json({ object: 'list', data }));
  });
});

let minted = 0;
const newName = (): string => `index-${(minted += 1)}`;

function call(method: string, path: string, body?: unknown, key?: string): Promise<Reply> {
  return app.ask({
    method,
    path: `/v1/indexes${path}`,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(key === undefined ? {} : { key }),
  });
}

async function json(reply: Promise<Reply>): Promise<Record<string, unknown>> {
  const { status, text } = await reply;
  if (status !== 200) throw new Error(`${status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

async function idsOf(name: string, query: object): Promise<readonly string[]> {
  const { data } = await json(call('POST', `/${name}/query`, query));
  return (data as { id: string }[]).map(({ id }) => id);
}

const pages = helpPages.map(({ id, text, metadata }) => ({ id, text, metadata }));

async function filled(): Promise<string> {
  const name = newName();
  const reply = await json(call('POST', `/${name}/documents`, { documents: pages }));
  expect(reply).toEqual({ object: 'index.upsert', upserted: 5, embedded: 5 });
  return name;
}

function stubOf(name: string, tenant = 'demo') {
  return indexEnv.INDEX.getByName(indexName(tenant, name));
}

describe('an index', () => {
  it('is created by its first documents, described, asked by words and by meaning, and deleted', async () => {
    const name = await filled();
    expect(await json(call('GET', `/${name}`))).toMatchObject({
      id: name,
      object: 'index',
      embedding_model: 'use-lite-embed@1',
      dimensions: 64,
      documents: 5,
      documents_max: 20_000,
    });
    expect(await idsOf(name, { query: 'E4711', limit: 1 })).toEqual(['e4711']);
    expect(await idsOf(name, { query: 'reimburse my money', limit: 1 })).toEqual(['refund']);
    const { data } = await json(call('POST', `/${name}/query`, { query: 'damaged', mode: 'text' }));
    expect(data).toEqual([
      {
        id: 'damaged',
        title: null,
        text: 'Send a photo of damaged goods',
        metadata: { topic: 'delivery', days: 14 },
        score: expect.any(Number),
        text_score: expect.any(Number),
        vector_score: null,
        highlight: 'Send a photo of **damaged** goods',
      },
    ]);
    expect(await json(call('GET', `/${name}/documents/late`))).toMatchObject({
      id: 'late',
      object: 'index.document',
    });
    expect(await json(call('DELETE', `/${name}/documents/late`))).toMatchObject({ deleted: true });
    expect((await call('GET', `/${name}/documents/late`)).status).toBe(404);
    expect((await call('DELETE', `/${name}/documents/late`)).status).toBe(404);
    expect(await json(call('DELETE', `/${name}/documents`, { ids: ['refund', 'late'] }))).toMatchObject({
      deleted: 1,
    });
    expect(await json(call('DELETE', `/${name}`))).toEqual({ id: name, object: 'index', deleted: true });
    expect(errorOf(await call('POST', `/${name}/query`, { query: 'x' })).code).toBe('index_not_found');
    expect((await call('DELETE', `/${name}`)).status).toBe(404);
  });

  it('that was deleted has left no row behind', async () => {
    const name = await filled();
    await json(call('DELETE', `/${name}`));
    const tables = await runInDurableObject(stubOf(name), (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('answers after an eviction as before it, and pays for no vector again', async () => {
    const name = await filled();
    const questions = ['overdue shipment', 'E4711', 'cracked'].map((query) => ({ query }));
    const before = await Promise.all(questions.map((each) => json(call('POST', `/${name}/query`, each))));
    embeddedTexts.length = 0;
    await evictDurableObject(stubOf(name));
    expect(await Promise.all(questions.map((each) => json(call('POST', `/${name}/query`, each))))).toEqual(
      before,
    );
    expect(await json(call('PUT', `/${name}/documents`, { documents: pages }))).toMatchObject({
      embedded: 0,
    });
    expect([...embeddedTexts].sort()).toEqual(['E4711', 'cracked', 'overdue shipment']);
  });

  it('takes upserts, deletions and questions that arrive together; each batch is seen whole or not at all', async () => {
    const name = newName();
    await json(call('PUT', `/${name}`, {}));
    const batch = (at: number) =>
      [0, 1].map((part) => ({ id: `p${at}-${part}`, text: `parcel ${at} ${part}` }));
    const upserts = Array.from({ length: 12 }, (_, at) =>
      json(call('POST', `/${name}/documents`, { documents: batch(at) })),
    );
    const asks = Array.from({ length: 12 }, () => idsOf(name, { query: 'parcel', limit: 100, mode: 'text' }));
    for (const ids of await Promise.all(asks)) expect(ids.length % 2).toBe(0);
    await Promise.all(upserts);
    await Promise.all(
      [0, 1, 2].map((at) => json(call('DELETE', `/${name}/documents`, { ids: [`p${at}-0`, `p${at}-1`] }))),
    );
    expect(await idsOf(name, { query: 'parcel', limit: 100 })).toHaveLength(18);
    expect(await json(call('GET', `/${name}`))).toMatchObject({ documents: 18 });
  });

  it('deleted amid upserts is gone or begun anew, never half', async () => {
    const name = await filled();
    const upserts = Array.from({ length: 8 }, (_, at) =>
      call('POST', `/${name}/documents`, { documents: [{ id: `n${at}`, text: `new ${at}` }] }),
    );
    const [deleted, ...replies] = await Promise.all([call('DELETE', `/${name}`), ...upserts]);
    expect(deleted.status).toBe(200);
    for (const { status } of replies) expect([200, 404]).toContain(status);
    const shown = await call('GET', `/${name}`);
    expect((await call('GET', `/${name}/documents/refund`)).status).toBe(404);
    if (shown.status === 200) {
      const { documents } = JSON.parse(shown.text) as { documents: number };
      expect(documents).toBeLessThanOrEqual(8);
      expect(await idsOf(name, { query: 'new', mode: 'text', limit: 100 })).toHaveLength(documents);
    }
  });

  it('keeps a text with NUL and emoji whole, and finds nothing of it once it is removed', async () => {
    const text = `a\u0000b zebra "quoted" ${'\u{1F525}'.repeat(5)}`;
    await runInDurableObject(stubOf(newName()), async (_object, { storage }) => {
      const port = sqlPort(storage);
      const index = new SqliteSearch(port);
      await index.write({ put: [embedded('nul', text), ...helpPages], remove: [] });
      expect((await index.read(['nul']))[0]?.text).toBe(text);
      await index.write({ put: [embedded('nul', `${text} again`)], remove: [] });
      await index.write({ put: [], remove: ['nul'] });
      port.run("INSERT INTO words (words) VALUES ('integrity-check')");
    });
  });

  it('whose model fails takes nothing of a batch, and goes on when the model does', async () => {
    const name = await filled();
    replicaBreaks = true;
    const failed = await call('POST', `/${name}/documents`, {
      documents: [{ id: 'x', text: 'x' }, ...pages],
    });
    replicaBreaks = false;
    expect({ status: failed.status, code: errorOf(failed).code }).toEqual({
      status: 502,
      code: 'replica_error',
    });
    expect(await json(call('GET', `/${name}`))).toMatchObject({ documents: 5 });
    expect(
      await json(call('POST', `/${name}/documents`, { documents: [{ id: 'x', text: 'x' }] })),
    ).toMatchObject({
      embedded: 1,
    });
  });
});

describe('the list', () => {
  it('holds each index of the tenant and of no other, and lets go of those that are deleted', async () => {
    const [one, two] = [await filled(), await filled()];
    const listed = async (key?: string): Promise<readonly unknown[]> => {
      const { data } = await json(call('GET', '', undefined, key));
      return (data as { id: string }[]).map(({ id }) => id);
    };
    expect(await listed()).toEqual(expect.arrayContaining([one, two]));
    expect(await listed(acmeKey)).toEqual([]);
    await json(call('DELETE', `/${one}`));
    expect(await listed()).not.toContain(one);
    expect(await listed()).toContain(two);
  });

  it('lets go of what was left behind by a creation that broke off, once it is old', async () => {
    const list = indexEnv.INDEX.getByName('demo/*');
    await list.enlist('broke-off');
    await runInDurableObject(list, (_object, { storage }) => {
      storage.sql.exec("UPDATE listed SET listed_ms = 0 WHERE name = 'broke-off'");
    });
    await list.enlist('being-made');
    await json(call('GET', ''));
    const names = (await list.list()).map(({ name }) => name);
    expect(names).not.toContain('broke-off');
    expect(names).toContain('being-made');
  });

  it('has a bound, which an index that is on it does not feel', async () => {
    const list = indexEnv.INDEX.getByName('crowded/*');
    for (let at = 0; at < 100; at += 1) expect(await list.enlist(`i${at}`)).toMatchObject({ ok: true });
    expect(await list.enlist('i100')).toEqual({
      ok: false,
      error: { kind: 'too-many-indexes', indexesMax: 100 },
    });
    expect(await list.enlist('i7')).toMatchObject({ ok: true });
    expect(await list.enlist('builtin-help')).toMatchObject({ ok: true });
  });
});

describe('what is not allowed', () => {
  test('another tenant sees no index of this name, on any route', async () => {
    const name = await filled();
    const routes: readonly (readonly [string, string, unknown?])[] = [
      ['GET', `/${name}`],
      ['DELETE', `/${name}`],
      ['POST', `/${name}/query`, { query: 'refund' }],
      ['GET', `/${name}/documents/refund`],
      ['DELETE', `/${name}/documents/refund`],
      ['DELETE', `/${name}/documents`, { ids: ['refund'] }],
    ];
    for (const [method, path, body] of routes) {
      const reply = await call(method, path, body, acmeKey);
      expect([method, path, reply.status, errorOf(reply).code]).toEqual([
        method,
        path,
        404,
        'index_not_found',
      ]);
    }
    expect(await json(call('GET', `/${name}`))).toMatchObject({ documents: 5 });
  });

  test.each([
    ['documents without text', { documents: [pages[0], { id: 'x' }] }, 400, 'documents[1].text'],
    [
      'a text that is too long',
      { documents: [{ id: 'x', text: 'y'.repeat(20_001) }] },
      400,
      'documents[0].text',
    ],
    ['an id twice in a batch', { documents: [pages[0], pages[0]] }, 400, 'documents[1].id'],
  ])('%s', async (_what, body, status, param) => {
    const reply = await call('POST', `/${newName()}/documents`, body);
    expect({ status: reply.status, param: errorOf(reply).param }).toEqual({ status, param });
  });

  test('names, models and filters that are none', async () => {
    const name = await filled();
    expect(errorOf(await call('PUT', '/Bad-Name', {})).param).toBe('name');
    expect(errorOf(await call('PUT', `/${newName()}`, { embedding_model: 'none' })).code).toBe(
      'model_not_found',
    );
    expect(errorOf(await call('PUT', `/${newName()}`, { embedding_model: 'assistant' })).code).toBe(
      'wrong_task',
    );
    expect((await call('PUT', `/${name}`, { embedding_model: 'use-lite-embed@1' })).status).toBe(200);
    expect(errorOf(await call('POST', `/${name}/query`, { query: 'x', filter: { field: 'a' } })).param).toBe(
      'filter',
    );
    expect(errorOf(await call('POST', `/builtin-x/documents`, { documents: pages })).code).toBe(
      'index_read_only',
    );
    expect((await call('GET', `/${name}/documents/-x`)).status).toBe(404);
    expect((await call('PATCH', `/${name}`)).status).toBe(405);
  });
});

describe('an index that a function brings along', () => {
  const builtIn: BuiltInIndex = {
    name: 'builtin-help',
    embeddingModel: 'embed',
    documents: helpPages.map(({ id, text, title, metadata }) => ({ id, text, title, metadata })),
  };
  const idsFrom = async (ask: Parameters<typeof queryIndex>[3]): Promise<readonly string[] | string> => {
    const hits = await queryBuiltInIndex(indexEnv, 'demo', builtIn, ask);
    return hits.ok ? hits.value.map(({ id }) => id) : hits.error.kind;
  };

  it('is there on first use, loaded once however many ask, and again after its tenant deleted it', async () => {
    embeddedTexts.length = 0;
    const asks = Array.from({ length: 20 }, () => idsFrom({ query: 'reimburse my money', limit: 1 }));
    expect(new Set((await Promise.all(asks)).flat())).toEqual(new Set(['refund']));
    expect(embeddedTexts.filter((text) => text === pages[0]?.text)).toHaveLength(1);
    const filter = { field: 'topic', eq: 'delivery' } as const;
    expect(await idsFrom({ query: 'overdue', filter, mode: 'vector', limit: 1 })).toEqual(['late']);
    await json(call('DELETE', '/builtin-help'));
    expect(await idsFrom({ query: 'refund', minScore: 0.6 })).toEqual(['refund']);
    expect(await json(call('GET', '/builtin-help'))).toMatchObject({ documents: 5 });
  });

  it('follows the code, belongs to each tenant alone, and asks are checked', async () => {
    const [first] = builtIn.documents;
    const next = { ...builtIn, documents: first === undefined ? [] : [first] };
    expect(await ensureBuiltInIndex(indexEnv, 'demo', next)).toMatchObject({ ok: true });
    expect(await json(call('GET', '/builtin-help'))).toMatchObject({ documents: 1 });
    expect((await call('GET', '/builtin-help', undefined, acmeKey)).status).toBe(404);
    expect(await queryIndex(indexEnv, 'demo', 'builtin-help', { query: ' ' })).toMatchObject({
      ok: false,
      error: { kind: 'invalid', param: 'query' },
    });
    expect(await queryIndex(indexEnv, 'demo', 'No/Such', { query: 'x' })).toMatchObject({ ok: false });
    expect(await queryIndex(indexEnv, 'demo', 'no-such', { query: 'x' })).toEqual({
      ok: false,
      error: { kind: 'unknown-index' },
    });
  });
});
