// Brings an index to what a function's code says that it holds. Idempotent: what is there already costs neither a call of the model nor
// a write, and a load that broke off is finished by the next.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import type { BuiltInIndex } from '../core/search/built-in-index.ts';
import { parseUpsert } from '../core/search/document.ts';
import { searchBounds } from '../core/search/search-bounds.ts';
import type { IndexHost, IndexRef } from './index-host.ts';
import type { IndexPorts } from './index-ports.ts';

export class BuiltInLoader {
  readonly #host: IndexHost;
  readonly #ports: Pick<IndexPorts, 'search' | 'writeHead'>;
  /** The load that runs, by its hash: fifty first calls are one load. */
  readonly #running = new Map<string, Promise<Result<null, Failure>>>();

  constructor(host: IndexHost, ports: Pick<IndexPorts, 'search' | 'writeHead'>) {
    this.#host = host;
    this.#ports = ports;
  }

  isCurrent(ref: IndexRef, hash: string): boolean {
    const head = this.#host.head(ref);
    return head.ok && head.value.builtIn === hash;
  }

  /** Loads documents with the hash of them all, by which a later caller knows that they are there. */
  load(tenant: string, builtIn: BuiltInIndex, hash: string): Promise<Result<null, Failure>> {
    const running = this.#running.get(hash);
    if (running !== undefined) return running;
    const load = this.#load({ tenant, name: builtIn.name }, builtIn, hash).finally(() =>
      this.#running.delete(hash),
    );
    this.#running.set(hash, load);
    return load;
  }

  async #load(ref: IndexRef, builtIn: BuiltInIndex, hash: string): Promise<Result<null, Failure>> {
    if (this.isCurrent(ref, hash)) return ok(null);
    const created = await this.#host.create(ref, builtIn.embeddingModel);
    if (!created.ok) return created;
    const epoch = this.#host.epoch;
    const { documents } = builtIn;
    for (let at = 0; at < documents.length; at += searchBounds.batchDocumentsMax) {
      const batch = parseUpsert({ documents: documents.slice(at, at + searchBounds.batchDocumentsMax) });
      if (!batch.ok) return batch;
      const upserted = await this.#host.upsert(ref, batch.value);
      if (!upserted.ok) return upserted;
    }
    const wanted = new Set(documents.map(({ id }) => id));
    const gone = (await this.#ports.search.ids()).filter((id) => !wanted.has(id));
    const removed = await this.#host.remove(ref, gone);
    if (!removed.ok) return removed;
    const head = this.#host.head(ref);
    if (!head.ok) return head;
    // Deleted meanwhile and begun anew by a later batch: the earlier ones are not in it.
    if (epoch !== this.#host.epoch) return err({ kind: 'unknown-index' });
    this.#ports.writeHead({ ...head.value, builtIn: hash });
    return ok(null);
  }
}
