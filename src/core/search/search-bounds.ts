// Every bound of search with its reason. Pure data.

const mebibyte = 1024 * 1024;

export const searchBounds = {
  /** Scores of all documents are computed for each query: 20,000 of 512 dimensions take 10 ms. */
  documentsMax: 20_000,
  /** Vectors are held in memory as float32: a third of the 128 MB that an isolate has. It is the tighter bound beyond 524 dimensions. */
  vectorBytesMax: 40 * mebibyte,
  /** Text, titles and metadata on disk; a query with a filter reads all metadata. */
  contentBytesMax: 128 * mebibyte,
  /** The list asks each index for its counts. */
  indexesMax: 100,
  /** A batch is held in memory while it is embedded; the front door stops bodies at 1 MiB in any case. */
  batchDocumentsMax: 256,
  /** Above it a text is many passages, and one vector says little about any of them. */
  textCharsMax: 20_000,
  titleCharsMax: 500,
  idCharsMax: 128,
  metadataKeysMax: 16,
  metadataKeyCharsMax: 64,
  metadataValueCharsMax: 512,
  metadataListMax: 32,
  metadataCharsMax: 4_096,
  /** Longer than any question; embedding models read a few hundred words at most. */
  queryCharsMax: 2_000,
  /** Each term is a list of documents to merge. */
  queryTermsMax: 64,
  limitMax: 100,
  limitDefault: 10,
  filterDepthMax: 5,
  filterPartsMax: 50,
  filterValuesMax: 100,
} as const;

/** What an index holds. `dims` is null until the first document is written. */
export interface IndexCounts {
  readonly documents: number;
  /** UTF-8 bytes of texts, titles, ids and metadata. */
  readonly contentBytes: number;
  readonly dims: number | null;
}
