// Every failure as a client sees it. The table has a row for each kind, by its type: a new kind does not compile without one.
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../src/core/api/failure.ts';
import { renderFailure } from '../../../src/core/api/render-failure.ts';

type Sample = { readonly [K in Failure['kind']]: readonly [Extract<Failure, { kind: K }>, number, string] };

const retry = { retryAfterMs: 1_500 };
const samples: Sample = {
  'denied-by-rule': [{ kind: 'denied-by-rule', reason: 'Not on Sundays.' }, 403, 'denied_by_rule'],
  'rate-limited': [{ kind: 'rate-limited', retryAfterMs: 1_500 }, 429, 'rate_limit_exceeded'],
  invalid: [{ kind: 'invalid', message: 'm', param: 'p' }, 400, 'invalid_value'],
  'malformed-json': [{ kind: 'malformed-json', message: 'm' }, 400, 'malformed_json'],
  'too-deep': [{ kind: 'too-deep', depthMax: 64 }, 400, 'too_deep'],
  'too-large': [{ kind: 'too-large', bytesMax: 9 }, 413, 'body_too_large'],
  'bad-target': [{ kind: 'bad-target', message: 'm' }, 400, 'bad_request_target'],
  'headers-too-large': [{ kind: 'headers-too-large', bytesMax: 9, headersMax: 2 }, 431, 'headers_too_large'],
  'slow-body': [{ kind: 'slow-body', bodyMs: 9 }, 408, 'request_timeout'],
  'unsupported-media-type': [{ kind: 'unsupported-media-type', message: 'm' }, 415, 'unsupported_media_type'],
  'unsupported-encoding': [{ kind: 'unsupported-encoding' }, 415, 'unsupported_content_encoding'],
  'method-not-allowed': [{ kind: 'method-not-allowed', allow: ['GET', 'HEAD'] }, 405, 'method_not_allowed'],
  'idempotency-mismatch': [{ kind: 'idempotency-mismatch' }, 422, 'idempotency_key_reused'],
  'session-busy': [{ kind: 'session-busy' }, 409, 'session_busy'],
  'no-key': [{ kind: 'no-key' }, 401, 'missing_api_key'],
  'wrong-key': [{ kind: 'wrong-key' }, 401, 'invalid_api_key'],
  'not-admin': [{ kind: 'not-admin' }, 401, 'invalid_admin_token'],
  'unknown-route': [{ kind: 'unknown-route', path: '/x' }, 404, 'unknown_route'],
  'unknown-model': [{ kind: 'unknown-model', model: 'x' }, 404, 'model_not_found'],
  'unknown-session': [{ kind: 'unknown-session' }, 404, 'session_not_found'],
  'unknown-replica': [{ kind: 'unknown-replica', replica: 'r' }, 404, 'replica_not_found'],
  'unknown-pool': [{ kind: 'unknown-pool', pool: 'x@1~here' }, 404, 'pool_not_found'],
  'unknown-function': [{ kind: 'unknown-function', name: 'x' }, 404, 'function_not_found'],
  'unknown-run': [{ kind: 'unknown-run' }, 404, 'run_not_found'],
  'run-failed': [{ kind: 'run-failed', code: 'c', message: 'm' }, 500, 'c'],
  'run-cancelled': [{ kind: 'run-cancelled' }, 409, 'run_cancelled'],
  'session-queue-full': [{ kind: 'session-queue-full', turnsMax: 9, ...retry }, 429, 'session_queue_full'],
  'seq-mismatch': [{ kind: 'seq-mismatch', tailSeq: 9 }, 409, 'sequence_mismatch'],
  'future-seq': [{ kind: 'future-seq', tailSeq: 9 }, 416, 'sequence_in_future'],
  'turn-cancelled': [{ kind: 'turn-cancelled', by: 'client' }, 409, 'turn_cancelled'],
  'turn-truncated': [{ kind: 'turn-truncated' }, 409, 'turn_truncated'],
  'too-many-followers': [{ kind: 'too-many-followers', followersMax: 9 }, 429, 'too_many_followers'],
  'unknown-turn': [{ kind: 'unknown-turn' }, 404, 'turn_not_found'],
  'unknown-index': [{ kind: 'unknown-index' }, 404, 'index_not_found'],
  'unknown-document': [{ kind: 'unknown-document' }, 404, 'document_not_found'],
  'index-full': [{ kind: 'index-full', what: 'documents', max: 9 }, 409, 'index_full'],
  'too-many-indexes': [{ kind: 'too-many-indexes', indexesMax: 9 }, 409, 'too_many_indexes'],
  'index-read-only': [{ kind: 'index-read-only' }, 403, 'index_read_only'],
  'index-conflict': [{ kind: 'index-conflict', embeddingModel: 'x@1' }, 409, 'index_exists'],
  'wrong-dimensions': [{ kind: 'wrong-dimensions', expected: 512, got: 3 }, 502, 'wrong_dimensions'],
  'wrong-task': [{ kind: 'wrong-task', model: 'x', task: 'embeddings' }, 400, 'wrong_task'],
  'unknown-tenant': [{ kind: 'unknown-tenant', tenant: 'x' }, 404, 'tenant_not_found'],
  'unknown-rule-version': [{ kind: 'unknown-rule-version', version: '9' }, 404, 'rule_version_not_found'],
  'invalid-rules': [
    { kind: 'invalid-rules', issues: [{ path: 'rules[0].id', reason: 'is missing' }] },
    400,
    'invalid_rules',
  ],
  'rules-changed': [{ kind: 'rules-changed', etag: '"2-ab"' }, 412, 'rules_changed'],
  'tenant-silent': [{ kind: 'tenant-silent' }, 503, 'tenant_unavailable'],
  'queue-full': [{ kind: 'queue-full', ...retry }, 503, 'overloaded'],
  'wait-timeout': [{ kind: 'wait-timeout', ...retry }, 503, 'wait_timeout'],
  'cannot-start': [{ kind: 'cannot-start', ...retry }, 503, 'model_cannot_start'],
  'backend-down': [{ kind: 'backend-down', ...retry }, 503, 'backend_unavailable'],
  'circuit-open': [{ kind: 'circuit-open', ...retry }, 503, 'circuit_open'],
  'pool-silent': [{ kind: 'pool-silent' }, 503, 'pool_unavailable'],
  'planner-silent': [{ kind: 'planner-silent' }, 503, 'planner_unavailable'],
  'replica-refused': [
    { kind: 'replica-refused', status: 400, message: 'm', param: 'p', code: 'model_refused' },
    400,
    'model_refused',
  ],
  'replica-busy': [{ kind: 'replica-busy', status: 429, ...retry }, 503, 'model_overloaded'],
  'replica-unreachable': [{ kind: 'replica-unreachable' }, 502, 'replica_unreachable'],
  'endpoint-in-the-clear': [{ kind: 'endpoint-in-the-clear', host: 'h' }, 502, 'insecure_endpoint'],
  'replica-error': [{ kind: 'replica-error' }, 502, 'replica_error'],
  'bad-reply': [{ kind: 'bad-reply' }, 502, 'bad_upstream_reply'],
  'stream-cut': [{ kind: 'stream-cut' }, 502, 'stream_cut'],
  'first-token-timeout': [{ kind: 'first-token-timeout' }, 504, 'first_token_timeout'],
  'idle-timeout': [{ kind: 'idle-timeout' }, 504, 'stream_stalled'],
  'total-timeout': [{ kind: 'total-timeout' }, 504, 'deadline_exceeded'],
  'client-gone': [{ kind: 'client-gone' }, 499, 'client_closed_request'],
  internal: [{ kind: 'internal' }, 500, 'internal_error'],
  misconfigured: [{ kind: 'misconfigured', variables: ['ENVIRONMENT'] }, 503, 'not_configured'],
};

