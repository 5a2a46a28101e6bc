// Every way in which a request can fail, and the one place that says what a client is told. Rich inside, deliberately poor
// outside: no stack, no upstream text, no address. Pure.
import { unreachable } from '../base/assert.ts';

export type Failure =
  // The request itself.
  | { readonly kind: 'invalid'; readonly message: string; readonly param: string | null }
  | { readonly kind: 'malformed-json'; readonly message: string }
  | { readonly kind: 'too-deep'; readonly depthMax: number }
  | { readonly kind: 'too-large'; readonly bytesMax: number }
  | { readonly kind: 'bad-target'; readonly message: string }
  | { readonly kind: 'headers-too-large'; readonly bytesMax: number }
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
  | { readonly kind: 'wrong-task'; readonly model: string; readonly task: string }
  // Capacity.
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | { readonly kind: 'wait-timeout'; readonly retryAfterMs: number }
  | { readonly kind: 'cannot-start'; readonly retryAfterMs: number }
  | { readonly kind: 'backend-down'; readonly retryAfterMs: number }
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
  | { readonly kind: 'internal' };

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
  switch (failure.kind) {
    case 'invalid':
      return asked(400, 'invalid_value', failure.message, failure.param);
    case 'malformed-json':
      return asked(400, 'malformed_json', failure.message);
    case 'too-deep':
      return asked(400, 'too_deep', `The JSON body is nested deeper than ${failure.depthMax} levels.`);
    case 'too-large':
      return asked(413, 'body_too_large', `The request body is larger than ${failure.bytesMax} bytes.`);
    case 'bad-target':
      return asked(400, 'bad_request_target', failure.message);
    case 'headers-too-large':
      return asked(
        431,
        'headers_too_large',
        `The request headers are larger than ${failure.bytesMax} bytes.`,
      );
    case 'unsupported-media-type':
      return asked(415, 'unsupported_media_type', failure.message);
    case 'unsupported-encoding':
      return asked(415, 'unsupported_content_encoding', 'Send the body without Content-Encoding.');
    case 'method-not-allowed':
      return withHeaders(
        asked(405, 'method_not_allowed', `This route answers to ${failure.allow.join(', ')} only.`),
        { allow: failure.allow.join(', ') },
      );
    case 'idempotency-mismatch':
      return asked(422, 'idempotency_key_reused', 'This Idempotency-Key was used before with another body.');
    case 'session-busy':
      return asked(409, 'session_busy', 'Another turn of this session is running; wait for its end.');
    default:
      return renderAccessOrCapacity(failure);
  }
}

type AskedWrong =
  | 'invalid'
  | 'malformed-json'
  | 'too-deep'
  | 'too-large'
  | 'bad-target'
  | 'headers-too-large'
  | 'unsupported-media-type'
  | 'unsupported-encoding'
  | 'method-not-allowed'
  | 'idempotency-mismatch'
  | 'session-busy';

type OtherFailure = Exclude<Failure, { kind: AskedWrong }>;

function renderAccessOrCapacity(failure: OtherFailure): RenderedFailure {
  switch (failure.kind) {
    case 'no-key':
      return denied('missing_api_key', 'No API key given. Send "Authorization: Bearer <key>".');
    case 'wrong-key':
      return denied('invalid_api_key', 'The API key is not valid.');
    case 'not-admin':
      return denied('invalid_admin_token', 'The admin routes need the admin token.');
    case 'unknown-route':
      return asked(404, 'unknown_route', `No such route: ${failure.path.slice(0, 200)}`);
    case 'unknown-model':
      return asked(
        404,
        'model_not_found',
        `The model "${failure.model.slice(0, 100)}" does not exist.`,
        'model',
      );
    case 'unknown-session':
      return asked(404, 'session_not_found', 'No such session.');
    case 'wrong-task':
      return asked(
        400,
        'wrong_task',
        `The model "${failure.model}" does ${failure.task}, not this.`,
        'model',
      );
    case 'queue-full':
      return overloaded('overloaded', 'Too many requests wait for this model.', failure.retryAfterMs);
    case 'wait-timeout':
      return overloaded('wait_timeout', 'No replica became free in time.', failure.retryAfterMs);
    case 'cannot-start':
      return overloaded(
        'model_cannot_start',
        'The model cannot be started at the moment.',
        failure.retryAfterMs,
      );
    case 'backend-down':
      return overloaded('backend_unavailable', 'The model backend is not reachable.', failure.retryAfterMs);
    default:
      return renderReplicaFailure(failure);
  }
}

type ReplicaFailure = Exclude<
  OtherFailure,
  {
    kind:
      | 'no-key'
      | 'wrong-key'
      | 'not-admin'
      | 'unknown-route'
      | 'unknown-model'
      | 'unknown-session'
      | 'wrong-task'
      | 'queue-full'
      | 'wait-timeout'
      | 'cannot-start'
      | 'backend-down';
  }
>;

function renderReplicaFailure(failure: ReplicaFailure): RenderedFailure {
  switch (failure.kind) {
    case 'replica-refused':
      return asked(failure.status, failure.code, failure.message, failure.param);
    case 'replica-unreachable':
      return broken(502, 'replica_unreachable', 'The model server could not be reached.');
    case 'replica-error':
      return broken(502, 'replica_error', 'The model server failed.');
    case 'bad-reply':
      return broken(502, 'bad_upstream_reply', 'The model server sent a reply that is not valid.');
    case 'stream-cut':
      return broken(502, 'stream_cut', 'The answer broke off before its end.');
    case 'first-token-timeout':
      return broken(504, 'first_token_timeout', 'The model did not begin its answer in time.');
    case 'idle-timeout':
      return broken(504, 'stream_stalled', 'The model stopped in the middle of its answer.');
    case 'total-timeout':
      return broken(504, 'deadline_exceeded', 'The answer took longer than allowed.');
    case 'client-gone':
      return broken(499, 'client_closed_request', 'The client closed the connection.');
    case 'internal':
      return broken(500, 'internal_error', 'Something went wrong on our side.');
    default:
      return unreachable(failure);
  }
}

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
  return {
    status: 503,
    headers: { 'retry-after': String(seconds) },
    body: { error: { message, type: 'server_error', param: null, code } },
  };
}

function broken(status: number, code: string, message: string): RenderedFailure {
  return { status, headers: {}, body: { error: { message, type: 'server_error', param: null, code } } };
}

function withHeaders(rendered: RenderedFailure, headers: Record<string, string>): RenderedFailure {
  return { ...rendered, headers };
}
