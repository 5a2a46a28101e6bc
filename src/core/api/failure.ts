// Every way in which a request can fail, and the one place that says what a client is told. Rich inside, deliberately poor
// outside: no stack, no upstream text, no address. Pure.

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
  // Who asks for what.
  | { readonly kind: 'no-key' }
  | { readonly kind: 'wrong-key' }
  | { readonly kind: 'not-admin' }
  | { readonly kind: 'unknown-route'; readonly path: string }
  | { readonly kind: 'unknown-model'; readonly model: string }
  | { readonly kind: 'unknown-session' }
  | { readonly kind: 'unknown-pool'; readonly pool: string }
  | { readonly kind: 'wrong-task'; readonly model: string; readonly task: string }
  // Capacity.
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | { readonly kind: 'wait-timeout'; readonly retryAfterMs: number }
  | { readonly kind: 'cannot-start'; readonly retryAfterMs: number }
  | { readonly kind: 'backend-down'; readonly retryAfterMs: number }
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
  | { readonly kind: 'replica-unreachable' }
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

/** The OpenAI error object. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

export interface RenderedFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** What the client is told: HTTP status, extra headers and the OpenAI error body. */
export function renderFailure(failure: Failure): RenderedFailure {
  // The table has a row for every kind, by its type; what TypeScript cannot see is that row and failure belong together.
  const render = renderers[failure.kind] as (failure: Failure) => RenderedFailure;
  return render(failure);
}

/** Client texts in messages are cut: an error must not be a way to make us send a megabyte back. */
const echoCharsMax = 100;

type Renderers = {
  readonly [K in Failure['kind']]: (failure: Extract<Failure, { kind: K }>) => RenderedFailure;
};

const renderers: Renderers = {
  invalid: ({ message, param }) => asked(400, 'invalid_value', message, param),
  'malformed-json': ({ message }) => asked(400, 'malformed_json', message),
  'too-deep': ({ depthMax }) =>
    asked(400, 'too_deep', `The JSON body is nested deeper than ${depthMax} levels.`),
  'too-large': ({ bytesMax }) =>
    asked(413, 'body_too_large', `The request body is larger than ${bytesMax} bytes.`),
  'bad-target': ({ message }) => asked(400, 'bad_request_target', message),
  'headers-too-large': ({ bytesMax, headersMax }) =>
    asked(
      431,
      'headers_too_large',
      `The request has more than ${headersMax} headers or ${bytesMax} bytes of them.`,
    ),
  'slow-body': ({ bodyMs }) =>
    asked(408, 'request_timeout', `The request body did not arrive within ${bodyMs} ms.`),
  'unsupported-media-type': ({ message }) => asked(415, 'unsupported_media_type', message),
  'unsupported-encoding': () =>
    asked(415, 'unsupported_content_encoding', 'Send the body without Content-Encoding.'),
  'method-not-allowed': ({ allow }) => ({
    ...asked(405, 'method_not_allowed', `This route answers to ${allow.join(', ')} only.`),
    headers: { allow: allow.join(', ') },
  }),
  'idempotency-mismatch': () =>
    asked(422, 'idempotency_key_reused', 'This Idempotency-Key was used before with another body.'),
  'session-busy': () =>
    asked(409, 'session_busy', 'Another turn of this session is running; wait for its end.'),

  'no-key': () => denied('missing_api_key', 'No API key given. Send "Authorization: Bearer <key>".'),
  'wrong-key': () => denied('invalid_api_key', 'The API key is not valid.'),
  'not-admin': () => denied('invalid_admin_token', 'The admin routes need the admin token.'),
  'unknown-route': ({ path }) => asked(404, 'unknown_route', `No such route: ${path.slice(0, echoCharsMax)}`),
  'unknown-model': ({ model }) =>
    asked(404, 'model_not_found', `The model "${model.slice(0, echoCharsMax)}" does not exist.`, 'model'),
  'unknown-session': () => asked(404, 'session_not_found', 'No such session.'),
  'unknown-pool': ({ pool }) => asked(404, 'pool_not_found', `No such pool: ${pool.slice(0, echoCharsMax)}`),
  'wrong-task': ({ model, task }) =>
    asked(400, 'wrong_task', `The model "${model.slice(0, echoCharsMax)}" does ${task}, not this.`, 'model'),

  'queue-full': (failure) =>
    overloaded('overloaded', 'Too many requests wait for this model.', failure.retryAfterMs),
  'wait-timeout': (failure) =>
    overloaded('wait_timeout', 'No replica became free in time.', failure.retryAfterMs),
  'cannot-start': (failure) =>
    overloaded('model_cannot_start', 'The model cannot be started at the moment.', failure.retryAfterMs),
  'backend-down': (failure) =>
    overloaded('backend_unavailable', 'The model backend is not reachable.', failure.retryAfterMs),
  'planner-silent': () => overloaded('planner_unavailable', 'The planner did not answer in time.', 1_000),

  'replica-refused': ({ status, code, message, param }) => asked(status, code, message, param),
  'replica-unreachable': () => broken(502, 'replica_unreachable', 'The model server could not be reached.'),
  'replica-error': () => broken(502, 'replica_error', 'The model server failed.'),
  'bad-reply': () => broken(502, 'bad_upstream_reply', 'The model server sent a reply that is not valid.'),
  'stream-cut': () => broken(502, 'stream_cut', 'The answer broke off before its end.'),
  'first-token-timeout': () =>
    broken(504, 'first_token_timeout', 'The model did not begin its answer in time.'),
  'idle-timeout': () => broken(504, 'stream_stalled', 'The model stopped in the middle of its answer.'),
  'total-timeout': () => broken(504, 'deadline_exceeded', 'The answer took longer than allowed.'),
  'client-gone': () => broken(499, 'client_closed_request', 'The client closed the connection.'),
  internal: () => broken(500, 'internal_error', 'Something went wrong on our side.'),
  misconfigured: ({ variables }) =>
    broken(
      503,
      'not_configured',
      `This deployment serves nothing: its configuration is not valid (${variables.join(', ')}).`,
    ),
};

function asked(status: number, code: string, message: string, param: string | null = null): RenderedFailure {
  return { status, headers: {}, body: { error: { message, type: 'invalid_request_error', param, code } } };
}

function denied(code: string, message: string): RenderedFailure {
  return {
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: { error: { message, type: 'authentication_error', param: null, code } },
  };
}

function overloaded(code: string, message: string, retryAfterMs: number): RenderedFailure {
  // Whole seconds, at least one: a zero would invite an immediate retry against a pool that has just said no.
  const seconds = Math.min(60, Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return { ...broken(503, code, message), headers: { 'retry-after': String(seconds) } };
}

function broken(status: number, code: string, message: string): RenderedFailure {
  return { status, headers: {}, body: { error: { message, type: 'server_error', param: null, code } } };
}
