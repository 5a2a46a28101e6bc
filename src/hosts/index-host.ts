// One index: embeds what comes, then writes it in one piece; embeds a question, then asks. Owns the order of these steps and what happens
// when something else came in between. Where documents are kept and how vectors are made are ports.
import type { EmbeddedDocument } from '../backends/search/search-index.ts';
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import { must } from '../core/base/assert.ts';
import { documentsMaxOf } from '../core/search/check-room.ts';
import { embeddedText, type IndexDocument } from '../core/search/document.ts';
import type { Hit } from '../core/search/hit.ts';
import { defaultEmbeddingModel, type IndexQuery } from '../core/search/index-query.ts';
import { RecentMap } from '../core/search/recent-map.ts';
import { searchBounds } from '../core/search/search-bounds.ts';
import type { EmbedTerms, IndexHead, IndexPorts } from './index-ports.ts';

/** Texts of one call of the model: the embedder's own batch. A larger call would make every other caller wait. */
const embedTextsMax = 32;
/** Questions whose vectors are kept: the loop of an agent asks the same again; 2 KB each. */
const recentQueriesMax = 64;

/** Whose index is meant. The object's name says it already; its row says it once more. */
export interface IndexRef {
  readonly tenant: string;
  readonly name: string;
}

export interface IndexSummary {
  readonly name: string;
  readonly embeddingModel: string;
  readonly createdMs: number;
  readonly documents: number;
  readonly documentsMax: number;
  readonly contentBytes: number;
  readonly contentBytesMax: number;
  /** Null until the first document. */
  readonly dimensions: number | null;
}

export interface Upserted {
  readonly upserted: number;
  /** Texts that were embedded; the others had their vectors already. */
  readonly embedded: number;
}

export class IndexHost {
  readonly #ports: IndexPorts;
  readonly #recent = new RecentMap<Float32Array>(recentQueriesMax);
  /** Counts deletions: what began before one must not bring the index back. */
  #epoch = 0;
  /** Whether the list has been told in this life: an index that fell off it comes back with its next write. */
  #isListed = false;

  constructor(ports: IndexPorts) {
    this.#ports = ports;
  }

  /** How often the index has been deleted in this life. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Creates the index unless it is there. Null = any embedding model will do: the default for a new index. */
  async create(ref: IndexRef, model: string | null): Promise<Result<IndexHead, Failure>> {
    const known = this.head(ref);
    if (known.ok && model === null) return known;
    const version = this.#ports.resolveModel(ref.tenant, model ?? defaultEmbeddingModel);
    if (!version.ok) return version;
    if (known.ok) return sameModel(known.value, version.value);
    const epoch = this.#epoch;
    const enlisted = await this.#enlist(ref);
    if (!enlisted.ok) return enlisted;
    if (epoch !== this.#epoch) return err({ kind: 'unknown-index' });
    const other = this.head(ref);
    if (other.ok) return model === null ? other : sameModel(other.value, version.value);
    const head = {
      ...ref,
      embeddingModel: version.value,
      createdMs: this.#ports.now(),
      builtIn: null,
    };
    this.#ports.writeHead(head);
    return ok(head);
  }

  async #enlist({ tenant, name }: IndexRef): Promise<Result<null, Failure>> {
    const enlisted = await this.#ports.enlist(tenant, name);
    this.#isListed = enlisted.ok;
    return enlisted;
  }

  /** What the index is; a failure when there is none of this tenant. */
  head({ tenant, name }: IndexRef): Result<IndexHead, Failure> {
    const head = this.#ports.readHead();
    if (head === null || head.tenant !== tenant || head.name !== name) return err({ kind: 'unknown-index' });
    return ok(head);
  }

  async summary(ref: IndexRef): Promise<Result<IndexSummary, Failure>> {
    const head = this.head(ref);
    if (!head.ok) return head;
    const { documents, contentBytes, dims } = await this.#ports.search.counts();
    const { name, embeddingModel, createdMs } = head.value;
    return ok({
      name,
      embeddingModel,
      createdMs,
      documents,
      documentsMax: documentsMaxOf(dims),
      contentBytes,
      contentBytesMax: searchBounds.contentBytesMax,
      dimensions: dims,
    });
  }

