import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { codeReview } from '../../../functions/compound/code-review/code-review.ts';
import {
  reviewInput,
  SOURCE_BYTES_MAX,
  type ReviewOutput,
} from '../../../functions/compound/code-review/review-schema.ts';
import { scanFile } from '../../../functions/compound/code-review/scan-file.ts';
import { failed, RunFixture, said } from '../../support/run-fixture.ts';

const sample = (path: string): { path: string; content: string } => ({
  path,
  content: readFileSync(
    new URL(`../../../functions/compound/code-review/samples/${path}`, import.meta.url),
    'utf8',
  ),
});
const files = [sample('InvoiceReminder.cls'), sample('order-sync.ts.txt')];

// The parsers are loaded when they are needed, which takes longer here than in a bundle.
beforeAll(async () => {
  for (const language of ['apex', 'typescript'] as const) await scanFile({ path: '', content: '' }, language);
});

async function review(run: RunFixture, input: object): Promise<ReviewOutput> {
  run.start(reviewInput.parse(input));
  for (let wait = 0; wait < 40 && run.state.progress.status.kind === 'active'; wait += 1) await run.settle();
  const { status } = run.state.progress;
  if (status.kind !== 'completed') throw new Error(JSON.stringify(status));
  expect(run.check()).toEqual([]);
  return status.output as unknown as ReviewOutput;
}

describe('code-review', () => {
  test('finds what the samples hold, worst first, and says why, how to mend it and where', async () => {
    const { findings, summary } = await review(new RunFixture(codeReview, { chat: async () => said('ok') }), {
      files,
    });
    expect(summary).toMatchObject({ files: 2, found: 22, shown: 22, judged: 10, notJudged: 0, notes: [] });
    expect(findings.map(({ rank }) => rank)).toEqual(findings.map((_, at) => at + 1));
    const scores = findings.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(findings[0]).toMatchObject({
      severity: 'critical',
      file: 'InvoiceReminder.cls',
      where: 'InvoiceReminder.remindAll',
      loopDepth: 2,
    });
    for (const { why, fix, code, codeLine, line, file } of findings) {
      expect(why !== '' && fix !== '').toBe(true);
      const lines = files.find(({ path }) => path === file)?.content.split('\n') ?? [];
      expect(code).toContain(lines[line - 1]?.trimEnd());
      expect(codeLine).toBeLessThanOrEqual(line);
    }
  });

  test('keeps what the rule said apart from what the model said, and ranks what both say higher', async () => {
    const asked = async (label: string): Promise<ReviewOutput> =>
      review(new RunFixture(codeReview, { chat: async () => said(label) }), {
        files: [sample('InvoiceTrigger.trigger')],
      });
    const [both, rule] = [await asked('soql-in-loop'), await asked('ok')];
    const [agreed, denied] = [
      both.findings[0],
      rule.findings.find((each) => each.rule?.id === 'apex/soql-in-loop'),
    ];
    expect(agreed).toMatchObject({
      rule: { id: 'apex/soql-in-loop', confidence: 0.97 },
      model: { label: 'soql-in-loop', version: 'm@1' },
      agreement: 'agree',
    });
    expect(denied).toMatchObject({
      rule: { confidence: 0.97 },
      model: { label: 'ok' },
      agreement: 'disagree',
    });
    expect(agreed?.score).toBeGreaterThan(denied?.score ?? Number.POSITIVE_INFINITY);
  });

  test('what the model alone says comes last and says so; a label of another language is nothing', async () => {
    const quiet = {
      path: 'a.ts',
      content: 'function f(all: string[]) { for (const each of all) { show(each); } }',
    };
    const model = (label: string): RunFixture =>
      new RunFixture(codeReview, { chat: async () => said(label) });
    const { findings } = await review(model('await-in-loop'), { files: [quiet] });
    expect(findings).toMatchObject([{ rule: null, agreement: 'model-alone', line: 1, where: 'f' }]);
    expect((await review(model('dml-in-loop'), { files: [quiet] })).findings).toEqual([]);
  });

  test('asks the model a bounded number of times and tells how many functions it has not seen', async () => {
    let asked = 0;
    const many = Array.from(
      { length: 40 },
      (_, at) => `export function f${at}(a: number) { return eval('a' + ${at}); }`,
    );
    const run = new RunFixture(codeReview, { chat: async () => said(`ok, ${(asked += 1)}`) });
    const { summary } = await review(run, { files: [{ path: 'a.ts', content: many.join('\n') }] });
    expect(asked).toBe(24);
    expect(summary).toMatchObject({ judged: 24, notJudged: 16, found: 40 });
    expect(summary.notes[0]).toMatch(/24 most suspicious functions; 16 more/);
  });

  test('works without its model: the rules stand alone, and the answer says why', async () => {
    let asked = 0;
    const run = new RunFixture(codeReview, {
      chat: async () => {
        asked += 1;
        return failed('model_not_found');
      },
    });
    const { findings, summary } = await review(run, { files });
    expect(findings).toHaveLength(22);
    expect(findings.every(({ agreement, model }) => agreement === 'not-judged' && model === null)).toBe(true);
    expect(summary.notes[0]).toMatch(/could not be judged by the model \(model_not_found\)/);
    // Those that ran at once, no more.
    expect(asked).toBeLessThanOrEqual(6);
  });

  test('a crash between judgements asks again only for what was not settled, and does not parse again', async () => {
    let asked = 0;
    const run = new RunFixture(codeReview, {
      chat: async () => {
        asked += 1;
        return asked > 5 && asked <= 9 ? new Promise(() => undefined) : said('ok');
      },
    });
    run.start(reviewInput.parse({ files }));
    for (let wait = 0; wait < 60; wait += 1) {
      await run.settle();
      if (asked >= 9) break;
    }
    run.revive();
    for (let wait = 0; wait < 60 && run.state.progress.status.kind === 'active'; wait += 1)
      await run.settle();
    expect(run.state.progress.status.kind).toBe('completed');
    expect(run.state.steps.filter(({ name }) => name === 'scan')).toMatchObject([{ attempt: 1 }]);
    expect(asked).toBe(10 + 4);
    expect(run.check()).toEqual([]);
  });

  test('a file that does not parse is a finding among others', async () => {
    const broken = { path: 'b.ts', content: 'export function f( {' };
    const run = new RunFixture(codeReview, { chat: async () => said('ok') });
    const { findings, summary } = await review(run, { files: [broken, sample('InvoiceTrigger.trigger')] });
    expect(findings.find(({ file }) => file === 'b.ts')).toMatchObject({
      rule: { id: 'syntax-error' },
      line: 1,
    });
    expect(findings).toHaveLength(3);
    expect(summary.notes).toEqual([expect.stringMatching(/1 of the files did not parse/)]);
  });

  test('reads a megabyte', async () => {
    const { content } = sample('order-sync.ts.txt');
    const big = content
      .repeat(Math.floor(SOURCE_BYTES_MAX / content.length) - 1)
      .replaceAll('function ', () => 'function x');
    const run = new RunFixture(codeReview, { chat: async () => said('ok') });
    const { summary } = await review(run, { files: [{ path: 'big.ts', content: big }] });
    expect(summary.functions).toBeGreaterThan(1_000);
    expect(summary.judged).toBe(24);
  });
});

