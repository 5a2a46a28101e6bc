// Failures as responses: the OpenAI error body, the failure's own headers, and the request id. The only place that makes one.
import type { Failure } from '../src/core/api/failure.ts';
import { renderFailure } from '../src/core/api/render-failure.ts';
import type { Result } from '../src/core/base/result.ts';

/** Thrown by middleware and handlers to end a request; caught in functions/app.ts. */
export class RequestFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** The value, or the end of the request. */
export function orFail<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new RequestFailure(result.error);
  return result.value;
}

/** `more`: headers beside the failure's own. */
export function failureResponse(
  failure: Failure,
  requestId: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const { status, headers, body } = renderFailure(failure);
  return Response.json(body, { status, headers: { ...headers, ...more, 'x-request-id': requestId } });
}
