import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerptOf } from '../../../functions/compound/code-review/excerpt.ts';
import {
  rankFindings,
  shortName,
  type Verdict,
} from '../../../functions/compound/code-review/rank-findings.ts';
import {
  chunkKey,
  HITS_MAX,
  type Chunk,
  type FileScan,
  type Hit,
} from '../../../functions/compound/code-review/review-types.ts';
import { sumUp, weightOf } from '../../../functions/compound/code-review/scan-sources.ts';

const hit: Hit = {
  rule: 'ts/await-in-loop',
  file: 'a.ts',
  line: 4,
  chunk: 'f',
  loopDepth: 1,
  confidence: 0.8,
  detail: 'load() is awaited on each pass',
};
const chunk: Chunk = {
  file: 'a.ts',
  language: 'typescript',
  name: 'f',
  firstLine: 1,
  lastLine: 9,
  loopDepth: 1,
};
const says = (label: Verdict['label']): Verdict => ({ label, says: String(label), version: 'm@1' });

describe('an excerpt', () => {
  const source = Array.from({ length: 40 }, (_, at) => `    line ${at + 1}`);

  test('is the whole piece without its common indentation, when that fits', () => {
    expect(excerptOf(source, { firstLine: 3, lastLine: 5 }, { lines: [4], charsMax: 200 })).toBe(
      'line 3\nline 4\nline 5',
    );
  });

  test('else begins with the opening line and keeps what matters, with its gaps marked', () => {
    const text = excerptOf(source, { firstLine: 1, lastLine: 40 }, { lines: [20], charsMax: 100 });
    expect(text.split('\n')).toEqual([
      'line 1',
      '...',
      'line 18',
      'line 19',
      'line 20',
      'line 21',
      'line 22',
      '...',
    ]);
  });

  test('never exceeds its bound, and holds the first wished line as far as that fits', () => {
    const lines = fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 400 }), (all, a, b, charsMax) => {
        const [x, y] = [1 + (a % all.length), 1 + (b % all.length)];
        const [firstLine, lastLine] = [Math.min(x, y), Math.max(x, y)];
        const wished = firstLine + ((a + b) % (lastLine - firstLine + 1));
        const text = excerptOf(all, { firstLine, lastLine }, { lines: [wished], charsMax });
        expect(text.length).toBeLessThanOrEqual(charsMax);
        const line = (all[wished - 1] ?? '').trim();
        if (line.length * 2 + 130 < charsMax) expect(text).toContain(line);
      }),
    );
  });
});

describe('the rank of a finding', () => {
  const scoreOf = (change: Partial<Hit>, verdict: Verdict | null = null): number =>
    rankFindings([{ ...hit, ...change }], verdict === null ? [] : [{ chunk, verdict }])[0]?.score ?? 0;

  test('rises with severity, with confidence, with each loop, and when the model agrees', () => {
    expect(scoreOf({ rule: 'ts/eval' })).toBeGreaterThan(scoreOf({}));
    expect(scoreOf({ rule: 'ts/any' })).toBeLessThan(scoreOf({}));
    expect(scoreOf({ confidence: 0.9 })).toBeGreaterThan(scoreOf({}));
    expect(scoreOf({ loopDepth: 2 })).toBeGreaterThan(scoreOf({}));
    expect(scoreOf({}, says('await-in-loop'))).toBeGreaterThan(scoreOf({}));
    expect(scoreOf({}, says('ok'))).toBeLessThan(scoreOf({}));
    expect(scoreOf({}, says(null))).toBe(scoreOf({}));
    expect(scoreOf({}, says('any'))).toBe(scoreOf({}));
  });

  test('a rule that the model was not taught is not weighed by its answer', () => {
    const [finding] = rankFindings([{ ...hit, rule: 'ts/eval' }], [{ chunk, verdict: says('ok') }]);
    expect(finding).toMatchObject({ agreement: 'not-judged', model: { label: 'ok' } });
  });

  test('does not depend on the order in which things were found or judged', () => {
    const hits: readonly Hit[] = [
      hit,
      { ...hit, line: 2 },
      { ...hit, line: 7, rule: 'ts/any' },
      { ...hit, file: 'b.ts' },
    ];
    const judged = [
      { chunk, verdict: says('nested-loop') },
      { chunk: { ...chunk, file: 'b.ts' }, verdict: says('ok') },
    ];
    expect(rankFindings(hits.toReversed(), judged.toReversed())).toEqual(rankFindings(hits, judged));
  });

  test('names are the rules’ without their language', () => {
    expect(shortName('apex/soql-in-loop')).toBe('soql-in-loop');
    expect(shortName('syntax-error')).toBe('syntax-error');
    expect(chunkKey('a', 'b')).not.toBe(chunkKey('ab', ''));
  });
});

describe('what goes on to the model', () => {
  const scan = (change: Partial<FileScan>): FileScan => ({
    path: 'a.ts',
    language: 'typescript',
    lines: 9,
    chunks: [chunk],
    hits: [hit],
    ...change,
  });

  test('the most suspicious first: what rules speak of, then what loops; what does neither is left alone', () => {
    const quiet = { ...chunk, name: 'quiet', loopDepth: 0 };
    const loops = { ...chunk, name: 'loops', loopDepth: 2 };
    const { suspects, suspectsCut } = sumUp([scan({ chunks: [quiet, loops, chunk] })], 5);
    expect(suspects.map(({ name }) => name)).toEqual(['f', 'loops']);
    expect(suspects[0]?.suspicion).toBe(weightOf(hit));
    expect(suspectsCut).toBe(0);
    expect(sumUp([scan({ chunks: [loops, chunk] })], 1)).toMatchObject({
      suspects: [{ name: 'f' }],
      suspectsCut: 1,
    });
  });

  test('of too many hits the worst are kept, and the rest is counted', () => {
    const weak = Array.from({ length: HITS_MAX }, (_, at): Hit => ({ ...hit, rule: 'ts/any', line: at + 1 }));
    const { hits, hitsCut } = sumUp([scan({ hits: [...weak, hit] })], 1);
    expect(hits).toHaveLength(HITS_MAX);
    expect(hits[0]).toEqual(hit);
    expect(hitsCut).toBe(1);
  });
});
