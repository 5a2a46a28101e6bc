import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer, renderAnswer, type AnswerRecord } from '../../../src/core/store/answer-record.ts';
import { answerBytesMax } from '../../../src/core/store/store-bounds.ts';

const answer: AnswerRecord = {
  tenant: 'demo',
  key: 'a'.repeat(64),
  version: 'tiny-chat@1',
  kind: 'stream',
  text: 'data: {"choices":[]}\n\n',
  keptMs: 1_000,
  expiresMs: 2_000,
  finishReason: 'stop',
  promptTokens: 3,
  completionTokens: 4,
};
const expected = { ...answer, nowMs: 1_500 };

describe('a kept answer', () => {
  test('comes back as it was, until the moment at which it expires', () => {
    const text = renderAnswer(answer) ?? '';
    expect(readAnswer(text, { ...expected, nowMs: 1_999 })).toEqual({ ok: true, value: answer });
    expect(readAnswer(text, { ...expected, nowMs: 2_000 })).toEqual({ ok: true, value: null });
  });

  test.each([
    ['tenant', { tenant: 'acme' }],
    ['key', { key: 'b'.repeat(64) }],
    ['version', { version: 'tiny-chat@2' }],
    ['kind', { kind: 'json' as const }],
  ])('of another %s is none, whatever store hands it out', (field, change) => {
    expect(readAnswer(renderAnswer({ ...answer, ...change }) ?? '', expected)).toEqual({
      ok: false,
      error: `is of another ${field}`,
    });
  });

  test('that was cut, changed in its shape or is anything else is none, and nothing throws', () => {
    const whole = renderAnswer(answer) ?? '';
    for (let end = 0; end < whole.length; end += 1)
      expect(readAnswer(whole.slice(0, end), expected).ok).toBe(false);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => !readAnswer(text, expected).ok));
    expect(readAnswer(JSON.stringify({ ...answer, more: 1 }), expected).ok).toBe(false);
    expect(readAnswer(JSON.stringify({ ...answer, promptTokens: -1 }), expected).ok).toBe(false);
  });

  test('that is larger than what is kept is none', () => {
    const overhead = (renderAnswer({ ...answer, text: '' }) ?? '').length;
    expect(renderAnswer({ ...answer, text: 'x'.repeat(answerBytesMax - overhead) })).not.toBeNull();
    expect(renderAnswer({ ...answer, text: 'x'.repeat(answerBytesMax - overhead + 1) })).toBeNull();
    expect(renderAnswer({ ...answer, text: 'é'.repeat(answerBytesMax / 2) })).toBeNull();
  });
});
