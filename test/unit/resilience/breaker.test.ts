// A circuit opens for failures that count and for nothing else, lets exactly one probe through at a time however many ask, and closes
// within two seconds of recovery. B1-B4 hold for whatever events come in whatever order.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideBreaker,
  heldInAfterMs,
  historyMax,
  newCircuit,
  permitGraceMs,
  type BreakerEvent,
  type Circuit,
} from '../../../src/core/resilience/breaker.ts';
import { breakerPolicy } from '../../../src/core/resilience/breaker-policy.ts';
import { makeRng } from '../../../src/core/base/rng.ts';

const outcomes = (run: string): BreakerEvent => ({ kind: 'outcomes', run });
const ask: BreakerEvent = { kind: 'ask-probe', holder: 'isolate', timeoutMs: 400 };
const after = (circuit: Circuit, nowMs: number, ...events: BreakerEvent[]): Circuit =>
  events.reduce((each, event) => decideBreaker(each, event, nowMs).circuit, circuit);
const fresh = newCircuit('pool-1', 0);
const opened = after(fresh, 1_000, outcomes('fff'));
const done = (number: number, outcome: 'ok' | 'hard' | null): BreakerEvent => ({
  kind: 'probe-done',
  number,
  outcome,
});

describe('a closed circuit', () => {
  test.each([
    ['three failures in a row', 'offf', 'failures'],
    ['three refused connections in a row', 'ohhh', 'hard'],
    ['three stalls in a row', 'ttt', 'stalls'],
    ['three failures with slow first tokens between', 'fsfsf', 'failures'],
    ['five failures in twenty', 'foofooofoofooofo', 'errors'],
    ['six slow first tokens in a row', 'ossssss', 'slow'],
    ['fourteen slow first tokens in twenty', 'ssssosssssosssss', 'slow'],
  ])('opens for %s', (_, run, cause) => {
    const circuit = after(fresh, 10, outcomes(run));
    expect(circuit).toMatchObject({ phase: 'open', cause, openedMs: 10 });
    expect(circuit.history.at(-1)).toMatchObject({ atMs: 10, to: 'open', cause });
  });

  test.each([
    ['two failures in a row, again and again', 'ffooooffoooo'],
    ['one failure in five, again and again', 'foooofoooofoooofoooofoooofoooo'],
    ['five slow first tokens in a row', 'ssssso'],
    ['nothing at all', ''],
  ])('stays closed for %s', (_, run) => {
    expect(after(fresh, 10, outcomes(run)).phase).toBe('closed');
  });

  test('forgets what is older than its memory', () => {
    const before = after(fresh, 0, outcomes('ff'));
    expect(after(before, breakerPolicy.staleMs + 1, outcomes('f')).phase).toBe('closed');
    expect(after(before, breakerPolicy.staleMs, outcomes('f')).phase).toBe('open');
  });

  test('does not let successes of before, told late, break a row of failures', () => {
    const told = (run: string, okAgeMs: number): BreakerEvent => ({ kind: 'outcomes', run, okAgeMs });
    const failing = after(fresh, 100, outcomes('of'));
    expect(after(failing, 110, told('ooof', 50), told('of', 900)).phase).toBe('open');
    expect(after(failing, 110, told('ooof', 5), told('of', 900)).phase).toBe('closed');
  });

  test('says the same whether outcomes come one by one or together', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('o', 'f', 'h', 's', 't'), { maxLength: 40 }), (letters) => {
        const singly = after(fresh, 5, ...letters.map(outcomes));
        const batched: Circuit[] = [fresh];
        for (let at = 0; at < letters.length; at += 7)
          batched.push(after(batched.at(-1) ?? fresh, 5, outcomes(letters.slice(at, at + 7).join(''))));
        expect(batched.at(-1)).toEqual(singly);
      }),
    );
  });
});

