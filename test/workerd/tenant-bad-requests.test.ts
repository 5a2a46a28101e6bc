// Requests to the admin routes of rules that are not as they should be: each is answered as the table says, and changes nothing.
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { TenantObject } from '../../durable-objects/tenant-object.ts';
import { adminToken, EdgeApp, errorOf, type Ask, type Reply } from './edge-app.ts';

const { TENANT } = env as unknown as { TENANT: DurableObjectNamespace<TenantObject> };
const app = new EdgeApp();
const root = '/admin/v1/tenants/demo';
const solo = { id: 'solo', match: { model: 'assistant' }, target: 'tiny-chat-solo@1' };

function call(method: string, path: string, body?: unknown, more: Ask = {}): Promise<Reply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return app.ask({ method, path, key: adminToken, ...(body === undefined ? {} : { body: text }), ...more });
}

interface Bad {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly more?: Ask;
  readonly status: number;
  readonly code: string;
  readonly param?: string | null;
}

const rulesPath = `${root}/rules`;
const bad: Readonly<Record<string, Bad>> = {
  'no token': { path: rulesPath, more: { key: null }, status: 401, code: 'missing_api_key' },
  'a tenant’s key': {
    path: rulesPath,
    more: { key: 'sk-pilotlight-dev' },
    status: 401,
    code: 'invalid_admin_token',
  },
  'no token for what does not exist': {
    path: '/admin/v1/tenants/x/y',
    more: { key: null },
    status: 401,
    code: 'missing_api_key',
  },
  'an unknown tenant': { path: '/admin/v1/tenants/nobody/rules', status: 404, code: 'tenant_not_found' },
  'a tenant that is a property of every object': {
    path: '/admin/v1/tenants/constructor/rules',
    status: 404,
    code: 'tenant_not_found',
  },
  'an unknown tenant, publishing': {
    method: 'PUT',
    path: '/admin/v1/tenants/nobody/rules',
    body: { rules: [] },
    status: 404,
    code: 'tenant_not_found',
  },
  'an unknown tenant, status': {
    path: '/admin/v1/rules-status?tenant=nobody',
    status: 404,
    code: 'tenant_not_found',
  },
  'an unknown part': { path: `${root}/budget`, status: 404, code: 'unknown_route' },
  'deleting rules': { method: 'DELETE', path: rulesPath, status: 405, code: 'method_not_allowed' },
  'posting rules': {
    method: 'POST',
    path: rulesPath,
    body: { rules: [] },
    status: 405,
    code: 'method_not_allowed',
  },
  'changing a version': {
    method: 'PUT',
    path: `${rulesPath}/versions/0`,
    body: {},
    status: 405,
    code: 'method_not_allowed',
  },
  'a version that was never made': {
    path: `${rulesPath}/versions/9`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'a version that is no number': {
    path: `${rulesPath}/versions/one`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'a negative version': { path: `${rulesPath}/versions/-1`, status: 404, code: 'rule_version_not_found' },
  'a version with zeros before it': {
    path: `${rulesPath}/versions/00`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'a version as a fraction': {
    path: `${rulesPath}/versions/1.0`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'a huge version': {
    path: `${rulesPath}/versions/${'9'.repeat(400)}`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'a difference from nothing': {
    path: `${rulesPath}/diff?from=`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'a difference to what is not there': {
    path: `${rulesPath}/diff?from=0&to=5`,
    status: 404,
    code: 'rule_version_not_found',
  },
  'no body': { method: 'PUT', path: rulesPath, status: 415, code: 'unsupported_media_type' },
  'an empty body': { method: 'PUT', path: rulesPath, body: '', status: 400, code: 'malformed_json' },
  'half a body': { method: 'PUT', path: rulesPath, body: '{"rules":[', status: 400, code: 'malformed_json' },
  'a list as the body': {
    method: 'PUT',
    path: rulesPath,
    body: [solo],
    status: 400,
    code: 'invalid_value',
    param: null,
  },
  'a form': {
    method: 'PUT',
    path: rulesPath,
    body: 'rules=1',
    more: { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    status: 415,
    code: 'unsupported_media_type',
  },
  'a compressed body': {
    method: 'PUT',
    path: rulesPath,
    body: '{}',
    more: { headers: { 'content-encoding': 'gzip' } },
    status: 415,
    code: 'unsupported_content_encoding',
  },
  'a body of more than a mebibyte': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [], comment: 'x'.repeat(1_100_000) },
    status: 413,
    code: 'body_too_large',
  },
  'a body that is too deep': {
    method: 'PUT',
    path: rulesPath,
    body: `{"rules":${'['.repeat(100)}${']'.repeat(100)}}`,
    status: 400,
    code: 'too_deep',
  },
  'a key that reaches a prototype': {
    method: 'PUT',
    path: rulesPath,
    body: '{"rules":[],"__proto__":{}}',
    status: 400,
    code: 'invalid_value',
    param: null,
  },
  'no rules': {
    method: 'PUT',
    path: rulesPath,
    body: {},
    status: 400,
    code: 'invalid_value',
    param: 'rules',
  },
  'an unknown field': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [], rule: [] },
    status: 400,
    code: 'invalid_value',
    param: null,
  },
  'a comment that is no text': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [], comment: 1 },
    status: 400,
    code: 'invalid_value',
    param: 'comment',
  },
  'a long comment': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [], comment: 'x'.repeat(501) },
    status: 400,
    code: 'invalid_value',
    param: 'comment',
  },
  'nobody as the author': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [], by: '' },
    status: 400,
    code: 'invalid_value',
    param: 'by',
  },
  'a tag that is none': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [] },
    more: { headers: { 'if-match': '1' } },
    status: 400,
    code: 'invalid_value',
    param: 'If-Match',
  },
  'rules that are null': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: null },
    status: 400,
    code: 'invalid_rules',
  },
  'rules that are a text': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: 'all' },
    status: 400,
    code: 'invalid_rules',
  },
  'a rule that is a number': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [1] },
    status: 400,
    code: 'invalid_rules',
    param: 'rules[0]',
  },
  'a rule without an id': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [{ target: 'tiny-chat@1' }] },
    status: 400,
    code: 'invalid_rules',
    param: 'rules[0].id',
  },
  'a rule to a model that is not there': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [{ ...solo, target: 'gpt-9' }] },
    status: 400,
    code: 'invalid_rules',
    param: 'rules[0].target',
  },
  'an id twice': {
    method: 'PUT',
    path: rulesPath,
    body: { rules: [solo, solo] },
    status: 400,
    code: 'invalid_rules',
    param: 'rules[1].id',
  },
  'rules that are too long': {
    method: 'PUT',
    path: rulesPath,
    body: {
      rules: Array.from({ length: 90 }, (_, at) => ({
        ...solo,
        id: `r${at}`,
        overrides: { systemPrompt: 'é'.repeat(1_500) },
      })),
    },
    status: 400,
    code: 'invalid_rules',
    param: 'rules',
  },
  'a rollback to nothing': {
    method: 'POST',
    path: `${rulesPath}/rollback`,
    body: {},
    status: 400,
    code: 'invalid_value',
    param: 'version',
  },
  'a rollback to a text': {
    method: 'POST',
    path: `${rulesPath}/rollback`,
    body: { version: '1' },
    status: 400,
    code: 'invalid_value',
    param: 'version',
  },
  'a rollback to a fraction': {
    method: 'POST',
    path: `${rulesPath}/rollback`,
    body: { version: 0.5 },
    status: 400,
    code: 'invalid_value',
    param: 'version',
  },
  'a rollback to what is not there': {
    method: 'POST',
    path: `${rulesPath}/rollback`,
    body: { version: 9 },
    status: 404,
    code: 'rule_version_not_found',
  },
  'a dry run without a question': {
    method: 'POST',
    path: `${rulesPath}/dry-run`,
    body: { rules: [] },
    status: 400,
    code: 'invalid_value',
    param: 'question',
  },
  'a dry run of bad rules': {
    method: 'POST',
    path: `${rulesPath}/dry-run`,
    body: { rules: [{ ...solo, target: 'gpt-9' }], question: {} },
    status: 400,
    code: 'invalid_rules',
    param: 'rules[0].target',
  },
  'a question that is a text': {
    method: 'POST',
    path: `${root}/explain`,
    body: { question: 'why?' },
    status: 400,
    code: 'invalid_value',
    param: 'question',
  },
  'a question with a field that is not known': {
    method: 'POST',
    path: `${root}/explain`,
    body: { question: { modle: 'x' } },
    status: 400,
    code: 'invalid_value',
    param: 'question',
  },
  'a question at no time': {
    method: 'POST',
    path: `${root}/explain`,
    body: { question: { at: 'noon' } },
    status: 400,
    code: 'invalid_value',
    param: 'question.at',
  },
  'a question with a negative prompt': {
    method: 'POST',
    path: `${root}/explain`,
    body: { question: { promptTokens: -1 } },
    status: 400,
    code: 'invalid_value',
    param: 'question.promptTokens',
  },
  'a question with an odd view': {
    method: 'POST',
    path: `${root}/explain`,
    body: { question: { views: { 'a@1': { warmth: 'warm' } } } },
    status: 400,
    code: 'invalid_value',
    param: 'question.views.a@1.warmth',
  },
};

test.each(Object.entries(bad))(
  '%s is answered as written down, and changes nothing',
  async (_name, { method = 'GET', path, body, more, status, code, param }) => {
    const reply = await call(method, path, body, more);
    const error = errorOf(reply);
    expect({ status: reply.status, code: error.code }).toEqual({ status, code });
    if (param !== undefined) expect(error.param).toBe(param);
    expect(reply.headers.get('x-request-id')).toMatch(/^req_/);
    expect(reply.text.length).toBeLessThan(6_000);
    expect(app.bugs).toEqual([]);
    expect((await TENANT.getByName('demo').list('demo')).length).toBe(1);
  },
);

test('rules that are refused come with every place, up to a bound', async () => {
  const rules = Array.from({ length: 60 }, (_, at) => ({ ...solo, id: `r${at}`, target: `gone-${at}@1` }));
  const { issues } = (
    JSON.parse((await call('PUT', rulesPath, { rules })).text) as {
      error: { issues: { path: string; reason: string }[] };
    }
  ).error;
  expect(issues).toHaveLength(20);
  expect(issues[1]).toEqual({ path: 'rules[1].target', reason: expect.stringContaining('gone-1@1') });
});
