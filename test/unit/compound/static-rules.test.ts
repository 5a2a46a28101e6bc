import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRecordId } from '../../../functions/compound/code-review/apex/salesforce-id.ts';
import { scanApex } from '../../../functions/compound/code-review/apex/scan-apex.ts';
import { HITS_PER_RULE_MAX, type Hit } from '../../../functions/compound/code-review/review-types.ts';
import { rules, type RuleId } from '../../../functions/compound/code-review/rules.ts';
import { languageOf, scanFile } from '../../../functions/compound/code-review/scan-file.ts';
import { scanTypeScript } from '../../../functions/compound/code-review/typescript/scan-typescript.ts';
import { apexBodies, typescriptModules } from './rule-cases.ts';

const apex = (body: string, head = 'public with sharing class A'): readonly Hit[] =>
  scanApex({ path: 'A.cls', content: `${head} {\n  void run() {\n    ${body}\n  }\n}\n` }).hits;
const typescript = (content: string): readonly Hit[] => scanTypeScript({ path: 'a.ts', content }).hits;
const rulesOf = (hits: readonly Hit[]): readonly RuleId[] => hits.map(({ rule }) => rule);

describe('each rule finds what it is for and leaves its neighbour alone', () => {
  test.each(apexBodies)('$rule: $bad', ({ rule, bad, good }) => {
    expect(apex(bad)).toEqual(
      expect.arrayContaining([expect.objectContaining({ rule, line: 3, chunk: 'A.run' })]),
    );
    expect(rulesOf(apex(good))).not.toContain(rule);
    expect(rulesOf([...apex(bad), ...apex(good)])).not.toContain('syntax-error');
  });

  test.each(typescriptModules)('$rule: $bad', ({ rule, bad, good }) => {
    expect(rulesOf(typescript(bad))).toContain(rule);
    expect(rulesOf(typescript(good))).not.toContain(rule);
    expect(rulesOf([...typescript(bad), ...typescript(good)])).not.toContain('syntax-error');
  });

  test('a class that reads records must say whose rights apply', () => {
    const reads = 'a = [SELECT Id FROM Account LIMIT 1];';
    expect(rulesOf(apex(reads, 'public class A'))).toEqual(['apex/no-sharing']);
    for (const head of [
      'public inherited sharing class A',
      'public without sharing class A',
      '@isTest private class A',
    ])
      expect(rulesOf(apex(reads, head))).toEqual([]);
    expect(rulesOf(apex('n = n + 1;', 'public class A'))).toEqual([]);
  });

  test('no rule is without an example', () => {
    const shown = new Set<string>([...apexBodies, ...typescriptModules].map(({ rule }) => rule));
    const elsewhere = ['apex/no-sharing', 'syntax-error'];
    expect(Object.keys(rules).filter((rule) => !shown.has(rule))).toEqual(elsewhere);
  });
});

describe('what costs is found behind a call', () => {
  const helper = (body: string, modifiers = ''): string =>
    `public with sharing class A {\n void run() {\n  for (Account a : all) {\n   help(a);\n  }\n }\n ${modifiers} void help(Account a) {\n  ${body}\n }\n}`;
  const found = (content: string): readonly Hit[] => scanApex({ path: 'A.cls', content }).hits;

  test.each([
    ['update a;', 'apex/dml-in-loop'],
    ['more(a); } void more(Account a) { insert a;', 'apex/dml-in-loop'],
    ['more(a); } void more(Account a) { most(a); } void most(Account a) { insert a;', 'apex/dml-in-loop'],
    ['List<Contact> c = [SELECT Id FROM Contact WHERE AccountId = :a.Id];', 'apex/soql-in-loop'],
  ])('%s', (body, rule) => {
    expect(found(helper(body))).toEqual([
      expect.objectContaining({ rule, line: 4, chunk: 'A.run', loopDepth: 1 }),
    ]);
  });

  test('a future method', () => {
    expect(rulesOf(found(helper('n++;', '@future static')))).toEqual(['apex/async-in-loop']);
    expect(rulesOf(found(helper('n++;')))).toEqual([]);
  });

  test('methods that call each other come to an end', () => {
    expect(rulesOf(found(helper('run(); help(a);')))).toEqual([]);
  });
});

