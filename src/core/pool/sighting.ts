// A backend's words as the pool understands them: the same shapes as `src/backends/backend.ts`, which is a layer above. Pure data.

export interface ReplicaSighting {
  readonly id: string;
  readonly generation: number;
  readonly condition: 'loading' | 'ready' | 'draining' | 'parked' | 'waking' | 'failed';
  readonly endpoint: string | null;
  readonly loadMs: number | null;
  readonly wakeMs: number | null;
  readonly reason: string | null;
}

export type BackendFailure =
  | {
      readonly kind: 'unreachable' | 'timeout' | 'unauthorized' | 'bad-reply' | 'not-found';
      readonly message: string;
    }
  | { readonly kind: 'cannot-start' | 'unsupported' | 'busy'; readonly message: string }
  | { readonly kind: 'no-capacity' | 'quota'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'stale-generation'; readonly message: string; readonly knownGeneration: number };