describe('an open circuit', () => {
  test('gives one permit, to the first who asks when it is due, and none beside it', () => {
    expect(decideBreaker(opened, ask, 1_001).permit).toBeNull();
    const first = decideBreaker(opened, ask, 1_200);
    expect(first.permit).toEqual({ circuitId: 'pool-1', number: 1, deadlineMs: 1_600 });
    expect(first.circuit.phase).toBe('half-open');
    for (let nowMs = 1_200; nowMs < 1_600 + permitGraceMs; nowMs += 10)
      expect(decideBreaker(first.circuit, ask, nowMs).permit).toBeNull();
  });

  test('closes when its probe passes, and is on trial then: one failure opens it, one success ends the trial', () => {
    const half = after(opened, 1_200, ask);
    const closed = after(half, 1_300, done(1, 'ok'));
    expect(closed).toMatchObject({ phase: 'closed', cause: null, openedMs: 0 });
    expect(after(closed, 1_310, outcomes('f')).phase).toBe('open');
    expect(after(closed, 1_310, outcomes('off')).phase).toBe('closed');
  });

  test('needs three probes in a row where only some requests failed', () => {
    let circuit = after(fresh, 0, outcomes('offooffooffooffo'));
    let nowMs = 1_000;
    for (let probe = 1; probe <= 3; probe += 1) {
      expect(circuit.phase).toBe('open');
      circuit = after(circuit, nowMs, ask);
      nowMs += 50;
      circuit = after(circuit, nowMs, done(probe, 'ok'));
    }
    expect(circuit.phase).toBe('closed');
  });

  test('needs three, too, when it was closed for a moment only', () => {
    const closed = after(opened, 1_200, ask, done(1, 'ok'));
    const flapped = after(closed, 11_199, outcomes('f'));
    expect(after(flapped, 12_000, ask, done(2, 'ok')).phase).toBe('open');
    expect(after(flapped, 12_000, ask, done(2, 'ok'), ask, done(3, 'ok'), ask, done(4, 'ok')).phase).toBe(
      'closed',
    );
    const rested = after(closed, 11_200, outcomes('off'), outcomes('f'));
    expect(after(rested, 12_000, ask, done(2, 'ok')).phase).toBe('closed');
  });

  test('hears nothing of a permit that is void, and takes back one that nobody reports', () => {
    const half = after(opened, 1_200, ask);
    const voidMs = 1_600 + permitGraceMs;
    expect(decideBreaker(half, { kind: 'woke' }, voidMs - 1).circuit.phase).toBe('half-open');
    const late = after(half, voidMs, done(1, 'ok'));
    expect(late).toMatchObject({ phase: 'open', probe: { failed: 1, given: null } });
    const again = after(late, voidMs + 2_000, ask);
    expect(after(again, voidMs + 2_010, done(1, 'ok')).phase).toBe('half-open');
    expect(after(again, voidMs + 2_010, done(2, 'ok')).phase).toBe('closed');
  });

  test('asks anew at once after a probe that said nothing', () => {
    const half = after(opened, 1_200, ask);
    const open = after(half, 1_250, done(1, null));
    expect(decideBreaker(open, ask, 1_250).permit?.number).toBe(2);
  });

  test('hears nothing of requests that were under way when it opened', () => {
    expect(after(opened, 1_010, outcomes('oooooooo'))).toEqual(opened);
  });

  test('closes for a row of successes where it serves for lack of others, told late enough to be of now', () => {
    const heldIn: BreakerEvent = { kind: 'outcomes', run: 'ooooo', heldIn: true };
    const laterMs = 1_000 + heldInAfterMs;
    expect(after(opened, laterMs, heldIn).phase).toBe('closed');
    expect(after(opened, laterMs, { ...heldIn, run: 'ooofoooo' }).phase).toBe('open');
    expect(after(opened, laterMs - 1, heldIn).phase).toBe('open');
  });

  test('closes within two seconds of recovery, however long it was open', () => {
    const probeMs = 300;
    for (let seed = 1; seed <= 200; seed += 1) {
      const rng = makeRng(seed);
      const recoverMs = 500 + rng() * 600_000;
      let circuit = after(newCircuit(`pool-${seed}`, 0), 0, outcomes('hhh'));
      let nowMs = 0;
      while (circuit.phase !== 'closed') {
        nowMs += 1 + rng() * 40;
        const { circuit: asked, permit } = decideBreaker(circuit, ask, nowMs);
        circuit = asked;
        if (permit === null) continue;
        const isUp = nowMs >= recoverMs;
        nowMs += isUp ? probeMs : 2;
        circuit = after(circuit, nowMs, done(permit.number, isUp ? 'ok' : 'hard'));
      }
      expect(nowMs - recoverMs).toBeLessThanOrEqual(2_000);
    }
  });

  test('keeps the reason in sight after a day of probes', () => {
    let circuit = opened;
    for (let probe = 1; probe <= 5_000; probe += 1) {
      circuit = after(circuit, 1_000 + 3_000 * probe, ask, done(probe, 'hard'));
    }
    expect(circuit.history.length).toBeLessThanOrEqual(historyMax);
    expect(circuit.history[0]).toMatchObject({ to: 'open', cause: 'failures', atMs: 1_000 });
  });
});

