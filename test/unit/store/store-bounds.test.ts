import { expect, test } from 'vitest';
import { answerBytesMax, shardBytesMax, storeTimes } from '../../../src/core/store/store-bounds.ts';

test('an answer fits where it is kept: a row of an object, and a request to Upstash with all its escapes', () => {
  expect(answerBytesMax).toBeLessThan(2_000_000);
  const worst = JSON.stringify(JSON.stringify('"'.repeat(answerBytesMax / 2 - 2)));
  expect(worst.length).toBeLessThan(1_000_000);
  expect(answerBytesMax).toBeLessThan(shardBytesMax);
});

test('what a request waits for is shorter than what nobody waits for', () => {
  expect(storeTimes.answerReadMs).toBeLessThan(storeTimes.answerKeepMs);
});
