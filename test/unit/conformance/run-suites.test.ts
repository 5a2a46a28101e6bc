import { expect, test } from 'vitest';
import { runSuites, tellBroken } from '../../conformance-matrix/run-suites.ts';

test('what is stopped begins no run, and says why', async () => {
  await expect(
    runSuites(['test/unit/conformance/matrix.test.ts'], { ending: AbortSignal.abort('stopped') }),
  ).rejects.toBe('stopped');
});

test('a file that is not there is told, and nothing is run', async () => {
  const { outcomes, broken } = await runSuites(['test/unit/absent.test.ts'], {
    ending: new AbortController().signal,
  });
  expect({ outcomes, broken }).toEqual({ outcomes: [], broken: ['test/unit/absent.test.ts is not there'] });
});

const outcome = (status: string) => ({ ancestorTitles: [], title: 't', status });

const file = { name: 'a.test.ts', status: 'failed', message: '', assertionResults: [outcome('passed')] };

test.each([
  ['passed', { ...file, status: 'passed' }, []],
  ['has a failed test, which says so itself,', { ...file, assertionResults: [outcome('failed')] }, []],
  [
    'has a hook that threw, its tests skipped,',
    { ...file, assertionResults: [outcome('passed'), outcome('skipped')] },
    ['a.test.ts: failed outside of its tests'],
  ],
  [
    'did not load',
    { ...file, message: 'no such module', assertionResults: [] },
    ['a.test.ts: no such module'],
  ],
])('a file that %s is told for what it is', (_what, report, broken) => {
  const code = report.status === 'passed' ? 0 : 1;
  expect(tellBroken([report], { code, output: '' })).toEqual(broken);
});

test('what was thrown after all tests had passed is told', () => {
  const ended = { code: 1, output: 'words' };
  expect(tellBroken([{ ...file, status: 'passed' }], ended)).toEqual(['vitest ended with code 1: words']);
});
