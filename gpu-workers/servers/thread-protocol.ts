// What a server's main thread and the thread of its model say to each other. One run has one id; its news arrive in order.

export type ThreadOrder<Job> =
  | { readonly kind: 'load'; readonly id: number }
  | { readonly kind: 'unload'; readonly id: number }
  | { readonly kind: 'run'; readonly id: number; readonly job: Job }
  | { readonly kind: 'stop'; readonly id: number };

export type ThreadNews<Piece, Outcome> =
  | { readonly kind: 'piece'; readonly id: number; readonly piece: Piece }
  /** `outcome` is null when the run was stopped, and for `load` and `unload`. */
  | { readonly kind: 'done'; readonly id: number; readonly outcome: Outcome | null }
  | { readonly kind: 'refused'; readonly id: number; readonly refusal: ThreadRefusal }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

export interface ThreadRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}
