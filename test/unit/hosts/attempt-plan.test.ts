// What comes after a failed attempt. One table; each row perturbs a scene in which everything is possible.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/api/failure.ts';
import { classOfFault, faultOf, isReplicasFault } from '../../../src/hosts/attempt-fault.ts';
import {
  isFree,
  isHandedOn,
  isSpared,
  keptBy,
  planNextAttempt,
  type AttemptScene,
  type SpareScene,
} from '../../../src/hosts/attempt-plan.ts';
import { CAREFUL_POLICY, STEADFAST_POLICY, type AttemptTarget } from '../../../src/hosts/attempt-target.ts';

const target = (version: string, more: Partial<AttemptTarget> = {}): AttemptTarget => ({
  pool: `${version}~local`,
  version,
  body: '{}',
  ...more,
});
const two = [target('a@1'), target('b@1')];
const one = [target('a@1')];

const scene = (more: Partial<AttemptScene>): AttemptScene => ({
  targets: two,
  policy: STEADFAST_POLICY,
  at: 0,
  fault: 'error',
  retryAfterMs: null,
  callsHere: 1,
  calls: 1,
  leftMs: 30_000,
  hasSpilled: false,
  draw: 0,
  ...more,
});
const again = { kind: 'again', delayMs: 0, otherwise: 1 };
const onlyAgain = { ...again, otherwise: null };
const next = { kind: 'next', at: 1 };
const end = { kind: 'end' };

describe('after a failure', () => {
  it.each<readonly [string, Partial<AttemptScene>, object]>([
    ['an error of the moment: the same once more', {}, again],
    ['the same error again: the next', { callsHere: 2, calls: 2 }, next],
    ['a connection refused: the same once more', { fault: 'unreachable' }, again],
    ['a silent replica: never the same when there is another', { fault: 'timeout' }, next],
    ['a silent replica and nothing else: the same pool', { fault: 'timeout', targets: one }, onlyAgain],
    ['garbage: the next', { fault: 'garbage' }, next],
    ['a stall: the next', { fault: 'stalled' }, next],
    ['no slot: the next', { fault: 'no-slot', calls: 0 }, next],
    ['no slot and nothing else: the end, for it was waited for', { fault: 'no-slot', targets: one }, end],
    ['busy without a time: the next', { fault: 'overloaded' }, next],
    [
      'busy, back soon: it is waited for',
      { fault: 'rate-limited', retryAfterMs: 2_000 },
      { ...again, delayMs: 2_000 },
    ],
    ['busy for long: the next', { fault: 'rate-limited', retryAfterMs: 20_000 }, next],
    [
      'busy for long and nothing else: it is waited for',
      { fault: 'rate-limited', retryAfterMs: 20_000, targets: one },
      { ...onlyAgain, delayMs: 20_000 },
    ],
    ['busy beyond the deadline', { fault: 'overloaded', retryAfterMs: 40_000, targets: one }, end],
    [
      'busy until there is no time for an answer',
      { fault: 'overloaded', retryAfterMs: 2_000, targets: [target('a@1', { needMs: 29_000 })] },
      end,
    ],
    ['a window too small: never the same', { fault: 'context-length' }, next],
    ['a window too small and nothing else', { fault: 'context-length', targets: one }, end],
    ['a request that the model refuses', { fault: 'refused' }, end],
    ['a filter', { fault: 'content-filter' }, next],
    [
      'a filter where the rule does not lead on',
      { fault: 'content-filter', targets: [target('a@1'), target('b@1', { on: ['error'] })] },
      end,
    ],
    [
      'a target that is meant for other failures is passed over',
      {
        fault: 'context-length',
        targets: [target('a@1'), target('b@1', { on: ['error'] }), target('c@1', { on: ['context-length'] })],
      },
      { kind: 'next', at: 2 },
    ],
    [
      'a target whose answer would come too late is passed over',
      {
        fault: 'garbage',
        leftMs: 500,
        targets: [target('a@1'), target('b@1', { needMs: 501 }), target('c@1')],
      },
      { kind: 'next', at: 2 },
    ],
    ['no calls left', { calls: STEADFAST_POLICY.callsMax }, end],
    ['no time left', { leftMs: 0 }, end],
    [
      'a careful policy sends nothing twice that may have been worked on',
      { policy: CAREFUL_POLICY, targets: one },
      end,
    ],
    ['a careful policy knows a refused connection', { policy: CAREFUL_POLICY, fault: 'unreachable' }, again],
    [
      'a spill goes to the target that waits for it, whatever that is on for',
      {
        fault: 'no-slot',
        hasSpilled: true,
        targets: [target('a@1'), target('b@1', { on: [], afterWaitMs: 5 })],
      },
      next,
    ],
  ])('%s', (_name, change, step) => {
    expect(planNextAttempt(scene(change))).toEqual(step);
  });

  it('a pause is jittered, bounded, never shorter than what was asked for, and fits the time that is left', () => {
    const changes = fc.record({
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
      draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      leftMs: fc.integer({ min: 1, max: 100_000 }),
      callsHere: fc.integer({ min: 1, max: 9 }),
    });
    const policy = { ...STEADFAST_POLICY, callsMax: 99, retriesMax: 99 };
    fc.assert(
      fc.property(changes, (change) => {
        const step = planNextAttempt(scene({ ...change, policy, fault: 'rate-limited', targets: one }));
        if (step.kind !== 'again') return;
        expect(step.delayMs).toBeGreaterThanOrEqual(change.retryAfterMs ?? 0);
        expect(step.delayMs).toBeLessThan(change.leftMs);
        expect(step.delayMs).toBeLessThanOrEqual((change.retryAfterMs ?? 0) + 2_000);
      }),
    );
  });
});

