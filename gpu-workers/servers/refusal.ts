// A request that a model server refuses, with what the client is told: an OpenAI error. Thrown by engines, rendered by the server.

export class RefusedRequest extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;

  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

export function invalidValue(message: string, param: string | null = null): RefusedRequest {
  return new RefusedRequest(400, 'invalid_value', message, param);
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

export function renderRefusal({ status, code, message, param }: RefusedRequest): ErrorBody {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param, code } };
}