test.each([
  ['no file', { files: [] }, 'files'],
  [
    'two of one path',
    {
      files: [
        { path: 'a', content: '' },
        { path: 'a', content: '' },
      ],
    },
    'files',
  ],
  [
    'more than a megabyte',
    { files: [{ path: 'a', content: 'ä'.repeat(SOURCE_BYTES_MAX / 2 + 1) }] },
    'files',
  ],
  [
    'a megabyte of what JSON escapes',
    { files: [{ path: 'a', content: '"'.repeat(SOURCE_BYTES_MAX - 9) }] },
    'files',
  ],
  ['no content', { files: [{ path: 'a' }] }, 'files.0.content'],
  ['a language that is not read', { files: [{ path: 'a', content: '' }], language: 'cobol' }, 'language'],
  ['no findings wanted', { files: [{ path: 'a', content: '' }], maxFindings: 0 }, 'maxFindings'],
])('an input with %s is refused with its place', (_, input, path) => {
  const parsed = reviewInput.safeParse(input);
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test('a message with fenced code is a review of its blocks', () => {
  const content = 'Look:\n```apex\npublic class A {}\n```\nand\n```ts src/b.ts\nlet b = 1;\n```\n';
  const input = codeReview.chat?.input([{ role: 'user', content }]);
  expect(input).toEqual({
    files: [
      { path: 'block-1.cls', content: 'public class A {}' },
      { path: 'src/b.ts', content: 'let b = 1;' },
    ],
  });
});