describe('the budget', () => {
  it('keeps something for substitutes before the same target is asked again, and nothing where it is the only one', () => {
    expect(keptBy(planNextAttempt(scene({})))).toBeGreaterThan(0);
    expect(keptBy(planNextAttempt(scene({ targets: one })))).toBe(0);
    expect(keptBy(planNextAttempt(scene({ fault: 'garbage' })))).toBe(0);
  });

  it.each<readonly [string, Parameters<typeof isFree>, boolean]>([
    ['a connection that was refused at once', ['unreachable', 3, 0], true],
    ['the second such', ['unreachable', 3, 1], true],
    ['the third: a storm of them is paid for', ['unreachable', 3, 2], false],
    ['one that broke after the replica had time to work', ['unreachable', 200, 0], false],
    ['an error, however quick: it was an answer', ['error', 3, 0], false],
    ['a refusal for load, however quick', ['overloaded', 3, 0], false],
    ['no fault', [null, 3, 0], false],
  ])('is not asked after %s: %s', (_name, args, free) => {
    expect(isFree(...args)).toBe(free);
  });

  it.each<readonly [string, Parameters<typeof isHandedOn>, boolean]>([
    ['a quota that is used up', ['rate-limited', 0], true],
    ['a window too small', ['context-length', 1], true],
    ['a filter', ['content-filter', 0], true],
    ['tools that the model lacks', ['unsupported', 0], true],
    ['the third such target', ['rate-limited', 2], false],
    ['a server that has broken down under its load', ['overloaded', 0], false],
    ['an error, which may have been worked for', ['error', 0], false],
    ['silence', ['timeout', 0], false],
    ['no fault', [null, 0], false],
  ])('is not asked for another target after %s: %s', (_name, args, free) => {
    expect(isHandedOn(...args)).toBe(free);
  });

  const spare = { fault: 'timeout', isProbe: false, isLeftOut: true, isLastResort: false, freed: 0 } as const;
  it.each<readonly [string, Partial<SpareScene>, boolean]>([
    ['one that was under way when its pool was left out', {}, true],
    ['a probe', { isProbe: true, isLeftOut: false }, true],
    ['one of a pool that serves', { isLeftOut: false }, false],
    ['one whose fault is not the replica’s', { fault: 'content-filter' }, false],
    ['the end of all time', { fault: null }, false],
    ['one that has only what was passed over left', { isLastResort: true }, false],
    ['one that has gone on twice like that', { freed: 2 }, false],
  ])('has nothing left, and another target is asked all the same for %s: %s', (_name, more, spared) => {
    expect(isSpared({ ...spare, ...more })).toBe(spared);
  });
});

const refusal = (more: object): Failure => ({
  kind: 'replica-refused',
  status: 400,
  message: 'no',
  param: null,
  code: 'model_refused',
  ...more,
});

describe('a fault', () => {
  it.each<readonly [Failure, string | null, string | null, boolean]>([
    [{ kind: 'queue-full', retryAfterMs: 1 }, 'no-slot', 'capacity', false],
    [{ kind: 'replica-busy', status: 429, retryAfterMs: null }, 'rate-limited', 'capacity', false],
    [{ kind: 'replica-busy', status: 503, retryAfterMs: null }, 'overloaded', 'capacity', true],
    [{ kind: 'replica-unreachable' }, 'unreachable', 'error', true],
    [{ kind: 'endpoint-in-the-clear', host: 'h' }, 'unreachable', 'error', true],
    [{ kind: 'replica-error' }, 'error', 'error', true],
    [{ kind: 'bad-reply' }, 'garbage', 'error', true],
    [{ kind: 'stream-cut' }, 'cut', 'error', true],
    [{ kind: 'first-token-timeout' }, 'timeout', 'timeout', true],
    [{ kind: 'idle-timeout' }, 'stalled', 'timeout', true],
    [refusal({ code: 'context_length_exceeded' }), 'context-length', 'context-length', false],
    [
      refusal({ message: "This model's maximum context length is 384 tokens." }),
      'context-length',
      'context-length',
      false,
    ],
    [refusal({ code: 'content_filter' }), 'content-filter', 'content-filter', false],
    [refusal({ code: 'content_policy_violation' }), 'content-filter', 'content-filter', false],
    [refusal({ code: 'unsupported_parameter' }), 'unsupported', 'tool-support', false],
    [refusal({ param: 'tools' }), 'unsupported', 'tool-support', false],
    [refusal({ message: '"auto" tool choice requires a parser' }), 'unsupported', 'tool-support', false],
    [refusal({}), 'refused', null, false],
    [{ kind: 'client-gone' }, null, null, false],
    [{ kind: 'total-timeout' }, null, null, false],
    [{ kind: 'internal' }, null, null, false],
  ])('%j', (failure, fault, failureClass, isReplicas) => {
    const found = faultOf(failure);
    expect(found).toBe(fault);
    if (found === null) return;
    expect(classOfFault(found)).toBe(failureClass);
    expect(isReplicasFault(found)).toBe(isReplicas);
  });
});
