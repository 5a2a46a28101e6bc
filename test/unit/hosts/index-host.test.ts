// The host of an index: what happens around the calls of the embedding model. Vectors are held back by the test, so that it says what comes
// in between.
import { describe, expect, test } from 'vitest';
import { SqliteSearch } from '../../../src/backends/search/sqlite-search.ts';
import type { Failure } from '../../../src/core/api/failure.ts';
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { BuiltInIndex } from '../../../src/core/search/built-in-index.ts';
import type { IndexDocument } from '../../../src/core/search/document.ts';
import type { IndexQuery } from '../../../src/core/search/index-query.ts';
import { BuiltInLoader } from '../../../src/hosts/index-built-in.ts';
import { IndexHost } from '../../../src/hosts/index-host.ts';
import type { EmbedAsk, IndexHead, IndexPorts } from '../../../src/hosts/index-ports.ts';
import { conceptVector } from '../../support/concept-vectors.ts';
import { memoryPort } from '../../support/sqlite-port.ts';

const ref = { tenant: 'demo', name: 'help' };
const other = { tenant: 'acme', name: 'help' };
const question: IndexQuery = { query: 'refund', mode: 'hybrid', limit: 5, filter: null, minScore: null };
const doc = (id: string, text: string): IndexDocument => ({ id, title: null, text, metadata: {} });

class World implements IndexPorts {
  readonly search = new SqliteSearch(memoryPort());
  readonly asked: EmbedAsk[] = [];
  readonly listed = new Set<string>();
  served = 'embed@1';
  failure: Failure | null = null;
  listFailure: Failure | null = null;
  /** Runs before a call of the model answers. */
  between: () => Promise<unknown> = () => Promise.resolve();
  #head: IndexHead | null = null;

  readHead = (): IndexHead | null => this.#head;
  writeHead = (head: IndexHead): void => {
    this.#head = head;
  };
  erase = (): Promise<void> => {
    this.#head = null;
    return Promise.resolve();
  };
  now = (): number => 1_000;
  resolveModel = (_tenant: string, model: string): Result<string, Failure> =>
    model === 'embed' ? ok(this.served) : err({ kind: 'unknown-model', model });
  embed = async (ask: EmbedAsk): Promise<Result<readonly Float32Array[], Failure>> => {
    this.asked.push(ask);
    await this.between();
    return this.failure === null ? ok(ask.texts.map(conceptVector)) : err(this.failure);
  };
  enlist = (_tenant: string, name: string): Promise<Result<null, Failure>> => {
    if (this.listFailure === null) this.listed.add(name);
    return Promise.resolve(this.listFailure === null ? ok(null) : err(this.listFailure));
  };
  dismiss = (_tenant: string, name: string): Promise<void> => {
    this.listed.delete(name);
    return Promise.resolve();
  };
}

function open(): { world: World; host: IndexHost } {
  const world = new World();
  return { world, host: new IndexHost(world) };
}

async function idsOf(host: IndexHost, more: Partial<IndexQuery> = {}): Promise<readonly string[] | string> {
  const hits = await host.query(ref, { ...question, ...more });
  return hits.ok ? hits.value.map(({ id }) => id) : hits.error.kind;
}

describe('the first documents', () => {
  test('create the index with the default model; it keeps that version when the name moves on', async () => {
    const { world, host } = open();
    expect(await host.upsert(ref, [doc('a', 'refund')])).toEqual(ok({ upserted: 1, embedded: 1 }));
    world.served = 'embed@2';
    await host.upsert(ref, [doc('b', 'late')]);
    expect(world.asked.map(({ version }) => version)).toEqual(['embed@1', 'embed@1']);
    expect(await host.summary(ref)).toMatchObject({
      ok: true,
      value: { name: 'help', embeddingModel: 'embed@1', documents: 2, documentsMax: 20_000, dimensions: 64 },
    });
    expect([...world.listed]).toEqual(['help']);
  });

  test('are refused when the list of indexes is full, and nothing is kept', async () => {
    const { world, host } = open();
    world.listFailure = { kind: 'too-many-indexes', indexesMax: 1 };
    expect(await host.upsert(ref, [doc('a', 'x')])).toEqual(err(world.listFailure));
    expect(await host.summary(ref)).toEqual(err({ kind: 'unknown-index' }));
    expect(world.asked).toEqual([]);
  });

  test('an index created by name has that model; again is the same, with another model it is a conflict', async () => {
    const { world, host } = open();
    expect(await host.create(ref, 'none')).toEqual(err({ kind: 'unknown-model', model: 'none' }));
    expect(await host.create(ref, 'embed')).toMatchObject({ ok: true });
    expect(await host.create(ref, 'embed')).toMatchObject({ ok: true });
    world.served = 'embed@2';
    expect(await host.create(ref, 'embed')).toEqual(
      err({ kind: 'index-conflict', embeddingModel: 'embed@1' }),
    );
    expect(await idsOf(host)).toEqual([]);
    expect(world.asked).toEqual([]);
  });
});

