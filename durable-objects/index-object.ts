// One index of one tenant (name: `tenant/index`), or the list of a tenant's indexes (name: `tenant/*`). A thin shell: gives the host its
// rows, its documents and its way to the embedding models. Memory is a cache; there is no alarm.
import { DurableObject } from 'cloudflare:workers';
import { SqliteSearch } from '../src/backends/search/sqlite-search.ts';
import type { Failure } from '../src/core/api/failure.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import type { Criticality } from '../src/core/resilience/criticality.ts';
import type { BuiltInIndex } from '../src/core/search/built-in-index.ts';
import type { IndexDocument } from '../src/core/search/document.ts';
import type { Hit } from '../src/core/search/hit.ts';
import { builtInPrefix, type IndexQuery } from '../src/core/search/index-query.ts';
import { searchBounds } from '../src/core/search/search-bounds.ts';
import { BuiltInLoader } from '../src/hosts/index-built-in.ts';
import { IndexHost, type IndexRef, type IndexSummary, type Upserted } from '../src/hosts/index-host.ts';
import type { IndexPorts } from '../src/hosts/index-ports.ts';
import type { Env } from '../src/env.ts';
import { indexOutside, type IndexOutside } from './index-outside.ts';
import { IndexStore, sqlPort, type ListedIndex } from './index-store.ts';

export class IndexObject extends DurableObject<Env> {
  readonly #store: IndexStore;
  readonly #host: IndexHost;
  readonly #builtIn: BuiltInLoader;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new IndexStore(ctx.storage);
    const ports: IndexPorts = {
      ...this.outside(),
      search: new SqliteSearch(sqlPort(ctx.storage)),
      readHead: () => this.#store.readHead(),
      writeHead: (head) => this.#store.writeHead(head),
      erase: () => ctx.storage.deleteAll(),
      now: () => Date.now(),
    };
    this.#host = new IndexHost(ports);
    this.#builtIn = new BuiltInLoader(this.#host, ports);
  }

  /** Creates the index; a second call with the same model changes nothing. */
  async create(ref: IndexRef, model: string): Promise<Result<IndexSummary, Failure>> {
    const created = await this.#host.create(ref, model);
    return created.ok ? this.#host.summary(ref) : created;
  }

  summary(ref: IndexRef): Promise<Result<IndexSummary, Failure>> {
    return this.#host.summary(ref);
  }

  upsert(ref: IndexRef, documents: readonly IndexDocument[]): Promise<Result<Upserted, Failure>> {
    return this.#host.upsert(ref, documents);
  }

  remove(ref: IndexRef, ids: readonly string[]): Promise<Result<number, Failure>> {
    return this.#host.remove(ref, ids);
  }

  read(ref: IndexRef, id: string): Promise<Result<IndexDocument, Failure>> {
    return this.#host.read(ref, id);
  }

  query(
    ref: IndexRef,
    query: IndexQuery,
    withinMs?: number,
    criticality?: Criticality,
  ): Promise<Result<readonly Hit[], Failure>> {
    return this.#host.query(ref, query, {
      ...(withinMs !== undefined && { withinMs }),
      ...(criticality !== undefined && { criticality }),
    });
  }

  destroy(ref: IndexRef): Promise<Result<null, Failure>> {
    return this.#host.destroy(ref);
  }

  /** Whether the documents of this hash have been loaded. */
  isCurrent(ref: IndexRef, hash: string): boolean {
    return this.#builtIn.isCurrent(ref, hash);
  }

  load(tenant: string, builtIn: BuiltInIndex, hash: string): Promise<Result<null, Failure>> {
    return this.#builtIn.load(tenant, builtIn, hash);
  }

  /** Of the list: takes an index in, unless there are too many. What functions bring along is always taken. */
  enlist(name: string): Result<null, Failure> {
    const { indexesMax } = searchBounds;
    const own = this.#store.listed().filter((each) => !each.name.startsWith(builtInPrefix));
    const isNew = own.every((each) => each.name !== name) && !name.startsWith(builtInPrefix);
    if (isNew && own.length >= indexesMax) return err({ kind: 'too-many-indexes', indexesMax });
    this.#store.enlist({ name, listedMs: Date.now() });
    return ok(null);
  }

  /** Of the list: lets an index go that was taken in by `beforeMs`. */
  dismiss(name: string, beforeMs: number): void {
    const found = this.#store.listed().find((each) => each.name === name);
    if (found !== undefined && found.listedMs <= beforeMs) this.#store.dismiss(name);
  }

  /** Of the list: names in order. One that was being created when something broke may be no index. */
  list(): readonly ListedIndex[] {
    return this.#store.listed();
  }

  /** How this object reaches the platform. */
  protected outside(): IndexOutside {
    return indexOutside(this.env, this.ctx);
  }
}
