// An index whose documents come from code: a function brings it along, every tenant gets its own on first use. Pure data.
import type { IndexDocument } from './document.ts';

export interface BuiltInIndex {
  /** Begins with `builtin-`, so that no tenant's own index is in its way. */
  readonly name: string;
  /** The name of an embedding model, as in a request. */
  readonly embeddingModel: string;
  readonly documents: readonly IndexDocument[];
}