describe('another tenant', () => {
  test('that reaches the object finds no index there', async () => {
    const { host } = open();
    await host.upsert(ref, [doc('a', 'refund')]);
    const unknown = err({ kind: 'unknown-index' });
    expect(await host.query(other, question)).toEqual(unknown);
    expect(await host.read(other, 'a')).toEqual(unknown);
    expect(await host.remove(other, ['a'])).toEqual(unknown);
    expect(await host.summary(other)).toEqual(unknown);
    expect(await host.destroy(other)).toEqual(unknown);
    expect(await host.read(ref, 'a')).toMatchObject({ ok: true, value: { id: 'a', text: 'refund' } });
    expect(await host.read(ref, 'b')).toEqual(err({ kind: 'unknown-document' }));
  });
});

describe('embedding', () => {
  test('is done in batches, and only for texts that have no vector yet', async () => {
    const { world, host } = open();
    const documents = Array.from({ length: 70 }, (_, at) => doc(`d${at}`, `text ${at}`));
    expect(await host.upsert(ref, documents)).toEqual(ok({ upserted: 70, embedded: 70 }));
    expect(world.asked.map(({ texts }) => texts.length)).toEqual([32, 32, 6]);
    const again = documents.map(({ id, text }) => ({ id, text, title: null, metadata: { seen: true } }));
    expect(await host.upsert(ref, [...again, doc('new', 'refund')])).toEqual(
      ok({ upserted: 71, embedded: 1 }),
    );
    expect(await host.read(ref, 'd3')).toMatchObject({ value: { metadata: { seen: true } } });
  });

  test('of a question is on its asker’s terms, of documents on those of any call', async () => {
    const { world, host } = open();
    await host.upsert(ref, [doc('a', 'refund')]);
    await host.query(
      ref,
      { ...question, query: 'in a hurry' },
      { withinMs: 1_500, criticality: 'sheddable' },
    );
    await host.query(ref, { ...question, query: 'no hurry' });
    expect(world.asked.map(({ withinMs, criticality }) => [withinMs, criticality])).toEqual([
      [undefined, undefined],
      [1_500, 'sheddable'],
      [undefined, undefined],
    ]);
  });

  test('that fails fails the whole batch: nothing of it is written', async () => {
    const { world, host } = open();
    await host.upsert(ref, [doc('a', 'refund')]);
    let calls = 0;
    world.between = () => {
      calls += 1;
      if (calls === 2) world.failure = { kind: 'queue-full', retryAfterMs: 5 };
      return Promise.resolve();
    };
    const many = Array.from({ length: 40 }, (_, at) => doc(`d${at}`, `refund ${at}`));
    expect(await host.upsert(ref, many)).toEqual(err({ kind: 'queue-full', retryAfterMs: 5 }));
    expect(await host.summary(ref)).toMatchObject({ value: { documents: 1 } });
    expect(await idsOf(host)).toBe('queue-full');
    expect(await idsOf(host, { mode: 'text' })).toEqual(['a']);
  });

  test('of a question is done once for the same words, and not at all for words alone', async () => {
    const { world, host } = open();
    await host.upsert(ref, [doc('a', 'refund')]);
    expect(await idsOf(host)).toEqual(['a']);
    expect(await idsOf(host, { mode: 'vector', query: 'refund' })).toEqual(['a']);
    expect(await idsOf(host, { mode: 'text' })).toEqual(['a']);
    expect(world.asked).toHaveLength(2);
    for (let at = 0; at < 64; at += 1) await idsOf(host, { query: `other ${at}` });
    await idsOf(host);
    expect(world.asked).toHaveLength(2 + 64 + 1);
  });
});

describe('a deletion', () => {
  test('leaves nothing, and the name can be used anew', async () => {
    const { world, host } = open();
    await host.upsert(ref, [doc('a', 'refund')]);
    expect(await host.destroy(ref)).toEqual(ok(null));
    expect([...world.listed]).toEqual([]);
    expect(await idsOf(host)).toBe('unknown-index');
    expect(await host.destroy(ref)).toEqual(err({ kind: 'unknown-index' }));
    world.served = 'embed@2';
    await host.upsert(ref, [doc('b', 'refund')]);
    expect(await idsOf(host)).toEqual(['b']);
    expect(await host.summary(ref)).toMatchObject({ value: { embeddingModel: 'embed@2', documents: 1 } });
    expect([...world.listed]).toEqual(['help']);
  });

  test.each(['upsert', 'query'] as const)(
    'while vectors are made ends the %s; the index stays deleted',
    async (act) => {
      const { world, host } = open();
      await host.upsert(ref, [doc('a', 'refund')]);
      world.between = () => host.destroy(ref);
      const outcome =
        act === 'upsert' ? await host.upsert(ref, [doc('b', 'late')]) : await host.query(ref, question);
      expect(outcome).toEqual(err({ kind: 'unknown-index' }));
      expect(await host.summary(ref)).toEqual(err({ kind: 'unknown-index' }));
    },
  );
});