describe('the shipped samples', () => {
  const sample = (name: string): { path: string; content: string } => ({
    path: name,
    content: readFileSync(
      new URL(`../../../functions/compound/code-review/samples/${name}`, import.meta.url),
      'utf8',
    ),
  });

  test.each(['InvoiceReminderSafe.cls', 'order-totals.ts.txt'])('%s is clean', async (name) => {
    const file = sample(name);
    const scan = await scanFile(file, languageOf(file));
    expect(scan.hits).toEqual([]);
    expect(scan.chunks.length).toBeGreaterThan(1);
  });

  test.each([
    ['InvoiceReminder.cls', 11],
    ['InvoiceTrigger.trigger', 2],
    ['order-sync.ts.txt', 11],
  ])('%s has %d findings, each in a chunk that holds its line', async (name, count) => {
    const file = sample(name);
    const { hits, chunks, lines } = await scanFile(file, languageOf(file));
    expect(hits).toHaveLength(count);
    for (const { line, chunk } of hits) {
      expect(line).toBeLessThanOrEqual(lines);
      const holding = chunks.filter(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
      expect(chunk === null || holding.some(({ name: each }) => each === chunk)).toBe(true);
    }
  });
});

describe('input that is no good program', () => {
  test.each([
    ['A.cls', 'public class A { void a( { } } }}} class'],
    ['A.cls', ''],
    ['a.ts', 'function f( {'],
    ['a.ts', 'let a = 1; let a = 2;'],
    ['a.ts', `const a = ${'('.repeat(30_000)}1`],
    ['A.cls', `public class A { Integer a = ${'('.repeat(6_000)}1; }`],
  ])('is a finding, not a crash: %s, input %#', async (path, content) => {
    const { hits } = await scanFile({ path, content }, languageOf({ path, content }));
    expect(rulesOf(hits)).toContain('syntax-error');
    expect(hits.length).toBeLessThanOrEqual(4);
  });

  test('whatever it is, a scan ends without a throw and its lines are lines of the file', async () => {
    const pieces = fc.constantFrom(
      'class A {',
      '}',
      '(',
      ')',
      'for (',
      'await ',
      'a == b',
      '[SELECT Id FROM X]',
      ';',
      '\n',
      "'",
      '`${',
      'async ',
      '=> {',
      'catch (e) {}',
      '/*',
      '@future',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 30 }),
        fc.constantFrom('a.ts', 'A.cls'),
        async (parts, path) => {
          const content = parts.join(' ');
          const scan = await scanFile({ path, content }, languageOf({ path, content }));
          for (const { line } of scan.hits) expect(line >= 1 && line <= scan.lines + 1).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a habit is told once, with its number', () => {
    const lines = Array.from({ length: HITS_PER_RULE_MAX + 7 }, () => 'console.log(1);');
    const hits = typescript(lines.join('\n'));
    expect(hits).toHaveLength(HITS_PER_RULE_MAX);
    expect(hits.at(-1)?.detail).toBe('console.log is called; and 7 more like it in this file');
  });

  test.each([
    ['a.TS', '', 'typescript'],
    ['x/A.cls', '', 'apex'],
    ['orders.ts.txt', '', 'typescript'],
    ['unnamed', 'public with sharing class A {}', 'apex'],
    ['unnamed', 'trigger T on Account (before insert) {}', 'apex'],
    ['unnamed', 'export class A {}', 'typescript'],
  ])('the language of %s "%s" is %s', (path, content, language) => {
    expect(languageOf({ path, content })).toBe(language);
  });
});

test.each([
  ['005000000000ABCAA2', true],
  ['005000000000ABCAA3', false],
  ['005000000000ABC', true],
  ['a0B5000000abcde', true],
  ['abcdefghijklmno', false],
  ['123456789012345', false],
  ['ReminderService', false],
])('%s is a record id: %s', (word, is) => {
  expect(isRecordId(word)).toBe(is);
});
