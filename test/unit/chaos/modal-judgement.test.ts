// A chaos campaign on Modal judges itself too: one that kills nothing, or misses a moment, is not green, and an answer is what it says.
import { expect, test } from 'vitest';
import { judge } from '../../chaos/modal/agent-campaign.ts';
import { judgeAnswer } from '../../chaos/modal/streamed-request.ts';
import { livesOfAll, momentNames, momentOf } from '../../support/modal/moments.ts';
import type { KillRun } from '../../support/modal/kill-run.ts';

const lives = Array.from({ length: livesOfAll }, (_, at): KillRun => {
  const seed = at + 1;
  return { seed, moment: momentOf(seed).name, wasKilled: true, wasTwice: false, faults: [] };
});

function broken(runs: readonly KillRun[], left = 0): readonly string[] {
  return judge(runs, left)
    .filter(({ ok }) => !ok)
    .map(({ id }) => id);
}

test('so many lives in a row meet every moment, whatever the first seed is', () => {
  for (const first of [1, 7, 1_000]) {
    const met = Array.from({ length: livesOfAll }, (_, at) => momentOf(first + at).name);
    expect(new Set(met)).toEqual(momentNames);
  }
});

test('some creations are held back until the next one comes, and are done on either side of it', () => {
  const sides = lives.flatMap(({ seed }) => {
    const moment = momentOf(seed);
    if (moment.kind !== 'call' || moment.meanwhile.when !== 'before') return [];
    const { resume } = moment.meanwhile;
    return resume.kind === 'next-call' ? [`${moment.rpc} ${resume.side}`] : [];
  });
  expect(sides).toEqual(['SandboxCreate before', 'SandboxCreate after']);
});

test('a campaign in which all went well is green', () => {
  expect(broken(lives)).toEqual([]);
});

test('a campaign without kills, with a moment that was not met, or with a sandbox left is not', () => {
  const spared = lives.map((life) => ({ ...life, wasKilled: false }));
  expect(broken(spared)).toEqual(['modal.notKilled', 'modal.momentsMissed']);
  const lonely = lives.map((life) => ({ ...life, moment: 'within stop' }));
  expect(broken(lonely)).toEqual(['modal.momentsMissed']);
  expect(broken(lives, 1)).toEqual(['modal.left']);
  expect(broken([{ ...lives[0], wasTwice: true } as KillRun])).toEqual(['modal.startedTwice']);
});

const piece = 'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]}\n\n';
const last = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const done = 'data: [DONE]\n\n';
const refusal = '{"error":{"message":"m","type":"t","code":"replica_lost"}}';

test.each([
  ['a stream with its end', 200, `${piece}${last}${done}`, 'complete'],
  ['a refusal with a code', 503, refusal, 'refused'],
  ['a stream that ends with an error', 200, `${piece}data: ${refusal}\n\n`, 'refused'],
  ['a stream that is cut short', 200, piece, 'dishonest'],
  ['a stream that says done and has no end', 200, `${piece}${done}`, 'dishonest'],
  ['an empty stream', 200, '', 'dishonest'],
  ['an error without a code', 502, 'bad gateway', 'dishonest'],
])('%s is judged as such', (_, status, text, kind) => {
  expect(judgeAnswer(status, text).kind).toBe(kind);
});