test('a list that forgot the index hears of it again with the first write of a new life', async () => {
  const { world, host } = open();
  await host.upsert(ref, [doc('a', 'refund')]);
  world.listed.clear();
  await new IndexHost(world).upsert(ref, [doc('b', 'late')]);
  expect([...world.listed]).toEqual(['help']);
});

describe('documents that a function brings along', () => {
  const builtIn = (...documents: readonly IndexDocument[]): BuiltInIndex => ({
    name: 'help',
    embeddingModel: 'embed',
    documents,
  });
  const pages = Array.from({ length: 300 }, (_, at) => doc(`p${at}`, `page ${at}`));

  test('are loaded once by many who ask at once, and known by their hash afterwards', async () => {
    const { world, host } = open();
    const loader = new BuiltInLoader(host, world);
    const loads = Array.from({ length: 50 }, () => loader.load('demo', builtIn(...pages), 'h1'));
    expect(await Promise.all(loads)).toEqual(loads.map(() => ok(null)));
    expect(world.asked.flatMap(({ texts }) => texts)).toHaveLength(300);
    expect(new BuiltInLoader(host, world).isCurrent(ref, 'h1')).toBe(true);
    expect(loader.isCurrent(other, 'h1')).toBe(false);
    expect(await loader.load('demo', builtIn(...pages), 'h1')).toEqual(ok(null));
    expect(world.asked.flatMap(({ texts }) => texts)).toHaveLength(300);
  });

  test('of a new version: new ones come, old ones go, the same ones cost nothing', async () => {
    const { world, host } = open();
    const loader = new BuiltInLoader(host, world);
    await loader.load('demo', builtIn(doc('a', 'one'), doc('b', 'two')), 'h1');
    await loader.load('demo', builtIn(doc('b', 'two'), doc('c', 'three')), 'h2');
    expect(world.asked.flatMap(({ texts }) => texts)).toEqual(['one', 'two', 'three']);
    expect([...(await world.search.ids())].sort()).toEqual(['b', 'c']);
    expect([loader.isCurrent(ref, 'h1'), loader.isCurrent(ref, 'h2')]).toEqual([false, true]);
  });

  test('whose load broke off are finished by the next, which pays for the rest alone', async () => {
    const { world, host } = open();
    const loader = new BuiltInLoader(host, world);
    world.between = () => {
      if (world.asked.length === 9) world.failure = { kind: 'replica-error' };
      return Promise.resolve();
    };
    expect(await loader.load('demo', builtIn(...pages), 'h1')).toEqual(err({ kind: 'replica-error' }));
    expect(loader.isCurrent(ref, 'h1')).toBe(false);
    world.failure = null;
    expect(await loader.load('demo', builtIn(...pages), 'h1')).toEqual(ok(null));
    expect(world.asked.flatMap(({ texts }) => texts).length).toBe(256 + 32 + 44);
  });

  test('are not said to be there when the index was deleted in the middle', async () => {
    const { world, host } = open();
    const loader = new BuiltInLoader(host, world);
    world.between = async () => {
      if (world.asked.length === 9) await host.destroy(ref);
    };
    expect(await loader.load('demo', builtIn(...pages), 'h1')).toEqual(err({ kind: 'unknown-index' }));
    expect(loader.isCurrent(ref, 'h1')).toBe(false);
  });

  test('nor when it was deleted and begun anew after the last batch', async () => {
    const { world, host } = open();
    const ids = async (): Promise<readonly string[]> => {
      await host.destroy(ref);
      await host.upsert(ref, [doc('mine', 'x')]);
      return [];
    };
    const search = Object.assign(Object.create(world.search) as typeof world.search, { ids });
    const loader = new BuiltInLoader(host, { search, writeHead: world.writeHead });
    expect(await loader.load('demo', builtIn(doc('a', 'one')), 'h1')).toEqual(err({ kind: 'unknown-index' }));
    expect(loader.isCurrent(ref, 'h1')).toBe(false);
  });

  test('that no client could send are refused', async () => {
    const { world, host } = open();
    const load = new BuiltInLoader(host, world).load('demo', builtIn(doc('a', 'x'), doc('a', 'y')), 'h1');
    expect(await load).toMatchObject({ ok: false, error: { kind: 'invalid', param: 'documents[1].id' } });
  });
});
