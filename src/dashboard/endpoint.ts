// Asks the endpoint for JSON; every failure becomes a sentence for people.

export class EndpointProblem extends Error {
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

export interface EndpointRequest {
  readonly path: string;
  /** The admin token or the API key. */
  readonly secret: string;
  /** What to say of a secret that is refused. */
  readonly refused: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Throws an `EndpointProblem`. The shape of an answer is the endpoint's word. */
export async function askEndpoint<Reply>(request: EndpointRequest): Promise<Reply> {
  const response = await openEndpoint(request);
  return (await response.json()) as Reply;
}

/** An answer whose body is still to be read. Throws an `EndpointProblem` for all but a success. */
export async function openEndpoint({
  path,
  secret,
  refused,
  method = 'GET',
  headers = {},
  body,
  signal,
}: EndpointRequest): Promise<Response> {
  const response = await fetch(path, {
    method,
    headers: { ...headers, authorization: `Bearer ${secret}` },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause;
    throw new EndpointProblem('The endpoint cannot be reached. The page goes on asking.', null);
  });
  if (response.ok) return response;
  if (response.status === 401) throw new EndpointProblem(refused, 401);
  const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  const message = answer.error?.message ?? `The endpoint answered ${response.status}.`;
  throw new EndpointProblem(message, response.status);
}

export function isMissing(error: Error | null): boolean {
  return error instanceof EndpointProblem && error.status === 404;
}

/** What went wrong, for a query whose error may be anything. */
export function problemOf(error: Error | null): EndpointProblem | null {
  if (error === null || error instanceof EndpointProblem) return error;
  return new EndpointProblem('The answer could not be read.', null);
}
