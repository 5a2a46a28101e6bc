import { expect, test } from 'vitest';
import { runSuites, tellBroken } from '../../conformance-matrix/run-suites.ts';

const file = 'test/unit/conformance/matrix.test.ts';

test('what is stopped begins no run, and says why', async () => {
  await expect(runSuites([file], { ending: AbortSignal.abort('stopped') })).rejects.toBe('stopped');
});

test('a file that is not there is told, and nothing is run', async () => {
  const { outcomes, broken } = await runSuites(['test/unit/absent.test.ts'], {
    ending: new AbortController().signal,
  });
  expect({ outcomes, broken }).toEqual({ outcomes: [], broken: ['test/unit/absent.test.ts is not there'] });
});

const outcome = (status: string) => ({ ancestorTitles: [], title: 't', status });

test.each([
  ['passed', 'passed', '', ['passed', 'skipped'], 0, []],
  ['has a failed test, which says so itself,', 'failed', '', ['passed', 'failed'], 1, []],
  [
    'has a hook that threw, its tests skipped,',
    'failed',
    '',
    ['passed', 'skipped'],
    1,
    ['a.test.ts: failed outside of its tests'],
  ],
  ['did not load', 'failed', 'no such module', [], 1, ['a.test.ts: no such module']],
  [
    'passed, and something was thrown that no test awaited',
    'passed',
    '',
    ['passed'],
    1,
    ['vitest ended with code 1: words'],
  ],
])('a file that %s is told for what it is', (_what, status, message, statuses, code, broken) => {
  const file = { name: 'a.test.ts', status, message, assertionResults: statuses.map(outcome) };
  expect(tellBroken([file], { code, output: 'words' })).toEqual(broken);
});