  /** Inserts or replaces documents, all or none; no id twice. The first ones create the index. */
  async upsert(ref: IndexRef, documents: readonly IndexDocument[]): Promise<Result<Upserted, Failure>> {
    const head = await this.create(ref, null);
    if (!head.ok) return head;
    const epoch = this.#epoch;
    if (!this.#isListed) await this.#enlist(ref);
    const vectors = await this.#heldVectors(documents);
    const missing = documents.filter(({ id }) => !vectors.has(id));
    for (let at = 0; at < missing.length; at += embedTextsMax) {
      const batch = missing.slice(at, at + embedTextsMax);
      const made = await this.#embed(head.value, batch.map(embeddedText));
      if (!made.ok) return made;
      for (const [place, { id }] of batch.entries())
        vectors.set(id, must(made.value[place], 'a vector for each text'));
    }
    if (epoch !== this.#epoch) return err({ kind: 'unknown-index' });
    const put = documents.map((document): EmbeddedDocument =>
      Object.assign({}, document, { vector: must(vectors.get(document.id), 'a vector for each document') }),
    );
    const written = await this.#ports.search.write({ put, remove: [] });
    return written.ok ? ok({ upserted: put.length, embedded: missing.length }) : written;
  }

  /** Vectors of the documents whose embedded text is held already: same text, same model, same vector. */
  async #heldVectors(documents: readonly IndexDocument[]): Promise<Map<string, Float32Array>> {
    const held = await this.#ports.search.read(documents.map(({ id }) => id));
    const byId = new Map(held.map((each) => [each.id, each]));
    const vectors = new Map<string, Float32Array>();
    for (const document of documents) {
      const other = byId.get(document.id);
      if (other !== undefined && embeddedText(other) === embeddedText(document))
        vectors.set(document.id, other.vector);
    }
    return vectors;
  }

  /** Removes documents; says how many there were. */
  async remove(ref: IndexRef, ids: readonly string[]): Promise<Result<number, Failure>> {
    const head = this.head(ref);
    if (!head.ok) return head;
    const written = await this.#ports.search.write({ put: [], remove: ids });
    return written.ok ? ok(written.value.removed) : written;
  }

  async read(ref: IndexRef, id: string): Promise<Result<IndexDocument, Failure>> {
    const head = this.head(ref);
    if (!head.ok) return head;
    const [found] = await this.#ports.search.read([id]);
    if (found === undefined) return err({ kind: 'unknown-document' });
    const { title, text, metadata } = found;
    return ok({ id, title, text, metadata });
  }

  async query(
    ref: IndexRef,
    query: IndexQuery,
    terms: EmbedTerms = {},
  ): Promise<Result<readonly Hit[], Failure>> {
    const head = this.head(ref);
    if (!head.ok) return head;
    const { mode, limit, filter, minScore } = query;
    const epoch = this.#epoch;
    const { dims } = await this.#ports.search.counts();
    if (dims === null) return ok([]);
    const vector = mode === 'text' ? ok(null) : await this.#embedQuery(head.value, query.query, terms);
    if (!vector.ok) return vector;
    // While the question was embedded the index may have been deleted, and another made in its place.
    if (epoch !== this.#epoch) return err({ kind: 'unknown-index' });
    return await this.#ports.search.search({
      text: mode === 'vector' ? null : query.query,
      vector: vector.value,
      limit,
      filter,
      minScore,
    });
  }

  /** Deletes the index and everything in it. */
  async destroy(ref: IndexRef): Promise<Result<null, Failure>> {
    const head = this.head(ref);
    if (!head.ok) return head;
    this.#epoch += 1;
    this.#isListed = false;
    this.#recent.clear();
    const beforeMs = this.#ports.now();
    await this.#ports.search.destroy();
    await this.#ports.erase();
    await this.#ports.dismiss(ref.tenant, ref.name, beforeMs);
    return ok(null);
  }

  async #embedQuery(
    head: IndexHead,
    text: string,
    terms: EmbedTerms,
  ): Promise<Result<Float32Array, Failure>> {
    const key = `${head.embeddingModel} ${text}`;
    const known = this.#recent.get(key);
    if (known !== undefined) return ok(known);
    const made = await this.#embed(head, [text], terms);
    if (!made.ok) return made;
    const vector = must(made.value[0], 'a vector for the question');
    this.#recent.set(key, vector);
    return ok(vector);
  }

  #embed(
    { tenant, embeddingModel: version }: IndexHead,
    texts: readonly string[],
    terms: EmbedTerms = {},
  ): ReturnType<IndexPorts['embed']> {
    return this.#ports.embed({ tenant, version, texts, ...terms });
  }
}

function sameModel(head: IndexHead, version: string): Result<IndexHead, Failure> {
  const { embeddingModel } = head;
  return embeddingModel === version ? ok(head) : err({ kind: 'index-conflict', embeddingModel });
}
