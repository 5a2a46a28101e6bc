import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../gpu-workers/models.ts';
import { indexKeys, parseTenant, parseTenants } from '../../../src/core/tenant/tenant.ts';
import { parseRules } from '../../../src/core/routing/parse-rules.ts';
import { fileRules, findByKey, findTenant, tenants } from '../../../tenants/tenants.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const key = {
  id: 'main',
  sha256: hash('a'),
  environments: ['production'],
  labels: {},
  criticality: 'default' as const,
};
const file = { id: 'acme', name: 'Acme', weight: 1, rate: null, keys: [key], rules: [] };
const ruleSet = { aliases: {}, rules: [], keys: {} };
const acme = { ...file, ruleSet };

describe('a tenant’s file', () => {
  test('is read as it stands', () => {
    expect(parseTenant(file)).toEqual({ ok: true, value: acme });
  });

  test('may write its rules as a whole set', () => {
    const rules = { aliases: { smart: 'assistant' }, rules: [{ id: 'a', target: 'smart' }], keys: {} };
    const parsed = parseTenant({ ...file, rules });
    expect(parsed).toMatchObject({ value: { ruleSet: { aliases: rules.aliases }, rules: [{ id: 'a' }] } });
  });

  test('may label its keys', () => {
    const labelled = { ...key, labels: { team: 'search' } };
    expect(parseTenant({ ...file, keys: [labelled] })).toMatchObject({ value: { keys: [labelled] } });
    const { labels: _, ...plain } = key;
    expect(parseTenant({ ...file, keys: [plain] })).toEqual({ ok: true, value: acme });
  });

  test('counts once, and its keys as any other, unless it says how much', () => {
    const { weight: _weight, ...unweighted } = file;
    const { criticality: _criticality, ...plain } = key;
    expect(parseTenant({ ...unweighted, keys: [plain] })).toEqual({ ok: true, value: acme });
    const more = { weight: 2.5, keys: [{ ...key, criticality: 'critical' }] };
    expect(parseTenant({ ...file, ...more })).toMatchObject({ value: more });
    for (const weight of [0.1, 100])
      expect(parseTenant({ ...file, weight })).toMatchObject({ value: { weight } });
  });

  test.each([
    ['a misspelt field', { rule: [] }, 'rule'],
    ['an id that is a path', { id: '../x' }, 'id'],
    ['a key in the clear', { keys: [{ ...key, sha256: 'sk-pilotlight-acme' }] }, 'keys[0].sha256'],
    ['a hash in capitals', { keys: [{ ...key, sha256: key.sha256.toUpperCase() }] }, 'keys[0].sha256'],
    ['an unknown environment', { keys: [{ ...key, environments: ['prod'] }] }, 'keys[0].environments[0]'],
    ['a key that is good nowhere', { keys: [{ ...key, environments: [] }] }, 'keys[0].environments'],
    ['a label that is no word', { keys: [{ ...key, labels: { team: 'a b' } }] }, 'keys[0].labels.team'],
    ['a weight of nothing', { weight: 0 }, 'must be a number from 0.1 to 100'],
    ['a weight below zero', { weight: -1 }, 'must be a number from 0.1 to 100'],
    ['a weight that takes all', { weight: 100.5 }, 'must be a number from 0.1 to 100'],
    ['a rate of nothing', { rate: { requestsPerMinute: 0 } }, 'must be a whole number from 1 to 10000000'],
    ['a rate by another measure', { rate: { requestsPerSecond: 1 } }, 'requestsPerSecond'],
    ['a weight in words', { weight: '2' }, 'weight'],
    ['no weight where it is named', { weight: null }, 'must be a number from 0.1 to 100'],
    [
      'a class that is none',
      { keys: [{ ...key, criticality: 'urgent' }] },
      'must be one of critical, default, sheddable',
    ],
    ['a class in capitals', { keys: [{ ...key, criticality: 'Critical' }] }, 'keys[0].criticality'],
    ['a class for the tenant', { criticality: 'critical' }, 'criticality'],
    ['a weight for a key', { keys: [{ ...key, weight: 2 }] }, 'weight'],
    ['a rule without a target', { rules: [{ id: 'r', match: { model: 'm' } }] }, 'rules[0].target'],
    ['rules that are none', { rules: 'none' }, 'must be a list of rules'],
    ['no rules', { rules: undefined }, 'rules is missing'],
  ])('with %s is refused, saying where', (_name, change, where) => {
    const parsed = parseTenant({ ...file, ...change });
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(where) });
  });

  test('is counted when it is one of several that are wrong', () => {
    const parsed = parseTenants([file, { ...file, id: '' }]);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining('tenant file 2') });
  });

  test('may not take the id of another', () => {
    expect(parseTenants([file, file])).toEqual({ ok: false, error: 'two tenants are called acme' });
  });
});

describe('a key', () => {
  test('speaks for its tenant in its environments alone', () => {
    const tenant = acme;
    const index = indexKeys([tenant], 'production');
    expect(index.ok && index.value.get(key.sha256)).toEqual({
      tenant,
      keyId: 'main',
      labels: {},
      criticality: 'default',
    });
    const elsewhere = indexKeys([tenant], 'staging');
    expect(elsewhere.ok && elsewhere.value.size).toBe(0);
  });

  test('is never that of two tenants', () => {
    const index = indexKeys([acme, { ...acme, id: 'other' }], 'production');
    expect(index).toEqual({ ok: false, error: 'key main of tenant other is also key main of acme' });
  });

  test('is known by its whole hash, not by a part of it', () => {
    const sha256 = hash('sk-pilotlight-dev');
    expect(findByKey(sha256, 'dev')?.tenant.id).toBe('demo');
    for (let at = 0; at < sha256.length; at += 1) {
      const other = (sha256[at] === '0' ? '1' : '0') + sha256.slice(at + 1);
      expect(findByKey(sha256.slice(0, at) + other, 'dev')).toBeUndefined();
    }
  });
});

describe('the tenants of this deployment', () => {
  test.each([
    ['demo', 'sk-pilotlight-dev'],
    ['acme', 'sk-pilotlight-acme'],
  ])('have %s with its well-known key, in dev and nowhere else', (id, secret) => {
    expect(findByKey(hash(secret), 'dev')?.tenant.id).toBe(id);
    for (const environment of ['staging', 'production']) {
      expect(findByKey(hash(secret), environment)).toBeUndefined();
    }
  });

  test('have no key in the clear in their files', () => {
    for (const { id } of tenants) {
      const text = readFileSync(new URL(`../../../tenants/${id}.json`, import.meta.url), 'utf8');
      expect(text).not.toMatch(/sk-/);
    }
  });

  test('have rules to versions that exist', () => {
    for (const { ruleSet } of tenants)
      expect(parseRules(ruleSet, catalogue)).toEqual({ ok: true, value: ruleSet });
  });

  test('have their rules ready as version 0, made once', () => {
    const made = fileRules('acme');
    expect(made.version).toMatchObject({ version: 0, generation: 0, by: 'file' });
    expect(JSON.parse(made.version.document)).toEqual(findTenant('acme')?.ruleSet);
    expect(made.rules.list.rules.map(({ id }) => id)).toEqual(['dedicated-assistant']);
    expect(fileRules('acme')).toBe(made);
  });

  test('are found by their ids', () => {
    expect(findTenant('acme')?.name).toContain('Acme');
    expect(findTenant('nobody')).toBeUndefined();
  });
});
