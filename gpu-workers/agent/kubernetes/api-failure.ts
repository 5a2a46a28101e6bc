// What the API server refuses with, in the words of the contract. Pure.
import { z } from 'zod';
import type { BackendError } from '../../../src/backends/backend.ts';

/**
 * A refusal of the API server. Beside the contract's own:
 * - `changed`: the object is another than the one that was read; read again, it may be set
 * - `owned`:   fields belong to another manager, who wants other values
 */
export type ApiFailure =
  | BackendError
  | { readonly kind: 'changed'; readonly message: string }
  | { readonly kind: 'owned'; readonly message: string; readonly managers: readonly string[] };

/** A quota is lifted by whoever owns it, or by another pod's end. */
const quotaRetryMs = 30_000;
const wordsMax = 500;

/** `metav1.Status`, as far as it is read here. */
const statusBody = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .object({
      causes: z
        .array(
          z.object({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});

/** `what` names the object in the message. */
export function describeRefusal(status: number, body: unknown, what: string): ApiFailure {
  const parsed = statusBody.safeParse(body);
  const { message: said = '', details } = parsed.success ? parsed.data : {};
  const message = `Kubernetes: ${what}: ${status} ${said}`.trim().slice(0, wordsMax);
  if (status === 409) {
    const owned = (details?.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict');
    if (owned.length === 0) return { kind: 'changed', message };
    const who = owned.map((cause) => `${cause.field ?? 'a field'} (${cause.message ?? ''})`).join(', ');
    const managers = owned.map((cause) => /^conflict with "([^"]*)"/.exec(cause.message ?? '')?.[1] ?? '');
    return { kind: 'owned', message: `Kubernetes: ${what}: ${who}`.slice(0, wordsMax), managers };
  }
  return describeStatus(status, said, message);
}

function describeStatus(status: number, said: string, message: string): BackendError {
  if (status === 401) return { kind: 'unauthorized', message };
  if (status === 403) {
    return isQuota(said)
      ? { kind: 'quota', message, retryAfterMs: quotaRetryMs }
      : { kind: 'unauthorized', message };
  }
  if (status === 404) return { kind: 'not-found', message };
  if (status === 408 || status === 504) return { kind: 'timeout', message };
  // 429 is the server's own flow control, not a lack of machines.
  if (status === 429 || status >= 500) return { kind: 'unreachable', message };
  if (status >= 400) return { kind: 'cannot-start', message };
  return { kind: 'bad-reply', message };
}

/** How a ResourceQuota refuses, here and in the condition of a Deployment whose pods it does not admit. */
export function isQuota(said: string): boolean {
  return said.includes('exceeded quota');
}
