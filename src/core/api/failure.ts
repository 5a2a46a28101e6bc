// Every way in which a request can fail, as rich as whoever meets it can say. What a client is told of it is in render-failure.ts. Types only.

export type Failure =
  // The request itself.
  | { readonly kind: 'invalid'; readonly message: string; readonly param: string | null }
  | { readonly kind: 'malformed-json'; readonly message: string }
  | { readonly kind: 'too-deep'; readonly depthMax: number }
  | { readonly kind: 'too-large'; readonly bytesMax: number }
  | { readonly kind: 'bad-target'; readonly message: string }
  | { readonly kind: 'headers-too-large'; readonly bytesMax: number; readonly headersMax: number }
  | { readonly kind: 'slow-body'; readonly bodyMs: number }
  | { readonly kind: 'unsupported-media-type'; readonly message: string }
  | { readonly kind: 'unsupported-encoding' }
  | { readonly kind: 'method-not-allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'idempotency-mismatch' }
  | { readonly kind: 'session-busy' }
  | { readonly kind: 'session-queue-full'; readonly turnsMax: number; readonly retryAfterMs: number }
  /** Append-if: the log ends elsewhere. */
  | { readonly kind: 'seq-mismatch'; readonly tailSeq: number }
  /** A cursor or a place beyond the end, which is at `tailSeq`. */
  | { readonly kind: 'future-seq'; readonly tailSeq: number }
  | { readonly kind: 'turn-cancelled'; readonly by: 'client' | 'superseded' }
  | { readonly kind: 'turn-truncated' }
  | { readonly kind: 'too-many-followers'; readonly followersMax: number }
  // Who asks for what.
  | { readonly kind: 'no-key' }
  | { readonly kind: 'wrong-key' }
  | { readonly kind: 'not-admin' }
  | { readonly kind: 'unknown-route'; readonly path: string }
  | { readonly kind: 'unknown-model'; readonly model: string }
  | { readonly kind: 'unknown-session' }
  | { readonly kind: 'unknown-turn' }
  | { readonly kind: 'unknown-pool'; readonly pool: string }
  | { readonly kind: 'unknown-replica'; readonly replica: string }
  | { readonly kind: 'unknown-index' }
  | { readonly kind: 'unknown-document' }
  | { readonly kind: 'wrong-task'; readonly model: string; readonly task: string }
  // Functions.
  | { readonly kind: 'unknown-function'; readonly name: string }
  | { readonly kind: 'unknown-run' }
  /** The run ended badly: what its function or the platform says of it, made for the caller. */
  | { readonly kind: 'run-failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'run-cancelled' }
  // Search.
  | { readonly kind: 'index-full'; readonly what: 'documents' | 'bytes'; readonly max: number }
  | { readonly kind: 'too-many-indexes'; readonly indexesMax: number }
  | { readonly kind: 'index-read-only' }
  | { readonly kind: 'index-conflict'; readonly embeddingModel: string }
  | { readonly kind: 'wrong-dimensions'; readonly expected: number; readonly got: number }
  // Rules of a tenant.
  | { readonly kind: 'unknown-tenant'; readonly tenant: string }
  | { readonly kind: 'unknown-rule-version'; readonly version: string }
  | { readonly kind: 'invalid-rules'; readonly issues: readonly Issue[] }
  /** If-Match: other rules hold by now, under this entity tag. */
  | { readonly kind: 'rules-changed'; readonly etag: string }
  | { readonly kind: 'tenant-silent' }
  /** A rule of the tenant says no; the reason is the rule's own words. */
  | { readonly kind: 'denied-by-rule'; readonly reason: string }
  /** The tenant has had its permits of this minute. */
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  // Capacity.
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | { readonly kind: 'wait-timeout'; readonly retryAfterMs: number }
  | { readonly kind: 'cannot-start'; readonly retryAfterMs: number }
  | { readonly kind: 'backend-down'; readonly retryAfterMs: number }
  | { readonly kind: 'circuit-open'; readonly retryAfterMs: number }
  | { readonly kind: 'pool-silent' }
  | { readonly kind: 'planner-silent' }
  // The replica.
  | {
      readonly kind: 'replica-refused';
      readonly status: number;
      readonly message: string;
      readonly param: string | null;
      /** One of the few codes of a model server that clients act upon, else `model_refused`. */
      readonly code: string;
    }
  /** The model server says that it takes no more at the moment: its status, and for how long where it says so. */
  | { readonly kind: 'replica-busy'; readonly status: 429 | 503; readonly retryAfterMs: number | null }
  | { readonly kind: 'replica-unreachable' }
  /** The replica's address is one that prompts may not be sent to; it was not called. The host is for the operator. */
  | { readonly kind: 'endpoint-in-the-clear'; readonly host: string }
  | { readonly kind: 'replica-error' }
  | { readonly kind: 'bad-reply' }
  | { readonly kind: 'stream-cut' }
  | { readonly kind: 'first-token-timeout' }
  | { readonly kind: 'idle-timeout' }
  | { readonly kind: 'total-timeout' }
  | { readonly kind: 'client-gone' }
  | { readonly kind: 'internal' }
  /** The deployment's own variables are wrong or missing; their names, never their values. */
  | { readonly kind: 'misconfigured'; readonly variables: readonly string[] };

/** One thing that is wrong with what was sent, and where. */
export interface Issue {
  /** `rules[3].match.model` */
  readonly path: string;
  readonly reason: string;
}
