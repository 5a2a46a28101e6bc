// What an index's host needs of the world: its head's row, its documents, the platform's embedding models, and the tenant's list of indexes.
import type { SearchIndex } from '../backends/search/search-index.ts';
import type { Failure } from '../core/api/failure.ts';
import type { Result } from '../core/base/result.ts';
import type { Criticality } from '../core/resilience/criticality.ts';

/** What an index is, besides its documents. */
export interface IndexHead {
  readonly tenant: string;
  readonly name: string;
  /** The version that made every vector: vectors of two models cannot be compared, so a name that moves on does not move the index. */
  readonly embeddingModel: string;
  readonly createdMs: number;
  /** Hash of the documents that a function brought along; null for a tenant's own index and while they are being loaded. */
  readonly builtIn: string | null;
}

export interface IndexPorts {
  readonly search: SearchIndex;
  readHead(): IndexHead | null;
  writeHead(head: IndexHead): void;
  /** Removes every trace of the object; `search` is destroyed before. */
  erase(): Promise<void>;
  now(): number;
  /** The id of the version that serves this name to the tenant. */
  resolveModel(tenant: string, model: string): Result<string, Failure>;
  /** Unit vectors in the order of the texts, of which there are a few tens at most. */
  embed(ask: EmbedAsk): Promise<Result<readonly Float32Array[], Failure>>;
  /** Puts the index on the tenant's list, or fails when that is full; a second time changes nothing. */
  enlist(tenant: string, name: string): Promise<Result<null, Failure>>;
  /** Takes it off the list, unless it was put there after `beforeMs`. */
  dismiss(tenant: string, name: string, beforeMs: number): Promise<void>;
}

/** On which terms the model is called for somebody. */
export interface EmbedTerms {
  /** How long whoever asks will wait; left out: as long as any call of a model may take. */
  readonly withinMs?: number;
  /** Left out: `default`. */
  readonly criticality?: Criticality;
}

export interface EmbedAsk extends EmbedTerms {
  readonly tenant: string;
  readonly version: string;
  readonly texts: readonly string[];
}