describe('a failure', () => {
  test.each(Object.values(samples))('$kind has its status and code', (failure, status, code) => {
    const rendered = renderFailure(failure);
    expect({ status: rendered.status, code: rendered.body.error.code }).toEqual({ status, code });
    const { issues, ...error } = rendered.body.error;
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
    expect(issues !== undefined).toBe(failure.kind === 'invalid-rules');
    expect(rendered.body.error.message).not.toBe('');
  });

  test('has a type by whose fault it is', () => {
    for (const [failure, status] of Object.values(samples)) {
      const { type } = renderFailure(failure).body.error;
      const client = status === 401 ? 'authentication_error' : 'invalid_request_error';
      expect({ status, type }).toEqual({
        status,
        type: status < 500 && status !== 499 ? client : 'server_error',
      });
    }
  });

  test('of rules names the first place in its message, and a bounded number of places in its list', () => {
    const issues = Array.from({ length: 50 }, (_, at) => ({ path: `rules[${at}].id`, reason: 'is missing' }));
    const { error } = renderFailure({ kind: 'invalid-rules', issues }).body;
    expect(error).toMatchObject({ message: '"rules[0].id" is missing (50 issues)', param: 'rules[0].id' });
    expect(error.issues).toHaveLength(20);
    const whole = renderFailure({
      kind: 'invalid-rules',
      issues: [{ path: '', reason: 'are too long' }],
    }).body;
    expect(whole.error).toMatchObject({ message: 'The rules are too long', param: null });
  });

  test('of rules that have changed says to what', () => {
    expect(renderFailure(samples['rules-changed'][0]).headers).toEqual({ etag: '"2-ab"' });
  });

  test('of a method names those that the route has', () => {
    expect(renderFailure(samples['method-not-allowed'][0]).headers).toEqual({ allow: 'GET, HEAD' });
  });

  test('of a key asks for one', () => {
    for (const kind of ['no-key', 'wrong-key', 'not-admin'] as const) {
      expect(renderFailure(samples[kind][0]).headers).toEqual({ 'www-authenticate': 'Bearer' });
    }
  });

  test.each([
    [0, '1'],
    [1_001, '2'],
    [86_400_000, '60'],
  ])('of capacity, %i ms from better, asks to come back after %s s', (retryAfterMs, seconds) => {
    for (const kind of [
      'queue-full',
      'wait-timeout',
      'cannot-start',
      'backend-down',
      'circuit-open',
    ] as const) {
      expect(renderFailure({ kind, retryAfterMs }).headers).toEqual({ 'retry-after': seconds });
    }
  });

  test('never sends a long text of the client back', () => {
    const long = 'x'.repeat(100_000);
    const echoes: readonly Failure[] = [
      { kind: 'unknown-route', path: long },
      { kind: 'unknown-model', model: long },
      { kind: 'unknown-pool', pool: long },
      { kind: 'unknown-replica', replica: long },
      { kind: 'unknown-tenant', tenant: long },
      { kind: 'unknown-rule-version', version: long },
      { kind: 'invalid-rules', issues: [{ path: long, reason: 'is missing' }] },
      { kind: 'wrong-task', model: long, task: 'embeddings' },
    ];
    for (const failure of echoes) {
      expect(renderFailure(failure).body.error.message.length).toBeLessThan(200);
    }
  });
});
