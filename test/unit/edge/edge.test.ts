// What the edge decides before a request reaches a model: target, body, fields, tenant, route.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChatRequest } from '../../../src/core/api/chat-request.ts';
import { parseEmbeddingRequest } from '../../../src/core/api/embedding-request.ts';
import { renderFailure } from '../../../src/core/api/failure.ts';
import { isLoopback, parseTarget } from '../../../src/core/door/canonical-target.ts';
import { measureDepth, parseBody } from '../../../src/core/door/parse-body.ts';
import { decideRoute } from '../../../src/core/routing/decide-route.ts';
import { indexKeys, parseTenant } from '../../../src/core/tenant/tenant.ts';
import { catalogue } from '../../../gpu-workers/models.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a request target', () => {
  test.each([
    'http://127.0.0.1:8787/v1/models',
    'https://api.example.com/',
    'http://[::1]:1/v1/models/tiny-chat@1?x=%2e',
  ])('%s is canonical', (url) => {
    expect(parseTarget(url).ok).toBe(true);
  });

  test.each([
    'http://a//v1',
    'http://a/v1/../x',
    'http://a/./v1',
    'http://a/%2e%2e/x',
    'http://a/%61dmin',
    'http://a/v1\\x',
    'http://a/#/x',
    'http://a?/x',
    'http://a b/x',
    'http://A.example/x',
    'http://u@a/x',
    'ftp://a/x',
    `http://a/${'x'.repeat(9_000)}`,
  ])('%s is not', (url) => {
    expect(parseTarget(url).ok).toBe(false);
  });

  test('loopback is loopback in its own spellings only', () => {
    expect(['localhost', '127.0.0.1:80', '[::1]:8787'].every(isLoopback)).toBe(true);
    expect(['localhost.evil.example', '127.0.0.1.nip.io', '0.0.0.0', '2130706433'].some(isLoopback)).toBe(
      false,
    );
  });
});

describe('a body', () => {
  test('is parsed as JSON.parse does it, at any depth that is allowed', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue({ maxDepth: 4 }),
        ),
        (value) => {
          const text = JSON.stringify(value);
          const parsed = parseBody(bytes(text), 64);
          if (/__proto__|constructor|prototype/.test(text)) return;
          expect(parsed).toEqual({ ok: true, value: JSON.parse(text) });
        },
      ),
    );
  });

  test('nested too deep is refused before it is parsed, brackets in strings do not count', () => {
    expect(parseBody(bytes('['.repeat(100_000)), 64)).toMatchObject({
      ok: false,
      error: { kind: 'too-deep' },
    });
    expect(measureDepth(bytes('{"a":"[[[[\\"[[["}'), 64)).toBe(1);
  });

  test.each([
    ['{"__proto__":{}}', 'invalid'],
    ['{"a":{"constructor":1}}', 'invalid'],
    ['{"\\u005f_proto__":1}', 'invalid'],
    ['{"a":1e999}', 'invalid'],
    ['[1]', 'invalid'],
    ['"x"', 'invalid'],
    ['{', 'malformed-json'],
  ])('%s is refused', (text, kind) => {
    expect(parseBody(bytes(text), 64)).toMatchObject({ ok: false, error: { kind } });
  });
});

describe('a chat request', () => {
  const bounds = { messagesMax: 3, maxTokensMax: 100 };
  const good = { model: 'm', messages: [{ role: 'user', content: 'hi' }], anything: { else: true } };

  test('passes with what it does not know untouched', () => {
    expect(parseChatRequest(good, bounds)).toEqual({
      ok: true,
      value: { model: 'm', stream: false, body: good },
    });
  });

  test.each<[object, string]>([
    [{ model: 7 }, 'model'],
    [{ messages: [] }, 'messages'],
    [{ messages: Array(4).fill(good.messages[0]) }, 'messages'],
    [{ messages: [{ role: 'x', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ stream: 'true' }, 'stream'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_tokens: 101 }, 'max_tokens'],
    [{ temperature: 3 }, 'temperature'],
    [{ n: 2 }, 'n'],
  ])('with %j is refused at %s', (change, param) => {
    expect(parseChatRequest({ ...good, ...change }, bounds)).toMatchObject({
      ok: false,
      error: { kind: 'invalid', param },
    });
  });

  test('for embeddings wants strings', () => {
    expect(parseEmbeddingRequest({ model: 'm', input: 'a' }).ok).toBe(true);
    expect(parseEmbeddingRequest({ model: 'm', input: [1, 2] })).toMatchObject({ error: { param: 'input' } });
  });
});

describe('a tenant', () => {
  const key = { id: 'k', sha256: 'a'.repeat(64), environments: ['dev'] };
  const file = {
    id: 'acme',
    name: 'Acme',
    keys: [key],
    rules: [{ id: 'r', match: { model: 'assistant' }, target: 'tiny-chat-solo@1' }],
  };

  test('with an unknown field, a short hash or a broken rule is refused', () => {
    expect(parseTenant(file).ok).toBe(true);
    expect(parseTenant({ ...file, admin: true }).ok).toBe(false);
    expect(parseTenant({ ...file, keys: [{ ...key, sha256: 'abc' }] }).ok).toBe(false);
    expect(parseTenant({ ...file, rules: [{ id: 'r', match: { modle: 'x' }, target: 'y' }] }).ok).toBe(false);
  });

  test('is known by its key where the key is good, and shares it with nobody', () => {
    const tenant = parseTenant(file);
    if (!tenant.ok) throw new Error(tenant.error);
    const index = (environment: string) => indexKeys([tenant.value], environment);
    expect(index('dev')).toMatchObject({ ok: true });
    const production = index('production');
    expect(production.ok && production.value.size).toBe(0);
    expect(indexKeys([tenant.value, { ...tenant.value, id: 'other' }], 'dev').ok).toBe(false);
  });

  test('gets what its rule says, else what the name means, else the version it names', () => {
    const rules = [{ id: 'r', match: { model: 'assistant' }, target: 'tiny-chat-solo@1' }];
    const ask = (model: string, task: 'chat' | 'embedding' = 'chat', own: typeof rules = []) => {
      const route = decideRoute({ catalogue, place: 'local', rules: own, model, task });
      return route.ok ? [route.value.version.id, route.value.because] : route.error.kind;
    };
    expect(ask('assistant', 'chat', rules)).toEqual(['tiny-chat-solo@1', 'tenant rule r']);
    expect(ask('assistant')).toEqual(['tiny-chat@1', 'name assistant']);
    expect(ask('tiny-chat@1')).toEqual(['tiny-chat@1', 'version id']);
    expect(ask('toString')).toBe('unknown-model');
    expect(ask('embed')).toBe('wrong-task');
  });
});

test('what a client is told names no cause, and says when to come back', () => {
  expect(renderFailure({ kind: 'internal' }).body.error.message).not.toMatch(/stack|at /);
  expect(renderFailure({ kind: 'cannot-start', retryAfterMs: 1 }).headers).toEqual({ 'retry-after': '1' });
  expect(renderFailure({ kind: 'cannot-start', retryAfterMs: 1e9 }).headers).toEqual({ 'retry-after': '60' });
  expect(renderFailure({ kind: 'method-not-allowed', allow: ['GET', 'POST'] })).toMatchObject({
    status: 405,
    headers: { allow: 'GET, POST' },
  });
});
