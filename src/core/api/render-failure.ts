// The one place that says what a client is told of a failure: rich inside, deliberately poor outside: no stack, no upstream text, no address.
// Pure.
import type { Failure, Issue } from './failure.ts';

/** The OpenAI error object. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    /** All that is wrong, where one place is not enough. */
    readonly issues?: readonly Issue[];
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
  'session-queue-full': ({ turnsMax, retryAfterMs }) => ({
    ...asked(429, 'session_queue_full', `As many turns wait as this session takes (${turnsMax} at most).`),
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  }),
  'seq-mismatch': ({ tailSeq }) => ({
    ...asked(409, 'sequence_mismatch', `The log ends at ${tailSeq}, not where you expected.`, 'expected_seq'),
    headers: { etag: `"${tailSeq}"` },
  }),
  'future-seq': ({ tailSeq }) => ({
    ...asked(416, 'sequence_in_future', `There is nothing after ${tailSeq} yet.`, 'after'),
    headers: { 'content-range': `items */${tailSeq}` },
  }),
  'turn-cancelled': ({ by }) =>
    by === 'client'
      ? asked(409, 'turn_cancelled', 'The turn was cancelled.')
      : asked(409, 'turn_superseded', 'The turn was cancelled by a later message.'),
  'turn-truncated': () => asked(409, 'turn_truncated', 'The turn was cut off the log.'),
  'too-many-followers': ({ followersMax }) => ({
    ...asked(429, 'too_many_followers', `As many clients follow this session as may: ${followersMax}.`),
    headers: { 'retry-after': '1' },
  }),

  'no-key': () => denied('missing_api_key', 'No API key given. Send "Authorization: Bearer <key>".'),
  'wrong-key': () => denied('invalid_api_key', 'The API key is not valid.'),
  'not-admin': () => denied('invalid_admin_token', 'The admin routes need the admin token.'),
  'unknown-route': ({ path }) => asked(404, 'unknown_route', `No such route: ${path.slice(0, echoCharsMax)}`),
  'unknown-model': ({ model }) =>
    asked(404, 'model_not_found', `The model "${model.slice(0, echoCharsMax)}" does not exist.`, 'model'),
  'unknown-session': () => asked(404, 'session_not_found', 'No such session.'),
  'unknown-turn': () => asked(404, 'turn_not_found', 'No such turn in this session.'),
  'unknown-pool': ({ pool }) => asked(404, 'pool_not_found', `No such pool: ${pool.slice(0, echoCharsMax)}`),
  'unknown-replica': ({ replica }) =>
    asked(
      404,
      'replica_not_found',
      `No such replica in this pool: ${replica.slice(0, echoCharsMax)}`,
      'replica',
    ),
  'unknown-index': () => asked(404, 'index_not_found', 'No such index.'),
  'unknown-document': () => asked(404, 'document_not_found', 'No such document.'),
  'wrong-task': ({ model, task }) =>
    asked(400, 'wrong_task', `The model "${model.slice(0, echoCharsMax)}" does ${task}, not this.`, 'model'),

  'unknown-function': ({ name }) =>
    asked(404, 'function_not_found', `The function "${name.slice(0, echoCharsMax)}" does not exist.`),
  'unknown-run': () => asked(404, 'run_not_found', 'No such run.'),
  'run-failed': ({ code, message }) => broken(500, code, message),
  'run-cancelled': () => asked(409, 'run_cancelled', 'The run was cancelled.'),
  'index-full': ({ what, max }) =>
    asked(409, 'index_full', `The index has no room for this: it holds at most ${max} ${what}.`),
  'too-many-indexes': ({ indexesMax }) =>
    asked(409, 'too_many_indexes', `There are ${indexesMax} indexes, which is the most; delete one first.`),
  'index-read-only': () =>
    asked(403, 'index_read_only', 'Names that begin with "builtin-" belong to functions and are read only.'),
  'index-conflict': ({ embeddingModel }) =>
    asked(409, 'index_exists', `The index exists, with "${embeddingModel}" as its embedding model.`),
  'wrong-dimensions': ({ expected, got }) =>
    broken(
      502,
      'wrong_dimensions',
      `The embedding model gave ${got} dimensions where the index has ${expected}; a new index is needed.`,
    ),

  'unknown-tenant': ({ tenant }) =>
    asked(404, 'tenant_not_found', `No such tenant: ${tenant.slice(0, echoCharsMax)}`),
  'unknown-rule-version': ({ version }) =>
    asked(
      404,
      'rule_version_not_found',
      `No such version, or not kept any more: ${version.slice(0, echoCharsMax)}`,
    ),
  'invalid-rules': ({ issues }) => refusedRules(issues),
  'rules-changed': ({ etag }) => ({
    ...asked(412, 'rules_changed', `The rules are at ${etag} by now, not where you expected.`, 'If-Match'),
    headers: { etag },
  }),
  'tenant-silent': () =>
    overloaded(
      'tenant_unavailable',
      'The tenant’s rules did not answer in time; asking again is safe.',
      1_000,
    ),

  'denied-by-rule': ({ reason }) => asked(403, 'denied_by_rule', reason),

  'rate-limited': ({ retryAfterMs }) => ({
    ...asked(429, 'rate_limit_exceeded', 'The requests of this minute are used up.'),
    headers: { 'retry-after': String(Math.min(60, Math.max(1, Math.ceil(retryAfterMs / 1000)))) },
  }),

  'queue-full': (failure) =>
    overloaded('overloaded', 'Too many requests wait for this model.', failure.retryAfterMs),
  'wait-timeout': (failure) =>
    overloaded('wait_timeout', 'No replica became free in time.', failure.retryAfterMs),
  'cannot-start': (failure) =>
    overloaded('model_cannot_start', 'The model cannot be started at the moment.', failure.retryAfterMs),
  'backend-down': (failure) =>
    overloaded('backend_unavailable', 'The model backend is not reachable.', failure.retryAfterMs),
  'circuit-open': (failure) =>
    overloaded(
      'circuit_open',
      'The model has been failing; it is tried again in a moment.',
      failure.retryAfterMs,
    ),
  'pool-silent': () =>
    overloaded('pool_unavailable', 'The pool did not answer in time; asking again is safe.', 1_000),
  'planner-silent': () => overloaded('planner_unavailable', 'The planner did not answer in time.', 1_000),

  'replica-refused': ({ status, code, message, param }) => asked(status, code, message, param),
  'replica-busy': ({ retryAfterMs }) =>
    // Whichever status it was: a 429 would tell the client that a limit of its own was reached.
    overloaded('model_overloaded', 'The model server takes no more requests now.', retryAfterMs ?? 1_000),
  'replica-unreachable': () => broken(502, 'replica_unreachable', 'The model server could not be reached.'),
  'endpoint-in-the-clear': () =>
    broken(502, 'insecure_endpoint', 'The model server has an address that nothing may be sent to.'),
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

/** Of a list of issues: the rest is of no use before these are mended. */
const issuesMax = 20;

function refusedRules(issues: readonly Issue[]): RenderedFailure {
  const [first = { path: '', reason: 'cannot be read' }] = issues;
  const more = issues.length > 1 ? ` (${issues.length} issues)` : '';
  const place = first.path === '' ? 'The rules' : `"${first.path.slice(0, echoCharsMax)}"`;
  const rendered = asked(
    400,
    'invalid_rules',
    `${place} ${first.reason}${more}`,
    first.path === '' ? null : first.path,
  );
  return { ...rendered, body: { error: { ...rendered.body.error, issues: issues.slice(0, issuesMax) } } };
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
