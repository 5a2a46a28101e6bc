import { describe, expect, test } from 'vitest';
import type { PlannedAttempt } from '../../../src/core/routing/route-plan.ts';
import { keepTargetOf, whyNotKept, type AnswerEnd } from '../../../src/core/store/may-keep.ts';

const attempt = (target: string, change: Partial<PlannedAttempt> = {}): PlannedAttempt => ({
  target,
  pool: `${target}~local`,
  role: 'first',
  overrides: {},
  on: [],
  afterWaitMs: null,
  rule: null,
  ...change,
});
const cache = { ttlMs: 60_000 };
const body = { model: 'assistant', messages: [], temperature: 1 };

describe('whose answer is looked for', () => {
  test('nobody’s, where no rule keeps answers', () => {
    expect(keepTargetOf({ attempts: [attempt('a@1')], cache: null }, body)).toBeNull();
  });

  test('that of the target that the rules chose, asked under its overrides', () => {
    const overrides = { parameters: { temperature: 0 } };
    expect(
      keepTargetOf(
        { attempts: [attempt('a@1', { overrides }), attempt('b@1', { role: 'rest' })], cache },
        body,
      ),
    ).toEqual({
      version: 'a@1',
      body: { model: 'a@1', messages: [], temperature: 0 },
      ttlMs: 60_000,
    });
  });

  test.each(['spill', 'fallback'] as const)('never that of a %s, though it is asked first', (role) => {
    const attempts = [attempt('b@1', { role }), attempt('a@1', { role: 'preferred' })];
    expect(keepTargetOf({ attempts, cache }, body)?.version).toBe('a@1');
    expect(keepTargetOf({ attempts: [attempt('b@1', { role })], cache }, body)).toBeNull();
  });

  test('nobody’s, where the same version is asked in two ways: who has answered could not be told', () => {
    const other = attempt('a@1', { role: 'fallback', overrides: { parameters: { temperature: 2 } } });
    expect(keepTargetOf({ attempts: [attempt('a@1'), other], cache }, body)).toBeNull();
  });
});

describe('an answer is kept', () => {
  const end: AnswerEnd = {
    failed: false,
    version: 'a@1',
    label: null,
    segments: 0,
    finishReason: 'stop',
  };
  const chat = { version: 'a@1', task: 'chat' } as const;

  test.each(['stop', 'length', 'tool_calls', 'function_call'])('that ended by %s', (finishReason) => {
    expect(whyNotKept({ ...end, finishReason }, chat)).toBeNull();
  });

  test('of embeddings, which have no word for their end', () => {
    expect(whyNotKept({ ...end, finishReason: null }, { version: 'a@1', task: 'embedding' })).toBeNull();
  });

  test.each<readonly [string, Partial<AnswerEnd>]>([
    ['a failure', { failed: true }],
    ['another version', { version: 'b@1' }],
    ['nobody that is known', { version: null }],
    ['a substitute', { label: 'fallback b@1', version: 'b@1' }],
    ['a substitute of the same version', { label: 'fallback a@1' }],
    ['two replicas, one after the other', { segments: 1 }],
    ['a filter', { finishReason: 'content_filter' }],
    ['an end without a reason', { finishReason: null }],
    ['an end by an unknown reason', { finishReason: 'eos' }],
  ])('but not one by %s', (_name, change) => {
    expect(whyNotKept({ ...end, ...change }, chat)).not.toBeNull();
  });
});
