import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admitLocally,
  decideRate,
  endQuestion,
  localBound,
  noLease,
  takeGrant,
  wantOf,
  type RateLease,
} from '../../../src/core/store/rate-lease.ts';
import { windowEndMs } from '../../../src/core/store/rate-window.ts';

const rate = { limit: 100, windowMs: 60_000 };
const nowMs = 600_000;
const resetMs = 660_000;
const ask = (lease: RateLease, atMs = nowMs) => decideRate(lease, rate, atMs, 150);

describe('an isolate’s share of a rate', () => {
  test('begins with one question, for one permit', () => {
    const { lease, decision } = ask(noLease);
    expect(decision).toEqual({ kind: 'ask', want: 1 });
    expect(ask(lease).decision).toEqual({ kind: 'wait' });
    // A question that never came back does not keep others from asking.
    expect(ask(lease, nowMs + 150).decision).toEqual({ kind: 'ask', want: 1 });
  });

  test('asks for all that wait', () => {
    expect(wantOf({ ...noLease, waiting: 9 }, rate)).toBe(10);
    expect(wantOf({ ...noLease, waiting: 900 }, rate)).toBe(100);
  });

  test('grows its lots with what it has used, up to a twentieth of the limit', () => {
    expect([0, 1, 2, 4, 50].map((given) => wantOf({ ...noLease, given }, rate))).toEqual([1, 1, 2, 4, 5]);
  });

  test('spends permits without asking, and asks for more behind the back of a request before they are gone', () => {
    let lease = takeGrant({ ...noLease, given: 20 }, rate, { granted: 5, resetMs, want: 5 }, nowMs);
    const asks: boolean[] = [];
    for (let at = 0; at < 5; at += 1) {
      const step = ask(lease);
      lease = step.lease;
      asks.push(step.decision.kind === 'admit' && step.decision.asks);
    }
    expect(asks).toEqual([false, false, false, true, false]);
  });

  test('refuses without asking once the store has said that nothing is left, until the window ends', () => {
    const lease = takeGrant(noLease, rate, { granted: 0, resetMs, want: 1 }, nowMs);
    expect(ask(lease).decision).toEqual({ kind: 'refuse', retryAfterMs: 60_000 });
    expect(ask(lease, resetMs - 1).decision).toEqual({ kind: 'refuse', retryAfterMs: 1 });
    expect(ask(lease, resetMs).decision).toEqual({ kind: 'ask', want: 1 });
  });

  test('lets permits end with their window', () => {
    const lease = takeGrant(noLease, rate, { granted: 5, resetMs, want: 5 }, nowMs);
    expect(ask(lease, resetMs - 1).decision.kind).toBe('admit');
    expect(ask(lease, resetMs).decision.kind).toBe('ask');
  });

  test('without a word from the store admits a tenth of the limit in a window, at least one, and then nobody', () => {
    expect([1, 9, 10, 100, 600].map(localBound)).toEqual([1, 1, 1, 10, 60]);
    let lease = endQuestion(ask(noLease).lease);
    const kinds = Array.from({ length: 12 }, () => {
      const step = admitLocally(lease, rate, nowMs);
      lease = step.lease;
      return step.decision.kind;
    });
    expect(kinds).toEqual([...Array.from({ length: 10 }, () => 'admit'), 'refuse', 'refuse']);
    expect(admitLocally(lease, rate, resetMs).decision.kind).toBe('admit');
  });

  test('law: whatever the store says, an isolate admits no more in a window than the limit and its own bound', () => {
    const number = fc.oneof(
      fc.integer({ min: -5, max: 500 }),
      fc.constantFrom(Number.MAX_SAFE_INTEGER, 0, 1),
    );
    const event = fc.oneof(
      fc.record({ kind: fc.constant('request' as const), stepMs: fc.integer({ min: 0, max: 2_000 }) }),
      fc.record({
        kind: fc.constant('grant' as const),
        granted: number,
        resetIn: fc.integer({ min: -70_000, max: 500_000 }),
        want: fc.integer({ min: 1, max: 100 }),
      }),
      fc.record({ kind: fc.constant('fault' as const) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (events, limit) => {
        const some = { limit, windowMs: 60_000 };
        let lease = noLease;
        let atMs = nowMs;
        const admittedMs: number[] = [];
        const use = (decided: ReturnType<typeof decideRate>): void => {
          lease = decided.lease;
          if (decided.decision.kind === 'admit') admittedMs.push(atMs);
        };
        for (const each of events) {
          if (each.kind === 'request') {
            atMs += each.stepMs;
            use(decideRate(lease, some, atMs, 150));
          } else if (each.kind === 'grant')
            lease = takeGrant(lease, some, { ...each, resetMs: atMs + each.resetIn }, atMs);
          else use(admitLocally(lease, some, atMs));
        }
        const windows = Map.groupBy(admittedMs, (each) => windowEndMs(60_000, each));
        for (const admitted of windows.values())
          expect(admitted.length).toBeLessThanOrEqual(limit + localBound(limit));
      }),
      { numRuns: 1_000 },
    );
  });
});