describe('whatever happens', () => {
  const letters = fc
    .array(fc.constantFrom('o', 'f', 'h', 's', 't'), { maxLength: 8 })
    .map((all) => all.join(''));
  const events: fc.Arbitrary<BreakerEvent> = fc.oneof(
    letters.map((run): BreakerEvent => ({ kind: 'outcomes', run })),
    letters.map((run): BreakerEvent => ({ kind: 'outcomes', run, heldIn: true })),
    fc.nat(1_000).map((timeoutMs): BreakerEvent => ({ kind: 'ask-probe', holder: 'x', timeoutMs })),
    fc.record({
      kind: fc.constant('probe-done' as const),
      number: fc.nat(6),
      outcome: fc.constantFrom('ok' as const, 'hard' as const, 'slow' as const, null),
    }),
    fc.constant<BreakerEvent>({ kind: 'eject', cause: 'outlier-slow', detail: 'slow' }),
    fc.constant<BreakerEvent>({ kind: 'close', detail: 'by hand' }),
    fc.constant<BreakerEvent>({ kind: 'woke' }),
  );
  const stories = fc.array(fc.record({ event: events, waitMs: fc.integer({ min: -100, max: 1_500 }) }), {
    maxLength: 60,
  });

  test('one permit at most is out, only its own report ends it, an open circuit has a next probe, the history is bounded', () => {
    fc.assert(
      fc.property(stories, (story) => {
        let circuit = newCircuit('r', 0);
        let nowMs = 0;
        let outUntilMs = -1;
        for (const { event, waitMs } of story) {
          nowMs += waitMs;
          const before = circuit;
          const decision = decideBreaker(circuit, event, nowMs);
          circuit = decision.circuit;
          expect(JSON.parse(JSON.stringify(circuit))).toEqual(circuit);
          if (decision.permit !== null) {
            expect(nowMs).toBeGreaterThanOrEqual(outUntilMs);
            outUntilMs = decision.permit.deadlineMs;
          }
          const given = before.probe.given;
          const isOwn = event.kind === 'probe-done' && event.number === given?.number;
          if (isOwn || event.kind === 'close' || circuit.phase === 'closed') outUntilMs = -1;
          expect(circuit.phase === 'half-open').toBe(circuit.probe.given !== null);
          if (
            event.kind === 'probe-done' &&
            !isOwn &&
            given !== null &&
            nowMs < given.deadlineMs + permitGraceMs
          )
            expect(circuit).toEqual(before);
          if (circuit.phase === 'open') {
            expect(decision.wakeMs).toBe(circuit.probe.dueMs);
            expect(circuit.probe.dueMs - circuit.sinceMs).toBeLessThanOrEqual(breakerPolicy.probeMsMax);
          }
          expect(decision.wakeMs === null).toBe(circuit.phase === 'closed');
          expect(circuit.history.length).toBeLessThanOrEqual(historyMax);
          if (circuit.history.length > 0) expect(circuit.history.at(-1)?.to).toBe(circuit.phase);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('false opens', () => {
  /** Chance per request that the circuit opens, at most: a row of failures, or a failure with as many before it as make the share. */
  function openChance(errorShare: number): number {
    const rows = errorShare ** breakerPolicy.failuresInRow;
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    let shares = 0;
    for (let k = breakerPolicy.failuresOfRun - 1; k <= 19; k += 1)
      shares += choose(19, k) * errorShare ** k * (1 - errorShare) ** (19 - k);
    return rows + errorShare * shares;
  }

  test('come less often than once in a million requests at one error in a thousand', () => {
    expect(openChance(0.001)).toBeLessThan(1.1e-9);
  });

  test('come less often than once in a million with one slow first token in twenty', () => {
    expect(0.05 ** breakerPolicy.slowsInRow).toBeLessThan(2e-8);
  });

  test('are what the calculation says: simulated where they are frequent enough to count', () => {
    const share = 0.05;
    const rng = makeRng(7);
    let opens = 0;
    const requests = 400_000;
    let circuit = newCircuit('r', 0);
    for (let at = 0; at < requests; at += 1) {
      circuit = decideBreaker(circuit, outcomes(rng() < share ? 'f' : 'o'), at).circuit;
      if (circuit.phase === 'closed') continue;
      opens += 1;
      circuit = newCircuit('r', at);
    }
    expect(opens / requests).toBeLessThan(1.5 * openChance(share));
    expect(opens / requests).toBeGreaterThan(0.5 * openChance(share));
  });
});
