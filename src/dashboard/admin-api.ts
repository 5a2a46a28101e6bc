// Reads the admin API.
import { askEndpoint } from './endpoint.ts';

export interface AdminRequest {
  readonly path: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

/** Throws an `EndpointProblem`. */
export function readAdmin<Reply>({ path, token, signal }: AdminRequest): Promise<Reply> {
  return askEndpoint({
    path,
    secret: token,
    refused: 'The admin token is not valid.',
    ...(signal === undefined ? {} : { signal }),
  });
}
