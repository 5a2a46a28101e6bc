// Files of rules: read whole or refused with everything that is wrong; differences as a person reads them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { renderDifference } from '../../../../src/cli/rules/render-rules.ts';
import { readJsonArgument, readRulesFile, readTenantFiles } from '../../../../src/cli/rules/tenant-files.ts';
import { diffJson } from '../../../../src/core/tenant/diff-json.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const rule = { id: 'a', target: 'tiny-chat@1' };
const tenant = { id: 'demo', name: 'Demo', keys: [], rules: [rule] };

test('files of tenants are read with their rules in normal form', () => {
  const file = write('demo.json', tenant);
  expect(readTenantFiles([file])).toEqual({
    ok: true,
    value: [{ file, tenant: 'demo', ruleSet: { aliases: {}, rules: [rule], keys: {} } }],
  });
});

test('of several files, all that are wrong are told', () => {
  const files = [
    write('demo.json', tenant),
    write('again.json', tenant),
    write('text.json', 'rules'),
    write('rule.json', { ...tenant, rules: [{ id: 'a' }] }),
    write('name.json', { ...tenant, id: 'A B' }),
    join(folder, 'nothing.json'),
  ];
  const read = readTenantFiles(files);
  expect(read.ok).toBe(false);
  const wrong = read.ok ? [] : read.error;
  expect(wrong).toHaveLength(5);
  for (const [at, words] of [
    'of the same tenant as',
    'is not JSON',
    'rules[0].target',
    'id',
    'no such file',
  ].entries())
    expect(wrong[at]).toContain(words);
});

test('rules to try may stand alone or in a tenant’s file', () => {
  const set = { aliases: {}, rules: [rule], keys: {} };
  expect(readRulesFile(write('a.json', tenant))).toEqual({ ok: true, value: set });
  expect(readRulesFile(write('b.json', [rule]))).toEqual({ ok: true, value: set });
  expect(readRulesFile(write('c.json', { rules: [{ id: 'a' }] }))).toMatchObject({
    error: expect.stringContaining('rules[0].target'),
  });
});

test('a question is JSON or a file with JSON', () => {
  expect(readJsonArgument(' {"model":"m"}')).toEqual({ ok: true, value: { model: 'm' } });
  expect(readJsonArgument(write('q.json', { model: 'm' }))).toEqual({ ok: true, value: { model: 'm' } });
  expect(readJsonArgument('{model}')).toMatchObject({
    error: expect.stringContaining('the question is not JSON'),
  });
});

test('a difference is a line for each change, cut where it is long', () => {
  const from = { rules: [{ id: 'a', t: 1 }, { id: 'b' }, { id: 'c' }] };
  const to = { rules: [{ id: 'c' }, { id: 'a', t: 2 }, { id: 'd', text: 'x'.repeat(500) }] };
  const lines = renderDifference('demo', diffJson(from, to));
  expect(lines.map((line) => line.slice(0, 30))).toEqual([
    'demo:',
    '  ~ rules[a].t  1 -> 2',
    '  - rules[b]  {"id":"b"}',
    '  + rules[d]  {"id":"d","text":"'.slice(0, 30),
    '  ^ rules  a c -> c a',
  ]);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(230);
  expect(renderDifference('demo', diffJson(from, from))).toEqual(['demo: no change']);
});
